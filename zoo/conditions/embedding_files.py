"""Files of embeddings, and a check that no row is zero."""

import tokenize
import zipfile
import zlib

import numpy as np

from zoo.errors import ZooError


def read_embeddings(path, reads):
    """The array of a .npy file, the dict of an .npz file, or None for any other file.

    Args:
        path: str or None.
        reads: str, the model's name and `hint`, for the message.

    Raises:
        ZooError: no path was given, or the file cannot be opened or does not fit in memory.
    """
    if path is None:
        raise ZooError(f"No embeddings were given. {reads}.")
    try:
        values = np.load(path, allow_pickle=False)
        return dict(values) if isinstance(values, np.lib.npyio.NpzFile) else values
    except OSError as error:
        raise ZooError(f"--embeddings {path} cannot be read: {error.strerror or error}.") from None
    except MemoryError as error:
        raise ZooError(
            f"--embeddings {path} does not fit in memory: give fewer rows, or write a damaged file "
            "again."
        ) from error
    except (ValueError, EOFError, SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error):
        return None


def check_not_zero(what, rows):
    """Raises `ZooError` if a row of `rows` (rows, features) is all zeros."""
    empty = np.flatnonzero(~rows.any(axis=1))
    if len(empty):
        raise ZooError(
            f"The {what} of row {empty[0]} is all zeros ({len(empty)} of {len(rows)} rows are), "
            "which encodes no sentence: compute it from its caption."
        )
