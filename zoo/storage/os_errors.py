"""Why the system refused a file, each reason in its own words."""

import contextlib
import errno
import os
import re
import shutil

from zoo.errors import ZooError, reason

_REASONS = {  # where the system's own words say too little
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "your disk quota is used up (see `quota`)",
    errno.EFBIG: "a file of this size is larger than a file may be here (see `ulimit -f`, and the "
                 "limits of the file system)",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.ENAMETOOLONG: "the name is too long for the file system",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ELOOP: "its links lead in a circle",
    errno.EMFILE: "too many files are open (see `ulimit -n`)",
}
_REMEDIES = {
    errno.ENOSPC: "Free some space or choose another folder.",
    errno.EDQUOT: "Delete files of yours or choose another folder.",
    errno.EFBIG: "Raise the limit or choose another folder.",
    errno.EROFS: "Choose another folder.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def explain_os_error(error):
    """The reason of an `OSError`, as a part of a sentence: "the file system is read-only"."""
    return _REASONS.get(error.errno) or (error.strerror or reason(error)).rstrip(".")


def write_error(path, error, size=None):
    """The `ZooError` for an `OSError` met while writing `path`.

    Args:
        path: str, the file or folder.
        error: `OSError`.
        size: int or None. How many bytes were to be written.
    """
    if error.errno == errno.ENOSPC:
        told = _space(path, size)
    elif size is not None and error.errno in (errno.EFBIG, errno.EDQUOT):
        told = f" ({size / 1e6:.1f} MB were to be written)"
    else:
        told = ""
    remedy = _REMEDIES.get(error.errno, "")
    return ZooError(
        f"Could not write {path}: {explain_os_error(error)}{told}. What was there before is "
        f"untouched. {remedy}".rstrip()
    )


def tensorflow_write_error(path, error):
    """The `ZooError` for TensorFlow's error met while writing `path`.

    TensorFlow keeps the system's reason only as text at the end of its message.
    """
    for number in errno.errorcode:
        if re.search(rf"\b{re.escape(os.strerror(number))}\b", str(error)):
            return write_error(path, OSError(number, os.strerror(number)))
    return ZooError(
        f"Could not write {path}: {reason(error)}. What was there before is untouched."
    )


def _space(path, size):
    """ " for 3.2 MB (0.1 MB free)", as far as it is known."""
    told = "" if size is None else f" for {size / 1e6:.1f} MB"
    folder = os.path.dirname(os.path.abspath(path))
    with contextlib.suppress(OSError):
        told += f" ({shutil.disk_usage(folder).free / 1e6:.1f} MB free)"
    return told
