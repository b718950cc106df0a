"""The files of a prepared data set next to its images."""

import json
import posixpath

from zoo.errors import ZooError

NAME, SUMS, SHEET = "dataset.json", "SHA256SUMS", "contact_sheet.png"
_KEYS = {"kind", "found", "images", "version"}  # of every `dataset.json`


def images_of(tree):
    """The images of a `zoo.listing.Tree` without the contact sheet of an earlier preparation."""
    images = tree.images()
    sheets = {name for name in images if posixpath.basename(name) == SHEET
              and _is_record(tree, posixpath.join(posixpath.dirname(name), NAME))}
    return [name for name in images if name not in sheets]


def _is_record(tree, name):
    if not tree.exists(name):
        return False
    try:
        content = json.loads(tree.bytes(name))
    except (ZooError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() >= _KEYS
