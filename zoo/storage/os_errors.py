"""Operating-system errors as sentences: why a file could not be written."""

import contextlib
import errno
import os
import re
import shutil

from zoo.errors import ZooError, reason

_REASONS = {  # where the system's own message says too little
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "your disk quota is used up (see `quota`)",
    errno.EFBIG: "a file of this size is larger than a file may be here (see `ulimit -f`, and the "
                 "limits of the file system)",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.ENAMETOOLONG: "the name is too long for the file system",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ELOOP: "its links form a cycle",
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
    """The reason of an `OSError`, as part of a sentence: "the file system is read-only"."""
    return _REASONS.get(error.errno) or (error.strerror or reason(error)).rstrip(".")


def write_error(path, error, size=None):
    """The `ZooError` for an `OSError` while writing `path`.

    Args:
        path: str, the file or folder.
        error: `OSError`.
        size: int or None. Number of bytes to write.
    """
    if error.errno == errno.ENOSPC:
        detail = _space(path, size)
    elif size is not None and error.errno in (errno.EFBIG, errno.EDQUOT):
        detail = f" ({size / 1e6:.1f} MB were to be written)"
    else:
        detail = ""
    remedy = _REMEDIES.get(error.errno, "")
    return ZooError(
        f"Could not write {path}: {explain_os_error(error)}{detail}. Earlier content is "
        f"unchanged. {remedy}".rstrip()
    )


def tensorflow_write_error(path, error):
    """The `ZooError` for TensorFlow's error while writing `path`.

    TensorFlow reports the system's reason only as text at the end of its message.
    """
    for number in errno.errorcode:
        if re.search(rf"\b{re.escape(os.strerror(number))}\b", str(error)):
            return write_error(path, OSError(number, os.strerror(number)))
    return ZooError(
        f"Could not write {path}: {reason(error)}. Earlier content is unchanged."
    )


def _space(path, size):
    """ " for 3.2 MB (0.1 MB free)", as far as the sizes are known."""
    text = "" if size is None else f" for {size / 1e6:.1f} MB"
    folder = os.path.dirname(os.path.abspath(path))
    with contextlib.suppress(OSError):
        text += f" ({shutil.disk_usage(folder).free / 1e6:.1f} MB free)"
    return text
