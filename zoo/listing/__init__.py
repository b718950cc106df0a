"""Lists the files of a folder or a .zip file. It reads names and sizes, no image.

The rules are the same for both:

- Names are relative to the root, with "/" between their parts, in Unicode normal form NFC.
- Hidden entries are left out: names that start with a dot, and the leftovers of operating systems
  (`HIDDEN`).
- Only regular files are listed. An error that names the entry is raised for an image,
  `metadata.jsonl` or embeddings that are something else (a named pipe, a socket, a device, a link),
  for a link that may lead to images, and for a name whose characters are uncertain.
- With `follow_links=True`, links are followed, also out of the root, except for a link to a folder
  that contains it; a file that is reached under two names is an error. Two hard links are
  two files, because a copy of the folder on another disk must have the same number of images.
- The bounds of `Limits` are checked before anything is unpacked.
"""

from zoo.listing.limits import LIMITS, Limits
from zoo.listing.names import (
    EMBEDDINGS,
    HIDDEN,
    METADATA,
    in_one_form,
    is_data,
    is_hidden,
    is_image,
    open_regular,
    shown,
)
from zoo.listing.opening import open_tree
from zoo.listing.tree import Tree

__all__ = [
    "EMBEDDINGS",
    "HIDDEN",
    "LIMITS",
    "METADATA",
    "Limits",
    "Tree",
    "in_one_form",
    "is_data",
    "is_hidden",
    "is_image",
    "open_regular",
    "open_tree",
    "shown",
]
