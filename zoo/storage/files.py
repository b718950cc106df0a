"""Files and folders that are there wholly or not at all."""

import contextlib
import hashlib
import os
import shutil

from zoo.storage.os_errors import write_error


def write_bytes_atomically(path, data):
    """Writes `data` (bytes-like) to `path`: temporary file, flush to disk, rename.

    Raises:
        ZooError: the disk is full or the file cannot be written. The temporary file is removed and
            the previous file is untouched.
    """
    path = os.fspath(path)
    folder = os.path.dirname(os.path.abspath(path))
    temporary = _beside(os.path.abspath(path), "partial")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(folder)
    except OSError as error:
        raise write_error(path, error, len(data)) from None
    finally:
        with contextlib.suppress(OSError):
            os.remove(temporary)


@contextlib.contextmanager
def atomic_folder(path):
    """Fills a folder that is there wholly or not at all: yields a temporary folder to write into.

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
