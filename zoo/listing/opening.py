"""Opens a folder or a .zip file as a `Tree`."""

import os

from zoo.errors import ZooError
from zoo.listing.archive import Archive
from zoo.listing.folder import Folder
from zoo.listing.limits import LIMITS
from zoo.listing.names import shown


def open_tree(path, *, limits=LIMITS, follow_links=False):
    """Lists a folder or a .zip file.

    Args:
        path: str or path of the folder or file. It may itself be a link.
        limits: `Limits`.
        follow_links: bool. Follow the links in a folder. Links in a .zip are never followed.

    Returns:
        `Tree`.

    Raises:
        ZooError: the folder or .zip file does not exist, cannot be listed, is damaged or exceeds a
            limit, or the rules of `zoo.listing` refuse an entry, which the message names.
    """
    try:
        path = os.fsdecode(path)
    except TypeError:
        raise ZooError(f"Expected the path of a folder or .zip file, but got {path!r}.") from None
    if "\0" in path:
        raise ZooError(f"{shown(path)}: no such folder or .zip file.")
    if os.path.isdir(path):
        return Folder(path, limits, follow_links)
    if not os.path.exists(path):
        raise ZooError(f"{shown(path)}: no such folder or .zip file.")
    return Archive(path, limits)
