"""Folders that programs write to: checked before the work, filled after it, all files at once."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from zoo.errors import ZooError
from zoo.storage import explain_os_error, write_error


def check_folder(value, flag="out", keep=None):
    """The path of the folder that a flag names, which may be new.

    Args:
        value: str or None, as given.
        flag: str, the flag's name.
        keep: str or None. A folder, such as a preset's, that must not lie in it or be it.

    Raises:
        ZooError: no name, a file, a folder that cannot be written to, or one that holds `keep`.
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
    for place in (out, *out.parents):
        if os.path.lexists(place):
            if not place.is_dir():
                raise ZooError(f"--{flag} {out}: {place} is a file, not a folder.")
            if not os.access(place, os.W_OK | os.X_OK):
                raise ZooError(f"--{flag} {out}: {place} may not be written to by you.")
            break
    if keep is not None and os.path.isdir(keep):
        inside, outside = Path(keep).resolve(), out.resolve()
        if inside == outside:
            raise ZooError(f"--{flag} {out} is the preset itself: give a folder of its own.")
    return out


@contextlib.contextmanager
def gathered(out):
    """Yields a folder to write into; what it then holds is moved to `out`, into place at the end.

    An exception, or Ctrl-C, leaves `out` as it was: what lies there already, of other names, stays
    in any case.

    Args:
        out: path of a folder; made if needed.

    Raises:
        ZooError: it cannot be written.
    """
    out = Path(out)
    made = _missing(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".partial-", dir=out))
    except OSError as error:
        _remove_empty(made)
        raise write_error(str(out), error) from error
    try:
        yield temporary
        for file in sorted(path for path in temporary.rglob("*") if path.is_file()):
            place = out / file.relative_to(temporary)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, place)
    except OSError as error:
        raise write_error(str(out), error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _remove_empty(made)


def check_size(count, size, channels=3):
    """Raises `ZooError` where so many images of `size` pixels do not fit in this machine's memory.

    They are held as uint8 before they are written, and at least once more as what is written.
    """
    need = 2 * count * size * size * channels
    try:
        have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return
    if need > have:
        raise ZooError(
            f"{count:,} images of {size} x {size} pixels take {need / 1e9:,.1f} GB, and this "
            f"machine has {have / 1e9:,.1f} GB of memory: ask for fewer."
        )


def _missing(folder):
    """The folders that would be made for `folder`, innermost first."""
    made = []
    folder = Path(os.path.abspath(folder))
    while not os.path.lexists(folder):
        made.append(folder)
        folder = folder.parent
    return made


def _remove_empty(folders):
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()
