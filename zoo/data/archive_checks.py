"""Checks around the download of an archive: the disk's free space, and the file that arrived."""

import hashlib
import shutil
from pathlib import Path

from zoo.errors import ZooError


def check_space(work, archives):
    """Checks the free space for the content of archives, and for what is still to be downloaded.

    Args:
        work: path of the folder with the archives, which need not exist.
        archives: sequence of `zoo.data.known.Archive`.

    Raises:
        ZooError: the disk is too small.
    """
    folder = work.parent
    while not folder.exists():
        folder = folder.parent
    arrived = sum(min(archive.bytes, _arrived(work / archive.name)) for archive in archives)
    need = 2.2 * sum(archive.bytes for archive in archives) - arrived
    free = shutil.disk_usage(folder).free
    if need > free:
        besides = f", besides the {arrived / 1e9:,.1f} GB that have arrived" if arrived else ""
        raise ZooError(
            f"{folder} has {free / 1e9:,.1f} GB free, but the archives and their content take "
            f"{need / 1e9:,.1f} GB{besides}: free some space, or give another folder."
        )


def _arrived(path):
    """Bytes of an archive that are on the disk: of the finished file, or of its part."""
    files = (path, Path(f"{path}.part"))
    return sum(file.stat().st_size for file in files if file.exists())


def check_file(archive, path):
    """Compares a file with the known size and checksum of an archive.

    Returns:
        str, what was compared: "30,168,306 bytes", "SHA-256 ...", or "" if nothing is known.

    Raises:
        ZooError: another size or another checksum; the file is removed if it ends in ".part".
    """
    path, problem = Path(path), ""
    size = path.stat().st_size
    if archive.bytes and size != archive.bytes:
        problem = f"it has {size:,} bytes instead of {archive.bytes:,}"
    elif archive.sha256:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != archive.sha256:
            problem = f"its SHA-256 is {found} instead of {archive.sha256}"
    if problem:
        remedy = "Remove it and run"
        if path.suffix == ".part":
            path.unlink()
            remedy = "It has been removed: run"
        raise ZooError(
            f"{path} is not the official {archive.name}: {problem}. {remedy} the command again; if "
            f"that does not help, {archive.address} has changed."
        )
    if archive.sha256:
        return f"SHA-256 {archive.sha256}"
    return f"{archive.bytes:,} bytes" if archive.bytes else ""
