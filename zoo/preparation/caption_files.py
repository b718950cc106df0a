"""Reads captions in the forms that people have: five kinds of files next to the images.

    metadata.jsonl        one JSON object per line: "file_name" and "text", "texts" or "captions"
    metadata.csv          a header with file_name and text (or caption); a row per caption; also
                          under the name captions.csv
    captions.txt          "FILE<tab>CAPTION" per line, or a header "image,caption" and rows of it
    captions*.json,       COCO's form, with "images" and "annotations", or an object of file name
      annotations*.json   to a caption or a list of them
    NAME.txt              next to NAME.jpg, one caption per line

`caption_forms` and `caption_json` read one file; this module finds the files, and each row's image.
"""

import functools
import posixpath
import re

from zoo.data.sources.layouts import split_of
from zoo.data.sources.metadata import leaves
from zoo.errors import ZooError
from zoo.listing import METADATA, in_one_form, shown
from zoo.preparation.caption_forms import (
    captions_next_to,
    collected,
    read_csv,
    read_jsonl,
    read_txt,
)
from zoo.preparation.caption_json import read_json

CSV, TXT, NEXT_TO = "metadata.csv", "captions.txt", "a .txt next to each image"
_JSON = re.compile(r"(captions|annotations).*\.json", re.IGNORECASE)
_READERS = {METADATA: read_jsonl, CSV: read_csv, "captions.csv": read_csv, TXT: read_txt,
            "json": read_json}
FORMS = (
    f"{METADATA}, {CSV} or captions.csv, {TXT}, captions.json in COCO's form, or a .txt next to "
    "each image with the same name"
)


def caption_files(tree):
    """The files with captions: dict of form to list of names. More than one form is ambiguous.

    A .txt next to more than half of the images is a form, in which the others are missing.
    """
    found = {}
    for name in tree.files():
        base = posixpath.basename(name)
        form = "json" if _JSON.fullmatch(base) else base.lower()
        if form in _READERS:
            found.setdefault(form, []).append(name)
    next_to = [text for text in _text_files(tree).values() if tree.exists(text)]
    if 2 * len(next_to) > len(tree.images()):
        found[NEXT_TO] = next_to
    return found


def read_captions(tree):
    """The captions of a folder's images.

    Args:
        tree: `zoo.listing.Tree`.

    Returns:
        (dict of image name to list of str, at least one; list of str, problems: each names a row
        that cannot be used, or a missing image or .txt; str, the form).

    Raises:
        ZooError: no captions, two forms of them, two files of them that name the same image, or a
            file that cannot be read as a whole.
    """
    found = caption_files(tree)
    if len(found) != 1:
        several = " and ".join(sorted(names[0] for names in found.values()))
        what = f"found captions in {shown(several)}" if found else _nothing(tree)
        raise ZooError(
            f"{tree.describe()}: {what}; expected them in one form: {FORMS}. "
            + ("Move the others away." if found else "")
        )
    (form, names), = found.items()
    problems = []
    if form == NEXT_TO:
        rows = _rows_next_to(tree, problems)
    else:
        rows = [(name, *row) for name in names for row in _READERS[form](tree, name, problems)]
    captions = _by_image(tree, rows, problems)
    return captions, problems, posixpath.basename(names[0]) if form == "json" else form


def _nothing(tree):
    texts = _text_files(tree)
    if count := sum(map(tree.exists, texts.values())):
        return f"found captions next to {count} of {len(texts)} images"
    return "found no captions"


def _text_files(tree):
    """dict of image to the name that a .txt or .TXT next to it has."""
    stems = {image: posixpath.splitext(image)[0] for image in tree.images()}
    return {
        image: next(filter(tree.exists, (f"{stem}.txt", f"{stem}.TXT")), f"{stem}.txt")
        for image, stem in stems.items()
    }


def _rows_next_to(tree, problems):
    """As the readers of `caption_forms`, and the name of a caption file before each row."""
    rows = []
    for image, name in _text_files(tree).items():
        with collected(problems):
            if not tree.exists(name):
                raise ZooError(
                    f"{tree.describe(image)}: expected its captions in "
                    f"{shown(posixpath.basename(name))} next to it, but this file is missing."
                )
            rows.append(("", image, captions_next_to(tree, name), tree.describe(name)))
    return rows


# --- the image of a row ---------------------------------------------------------------------------


def _by_image(tree, rows, problems):
    """dict of image to captions, of rows (caption file, file name, captions, place)."""
    images, captions, endings, sources = set(tree.images()), {}, {}, {}
    for name in tree.images():
        endings.setdefault(posixpath.basename(name), []).append(name)
    named = images.intersection(_path(source, file) for source, file, *_ in rows)
    reach = functools.cache(lambda source: _reach(tree, source))

    def image_of(source, file, where):
        if not file.strip():
            raise ZooError(f"{where}: expected the name of an image, but it is empty.")
        if file.startswith("/") or "\\" in file or ".." in file.split("/"):
            raise leaves(where, file)
        if (path := _path(source, file)) in images:
            return path
        if tree.exists(path):
            raise ZooError(
                f'{where}: the file "{shown(file)}" is not an image by its name; rename it, with '
                "an ending such as .png or .jpg."
            )
        end = f"/{_path('', file)}"
        same = [name for name in endings.get(posixpath.basename(end), ())
                if f"/{name}".endswith(end) and name in reach(source)]
        if len(same) > 1:
            raise ZooError(
                f'{where}: "{shown(file)}" may be {shown(same[0])} or {shown(same[1])}; '
                "expected a name relative to the folder of the captions."
            )
        if not same or same[0] in named:
            raise ZooError(f'{where}: the image "{shown(file)}" is missing.')
        return same[0]

    for source, file, texts, where in rows:
        with collected(problems):
            image = image_of(source, file, where)
            sources.setdefault(image, set()).add(source)
            known = captions.setdefault(image, [])
            known.extend(text for text in texts if text not in known)
    for image, files in sources.items():
        if len(files) > 1:
            first, second = map(shown, sorted(files)[:2])
            raise ZooError(
                f"{tree.describe()}: {first} and {second} both have captions of {shown(image)}; "
                "expected the captions of an image in one file. Move the others away."
            )
    return captions


def _path(source, file):
    """The path of a file that a caption file names, relative to the folder of the latter."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), in_one_form(file)))


def _reach(tree, source):
    """The images that a caption file may mean by the end of their path: those in its own folder, or
    the nearest one above with images; without images of another split than its own."""
    folder = posixpath.dirname(source)
    split = next(filter(None, map(split_of, folder.split("/"))), None)
    wanted = {split} if split else splits_in(source)

    def fits(name):
        splits = splits_in(posixpath.dirname(name))
        return not wanted or wanted & splits or not (splits or split)

    while not (images := set(filter(fits, tree.images(folder)))) and folder:
        folder = posixpath.dirname(folder)
    return images


def splits_in(path):
    """The splits that words of a path name, as in "annotations/captions_val2014.json"."""
    return {split_of(word) for word in re.findall("[a-z]+", path.lower())} - {None}
