"""Reads captions from a JSON file: COCO's form, or an object of file name to captions."""

import json

from zoo.errors import ZooError
from zoo.listing import shown
from zoo.preparation.caption_forms import brief, caption_of, collected, text_of
from zoo.storage import object_of

_EXPECTED = 'expected COCO\'s form ("images", "annotations") or {"FILE": "CAPTION"}'
_ID, _FILE, _ANY = "a number or a string", "a file name", "a value"  # of COCO's fields


def read_json(tree, name, problems):
    """Yields (file name, list of captions, place for messages) per entry of the file.

    Args:
        tree: `zoo.listing.Tree`.
        name: str, the file.
        problems: list, to which a sentence per entry that cannot be used is added.

    Raises:
        ZooError: the file is not JSON or in another form, or a key or the id of an image occurs
            twice.
    """
    where = tree.describe(name)
    try:
        content = json.loads(
            text_of(tree, name), object_pairs_hook=lambda pairs: object_of(pairs, where))
    except ZooError:
        raise
    except (ValueError, RecursionError) as error:
        raise ZooError(f"{where}: not JSON ({shown(str(error))[:80]}).") from None
    if not isinstance(content, dict):
        raise ZooError(f"{where}: {_EXPECTED}, got {brief(content)}.")
    entries = _coco(content, where, problems) if "annotations" in content else content.items()
    for file, value in entries:
        place = f'{where}, "{shown(file)}"'
        with collected(problems):
            texts = [value] if isinstance(value, str) else value
            if not isinstance(texts, list) or not texts:
                raise ZooError(
                    f"{place}: expected a caption or a list of captions, got {brief(value)}.")
            yield file, [caption_of(text, place) for text in texts], place


def _coco(content, where, problems):
    """Yields (file name, caption) of the annotations."""
    files = {}
    for image in _objects(content, "images", {"id": _ID, "file_name": _FILE}, where):
        if image["id"] in files:
            raise ZooError(
                f'{where}: the id {brief(image["id"])} belongs to "{shown(files[image["id"]])}" '
                f'and "{shown(image["file_name"])}"; expected an id of its own for each image.'
            )
        files[image["id"]] = image["file_name"]
    annotations = _objects(content, "annotations", {"image_id": _ID, "caption": _ANY}, where)
    for number, annotation in enumerate(annotations, 1):
        if annotation["image_id"] in files:
            yield files[annotation["image_id"]], annotation["caption"]
        else:
            problems.append(f'{where}, number {number} of "annotations": no image has the id '
                            f'{brief(annotation["image_id"])}.')


def _objects(content, key, fields, where):
    """Yields the objects of the list `content[key]`, which have the `fields` (dict of name to
    `_ID`, `_FILE` or `_ANY`)."""
    items = content.get(key)
    if not isinstance(items, list):
        got = f"got {brief(items)}" if key in content else "but it is missing"
        raise ZooError(f'{where}: {_EXPECTED} with a list in "{key}", {got}.')
    for number, item in enumerate(items, 1):
        place = f'{where}, number {number} of "{key}"'
        if not isinstance(item, dict):
            raise ZooError(f"{place}: expected an object, got {brief(item)}.")
        for field, kind in fields.items():
            if field not in item:
                raise ZooError(f'{place}: {_EXPECTED}, but "{field}" is missing.')
            value = item[field]
            types = {_ID: int | str, _FILE: str, _ANY: object}[kind]
            if not isinstance(value, types) or (kind == _ID and isinstance(value, bool)):
                raise ZooError(f'{place}: expected {kind} in "{field}", got {brief(value)}.')
        yield item
