"""Files and folders that are written atomically."""

import contextlib
import hashlib
import os
import shutil

from zoo.storage.os_errors import write_error


@contextlib.contextmanager
def atomic_file(path, size=None, suffix="partial"):
    """Writes a file atomically: yields the path of a temporary file in the same folder.

    Leaving the block without an exception forces the temporary file to the disk and renames it to
    `path`; an exception removes it and leaves an earlier file at `path` as it was.

    Args:
        path: str or path.
        size: int, bytes of the content, for the message where the disk is full; or None.
        suffix: str, of the temporary file's name; processes that may write the same path at the
            same time need different ones.

    Raises:
        ZooError: the disk is full or the file cannot be written (an `OSError` in the block).
    """
    path = os.fspath(path)
    temporary = _beside(os.path.abspath(path), suffix)
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(os.path.dirname(temporary))
    except OSError as error:
        raise write_error(path, error, size) from None
    finally:
        with contextlib.suppress(OSError):
            os.remove(temporary)


def write_bytes_atomically(path, data):
    """Writes `data` (bytes-like) to `path` atomically, see `atomic_file`.

    Raises:
        ZooError: the disk is full or the file cannot be written.
    """
    with atomic_file(path, len(data)) as temporary, open(temporary, "wb") as file:
        file.write(data)


@contextlib.contextmanager
def atomic_folder(path):
    """Fills a folder atomically: yields a temporary folder to write into.

    Leaving the block without an exception puts the temporary folder in the place of `path`; a
    folder that was there before is removed after that. An exception removes the temporary folder
    and leaves `path` as it was. After a crash between the two renames `recover_folder` brings the
    old one back.

    Raises:
        ZooError: the disk is full or the folder cannot be written.
    """
    path = os.path.realpath(path)
    recover_folder(path)
    temporary, previous = _beside(path, "partial"), _beside(path, "previous")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        os.makedirs(temporary)
        yield temporary
        if os.path.lexists(path):
            os.rename(path, previous)
        os.rename(temporary, path)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        recover_folder(path)
        raise write_error(path, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(previous, ignore_errors=True)


def recover_folder(path):
    """Brings back what `atomic_folder` had put aside when the machine stopped in the middle."""
    path = os.path.realpath(path)
    previous = _beside(path, "previous")
    if not os.path.isdir(previous):
        return
    if os.path.lexists(path):
        shutil.rmtree(previous, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.rename(previous, path)


def sync_folder(folder):
    """Forces a folder's entries (a rename) to the disk, where the system can do so."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256(path):
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _beside(path, suffix):
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{suffix}")
