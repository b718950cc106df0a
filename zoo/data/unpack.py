"""Unpacks an archive of images into a folder, and writes nothing outside of it."""

import os
import tarfile
import zlib
from pathlib import Path

from zoo.errors import ZooError
from zoo.listing import LIMITS, in_one_form, open_tree, shown
from zoo.listing.names import is_hidden, problem_of_name
from zoo.storage import write_error

_BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError)
_BLOCK = 1 << 20


def unpack(path, folder, into="", drop=0, limits=LIMITS):
    """Unpacks the regular files of a .zip or .tar.gz file.

    Names follow the rules of `zoo.listing`: hidden ones are left out, and an archive with a link,
    an absolute name, or one that contains ".." is refused as a whole.

    Args:
        path: path of the archive.
        folder: path of the folder to write to; created if it does not exist.
        into: str, a folder below it that the files go to; "" for itself.
        drop: int, the leading folders of the names in the archive that are left out. Files with
            fewer folders are left out.
        limits: `zoo.listing.Limits`; `ratio` is that of a .zip.

    Returns:
        int, the number of files that were written.

    Raises:
        ZooError: the archive is damaged, too large, or not safe; or the disk is full.
    """
    root = Path(folder, into)
    names = set()
    entries = _of_zip if Path(path).suffix.lower() == ".zip" else _of_tar
    for name, blocks in entries(Path(path), limits):
        parts = name.split("/")[drop:]
        if not parts:
            continue
        if "/".join(parts) in names:
            raise ZooError(f"{shown(str(path))}: two entries have the name {shown(name)[:120]}.")
        names.add("/".join(parts))
        _write(root.joinpath(*parts), blocks)
    if not names:
        raise ZooError(f"{shown(str(path))}: found no files to unpack.")
    return len(names)


def _of_zip(path, limits):
    tree = open_tree(path, limits=limits)
    for name in tree.files():
        yield name, [tree.bytes(name)]


def _of_tar(path, limits):
    where = shown(str(path))
    try:
        for check in (True, False):  # nothing is written before every name has been checked
            with tarfile.open(path, "r:*") as archive:
                total = count = 0
                for member in archive:
                    count, total = count + 1, total + member.size
                    name = _checked_name(where, member, count, total, limits)
                    if name and not check:
                        yield name, _blocks(archive.extractfile(member), where)
    except ZooError:
        raise
    except _BROKEN as error:
        raise _damaged(where, error) from error


def _damaged(where, error):
    return ZooError(
        f"{where} cannot be unpacked: it is damaged or truncated "
        f"({str(error)[:120] or type(error).__name__}). Remove it and download it again."
    )


def _checked_name(where, member, count, total, limits):
    """The name of a regular file; None for a folder or a hidden entry."""
    raw = member.name.replace("\\", "/")
    parts = [part for part in raw.split("/") if part not in ("", ".")]
    if problem := problem_of_name(member.name, raw, parts):
        raise ZooError(
            f'{where}: the name "{shown(member.name)[:120]}" {problem}; expected names inside the '
            "archive. It was not unpacked."
        )
    if count > limits.entries or total > limits.archive_bytes or member.size > limits.file_bytes:
        raise ZooError(
            f"{where}: it holds more than {limits.entries:,} entries, {limits.archive_bytes:,} "
            f"bytes, or {limits.file_bytes:,} bytes in one file. It was not unpacked."
        )
    if not parts or any(map(is_hidden, parts)) or member.isdir():
        return None
    if not member.isreg():
        raise ZooError(
            f"{where}: {shown(member.name)[:120]} is a link or a special file, which are not "
            "unpacked; expected folders and regular files."
        )
    if len(parts) > limits.depth:
        raise ZooError(f"{where}: folders are nested more than {limits.depth} deep.")
    return in_one_form("/".join(parts))


def _blocks(file, where):
    try:
        while block := file.read(_BLOCK):
            yield block
    except _BROKEN as error:
        raise _damaged(where, error) from error


def _write(path, blocks):
    iterator = iter(blocks)
    first = next(iterator, b"")  # an error of the archive is not one of the disk
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        file = os.fdopen(descriptor, "wb")
    except OSError as error:
        raise write_error(str(path), error) from error
    with file:
        block = first
        while block:
            try:
                file.write(block)
            except OSError as error:
                raise write_error(str(path), error) from error
            block = next(iterator, b"")
