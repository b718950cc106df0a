"""Embeddings that a user gives: files of them, and the check that no row is empty."""

import zipfile

import numpy as np

from zoo.errors import ZooError


def read_embeddings(path, reads):
    """The array of a .npy file, the dict of an .npz file, or None for any other.

    Args:
        path: str or None.
        reads: str, what the model reads, for the message.

    Raises:
        ZooError: no path, or the file cannot be opened.
    """
    if path is None:
        raise ZooError(f"No embeddings. {reads}.")
    try:
        values = np.load(path, allow_pickle=False)
        return dict(values) if isinstance(values, np.lib.npyio.NpzFile) else values
    except OSError as error:
        raise ZooError(f"--embeddings {path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, EOFError, zipfile.BadZipFile):
        return None


def check_not_zero(what, rows):
    """Raises `ZooError` where a row (rows, features) is all zeros."""
    empty = np.flatnonzero(~rows.any(axis=1))
    if len(empty):
        raise ZooError(
            f"The {what} of row {empty[0]} is all zeros ({len(empty)} of {len(rows)} rows are), "
            "which stands for no sentence: compute it from its caption."
        )
