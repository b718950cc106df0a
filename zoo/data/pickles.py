"""Reading the pickles of published data sets without running what they may contain."""

import os
import pickle

import numpy as np

from zoo.errors import ZooError
from zoo.text.vocabulary import Vocabulary

_NUMPY = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
}


class _Restricted(pickle.Unpickler):
    """Knows lists, dicts, strings, numbers and NumPy arrays; every other class is refused."""

    def find_class(self, module, name):
        if (module, name) in _NUMPY:
            core = getattr(np, "_core", None) or np.core
            return getattr(np if module == "numpy" else core.multiarray, name)
        if (module, name) == ("_codecs", "encode"):  # how protocol 2 writes bytes
            return _encode
        raise ZooError(
            f"it wants to create {module}.{name}; only lists, strings, numbers and arrays are read"
        )


def _encode(text, encoding="latin1"):
    if not isinstance(text, str) or encoding != "latin1":
        raise ZooError("it holds bytes in an unexpected encoding")
    return text.encode("latin1")


def load_pickle(path):
    """Reads a pickle of Python 2 or 3 that holds only lists, dicts, strings, numbers and arrays.

    Raises:
        ZooError: the file is missing, broken, or wants to create anything else.
    """
    path = os.fspath(path)
    try:
        with open(path, "rb") as file:
            return _Restricted(file, encoding="latin1").load()
    except OSError as error:
        raise ZooError(f"{path}: cannot be read: {error.strerror}.") from None
    except ZooError as error:
        raise ZooError(f"{path}: this pickle is refused: {error}.") from None
    except Exception as error:  # a broken pickle can fail in any way
        raise ZooError(
            f"{path}: not a readable pickle ({type(error).__name__}: {error})."
        ) from None


def load_list(path, kind):
    """Reads a pickled list (or array) of `str` or `int`; raises `ZooError` for anything else."""
    values = load_pickle(path)
    values = values.tolist() if isinstance(values, np.ndarray) else values
    if isinstance(values, (list, tuple)):
        values = [v.item() if isinstance(v, np.generic) else v for v in values]
    if not isinstance(values, list) or not all(isinstance(v, kind) for v in values):
        raise ZooError(f"{path}: expected a list of {kind.__name__}, but something else came.")
    return values


def load_official_vocabulary(path):
    """The vocabulary inside AttnGAN's `captions.pickle`: [train, test, ixtoword, wordtoix].

    Needed with the released encoders, whose ids follow this file's order.

    Returns:
        `zoo.text.Vocabulary`, 5,450 tokens for CUB and 27,297 for COCO.
    """
    content = load_pickle(path)
    words = content[2] if isinstance(content, (list, tuple)) and len(content) == 4 else None
    if not isinstance(words, dict) or sorted(words) != list(range(len(words))):
        raise ZooError(
            f"{path}: expected [train captions, test captions, index to word, word to index]."
        )
    return Vocabulary([words[index] for index in range(len(words))])
