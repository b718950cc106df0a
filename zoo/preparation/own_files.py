"""The files of a prepared data set next to its images, and others of the same name."""

import json
import posixpath

from zoo.errors import ZooError

NAME, SUMS, SHEET = "dataset.json", "SHA256SUMS", "contact_sheet.png"
_KEYS = {"kind", "found", "images", "version"}  # of every `dataset.json`


def images_of(tree):
    """The images of a `zoo.listing.Tree` without the contact sheet of an earlier preparation."""
    images = tree.images()
    sheets = {name for name in images if posixpath.basename(name) == SHEET
              and _content(tree, posixpath.join(posixpath.dirname(name), NAME)).keys() >= _KEYS}
    return [name for name in images if name not in sheets]


def check_labels(content, where):
    """Raises `ZooError` if the content of a `dataset.json` (dict) is StyleGAN's, whose folders are
    parts of a large data set; `where` names the file."""
    if isinstance(content.get("labels", ""), list | None):
        raise ZooError(
            f'{where}: has StyleGAN\'s "labels", which are not read, and the folders next to it '
            "are no classes; expected one folder per class. Move the images into such folders, and "
            "this file away."
        )


def check_folders(tree):
    """Raises `ZooError` if a `dataset.json` says that folders are neither classes nor domains."""
    for name in [posixpath.join(root, NAME) for root in tree.roots]:
        check_labels(_content(tree, name), tree.describe(name))


def _content(tree, name):
    """The object in a JSON file (dict), empty if there is none."""
    try:
        content = json.loads(tree.bytes(name)) if tree.exists(name) else {}
    except (ZooError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
