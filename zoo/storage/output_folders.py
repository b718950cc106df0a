"""Output folders of programs: checked before the work, filled at its end."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from zoo.errors import ZooError
from zoo.storage import explain_os_error, write_error


def check_folder(value, flag="out", keep=None):
    """The path of the folder that a flag names, which need not exist.

    Args:
        value: str or None, the flag's value.
        flag: str, the flag's name.
        keep: str or None. A folder, such as a preset's, that the output folder must not be.

    Raises:
        ZooError: an empty name, a file, a folder without write permission, or `keep` itself.
    """
    if not value or not str(value).strip():
        raise ZooError(f"--{flag} is missing: give a folder to write to.")
    if "\0" in str(value):
        raise ZooError(f"--{flag} must be the name of a folder, got {value!r}.")
    out = Path(value)
    try:
        out.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        if not isinstance(error, NotADirectoryError):
            raise ZooError(f"--{flag} {out}: {explain_os_error(error)}.") from error
    for path in (out, *out.parents):
        if os.path.lexists(path):
            if not path.is_dir():
                raise ZooError(f"--{flag} {out}: {path} is a file, not a folder.")
            if not os.access(path, os.W_OK | os.X_OK):
                raise ZooError(f"--{flag} {out}: you have no permission to write to {path}.")
            break
    if keep is not None and os.path.isdir(keep):
        inside, outside = Path(keep).resolve(), out.resolve()
        if inside == outside:
            raise ZooError(f"--{flag} {out} is the preset itself: give another folder.")
    return out


@contextlib.contextmanager
def gathered(out):
    """Yields a temporary folder to write into, whose files are moved to `out` at the end.

    An exception, or Ctrl-C, leaves `out` as it was. Files of other names in `out` are kept in any
    case.

    Args:
        out: path of a folder; created if it does not exist.

    Raises:
        ZooError: the folder cannot be written to.
    """
    out = Path(out)
    new_folders = _missing(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".partial-", dir=out))
    except OSError as error:
        _remove_empty(new_folders)
        raise write_error(str(out), error) from error
    try:
        yield temporary
        for file in sorted(path for path in temporary.rglob("*") if path.is_file()):
            target = out / file.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)
    except OSError as error:
        raise write_error(str(out), error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _remove_empty(new_folders)


def check_size(count, size, channels=3):
    """Raises `ZooError` if `count` images of `size` pixels do not fit in this machine's memory.

    They are held as uint8 before they are written, and at least once more in the written form.
    """
    need = 2 * count * size * size * channels
    try:
        have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return
    if need > have:
        raise ZooError(
            f"{count:,} images of {size} x {size} pixels take {need / 1e9:,.1f} GB, and this "
            f"machine has {have / 1e9:,.1f} GB of memory: request fewer."
        )


def _missing(folder):
    """The folders of a path that do not exist yet, innermost first."""
    missing = []
    folder = Path(os.path.abspath(folder))
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    return missing


def _remove_empty(folders):
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()
