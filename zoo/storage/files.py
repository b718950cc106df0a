"""Atomic writes of files and folders."""

import contextlib
import fcntl
import hashlib
import os
import shutil

from zoo.errors import ZooError
from zoo.storage.os_errors import write_error


@contextlib.contextmanager
def atomic_file(path, size=None, suffix="partial"):
    """Writes a file atomically: yields the path of a temporary file in the same folder.

    Leaving the block without an exception flushes the temporary file to disk and renames it to
    `path`; an exception removes it and leaves an earlier file at `path` unchanged.

    Args:
        path: str or path.
        size: int, bytes of the content, for the error message of a full disk; or None.
        suffix: str, suffix of the temporary file's name; processes that may write the same path at
            the same time need different ones.

    Raises:
        ZooError: the disk is full or the file cannot be written (an `OSError` in the block).
    """
    path = os.fspath(path)
    temporary = _sibling(os.path.abspath(path), suffix)
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

    Leaving the block without an exception renames the temporary folder to `path` and then removes
    the previous folder. An exception removes the temporary folder and leaves `path` unchanged.
    After a crash between the two renames, `recover_folder` restores the previous folder.

    Raises:
        ZooError: the disk is full, the folder cannot be written, another process writes it, or it
            is or contains the working directory, which the renaming would take away.
    """
    path = os.path.realpath(path)
    if os.path.commonpath([path, os.getcwd()]) == path:
        raise ZooError(
            f"{path} cannot be written as a whole: it is or contains the working directory. Name "
            "another folder."
        )
    recover_folder(path)
    temporary, previous = _sibling(path, "partial"), _sibling(path, "previous")
    lock = None
    try:
        lock = _claim(temporary, path)
        yield temporary
        if os.path.lexists(path):
            os.rename(path, previous)
        os.rename(temporary, path)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        recover_folder(path)
        raise write_error(path, error) from None
    finally:
        if lock is not None:
            shutil.rmtree(temporary, ignore_errors=True)
            os.close(lock)
    shutil.rmtree(previous, ignore_errors=True)


def _claim(temporary, path):
    """Makes an empty folder that is this process's own; returns the descriptor of its lock."""
    while True:
        os.makedirs(temporary, exist_ok=True)
        lock = os.open(temporary, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise ZooError(
                f"Another process is writing {path}: wait until it is done, or choose another "
                "folder."
            ) from None
        except OSError:
            pass  # a file system without locks
        if os.path.isdir(temporary) and os.path.samestat(os.fstat(lock), os.stat(temporary)):
            break
        os.close(lock)  # meanwhile the other process has finished, and renamed the folder
    for entry in os.scandir(temporary):  # left by a process that was killed
        shutil.rmtree(entry) if entry.is_dir(follow_symlinks=False) else os.remove(entry)
    return lock


def recover_folder(path):
    """Restores the previous folder after a crash inside `atomic_folder`. Idempotent."""
    path = os.path.realpath(path)
    previous = _sibling(path, "previous")
    if not os.path.isdir(previous):
        return
    if os.path.lexists(path):
        shutil.rmtree(previous, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.rename(previous, path)


def sync_folder(folder):
    """Flushes a folder's entries (a rename) to disk, on systems that can do so."""
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


def _sibling(path, suffix):
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{suffix}")
