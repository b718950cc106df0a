"""Reads the pickles of published data sets without executing code that they may contain."""

import io
import os
import pickle

import numpy as np

from zoo.data.batches.embedding_store import as_embeddings
from zoo.errors import ZooError
from zoo.listing import open_regular, shown
from zoo.text.vocabulary import Vocabulary

_ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")
_BUFFERS = ("numpy.core.numeric", "numpy._core.numeric")
_ARRAY = object()  # placeholder for the class of arrays, which could allocate any size
_REPEATS = 10  # maximum values per byte of the file, since values may be repeated by reference
_SMALL = 10**6  # number of values that a file of any size may have


class _Restricted(pickle.Unpickler):
    """Accepts lists, dicts, strings, numbers and NumPy arrays, and refuses all other classes."""

    def find_class(self, module, name):
        if (module, name) == ("numpy", "ndarray"):
            return _ARRAY
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if module in _ARRAYS and name == "_reconstruct":
            return _empty
        if module in _ARRAYS and name == "scalar":
            core = getattr(np, "_core", None) or np.core
            return core.multiarray.scalar
        if (module, name) == ("_codecs", "encode"):  # how protocol 2 writes bytes
            return _encode
        if module in _BUFFERS and name == "_frombuffer":  # how protocol 5 writes arrays
            return _frombuffer
        raise ZooError(
            f"it wants to create {module}.{name}; only lists, strings, numbers and arrays are read"
        )


def _encode(text, encoding="latin1"):
    if not isinstance(text, str) or encoding != "latin1":
        raise ZooError("it holds bytes in an unexpected encoding")
    return text.encode("latin1")


def _frombuffer(data, dtype, shape, order):
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _empty(kind, shape, dtype):
    """The empty array that NumPy's pickles create first and then fill."""
    if kind is not _ARRAY or tuple(shape) != (0,):
        raise ZooError("it wants to create an array in an unexpected way")
    return np.empty(0, dtype)


def _check_extent(content, size):
    """Raises for content that becomes far larger than its file by references to its own parts."""
    left, waiting = max(_SMALL, _REPEATS * size), [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, (list, tuple, dict)):
            left -= len(value)
            if left < 0:
                raise ZooError("it repeats its own parts until they are larger than any data set")
            waiting += value.values() if isinstance(value, dict) else value


def _with_original_line_ends(file):
    """The file, or its bytes with CR LF replaced by LF.

    Protocol 0 is text, whose LF line ends version control may have converted to CR LF. Later
    protocols start with a byte that does not occur in text.
    """
    start = file.read(1)
    file.seek(0)
    if start == b"\x80":
        return file
    data = file.read()
    if data.count(b"\n") == data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n")
    return io.BytesIO(data)


def load_pickle(path):
    """Reads a pickle of Python 2 or 3 that holds only lists, dicts, strings, numbers and arrays.

    A protocol-0 file whose line ends were converted to CR LF is read correctly.

    Raises:
        ZooError: the file is missing, not a regular file, broken, or creates other objects.
    """
    path = os.fspath(path)
    try:
        with open_regular(path) as file:
            content = _Restricted(_with_original_line_ends(file), encoding="latin1").load()
        _check_extent(content, os.path.getsize(path))
        return content
    except OSError as error:
        raise ZooError(f"{path}: cannot be read: {error.strerror}.") from None
    except ZooError as error:
        raise ZooError(f"{path}: this pickle is refused: {error}.") from None
    except Exception as error:  # a broken pickle can fail in any way
        raise ZooError(
            f"{path}: not a readable pickle ({type(error).__name__}: {shown(str(error))[:160]})."
        ) from None


def load_list(path, kind):
    """Reads a pickled list (or array) of `kind`: `str`, `int` or `dict`. Anything else raises
    `ZooError`."""
    values = load_pickle(path)
    values = values.tolist() if isinstance(values, np.ndarray) else values
    if isinstance(values, (list, tuple)):
        values = [v.item() if isinstance(v, np.generic) else v for v in values]
    if not isinstance(values, list) or not all(isinstance(v, kind) for v in values):
        raise ZooError(f"{path}: expected a list of {kind.__name__}, got something else.")
    return values


def load_embeddings(path, count):
    """Reads the sentence embeddings of a split, StackGAN's `char-CNN-RNN-embeddings.pickle`.

    Args:
        path: a pickled list or array: the embeddings (captions, features) of each image, in the
            order of `filenames.pickle`.
        count: int, number of images of the split.

    Returns:
        float32 (images, captions, features), or a list of float32 (captions, features) if the
        numbers of captions differ.

    Raises:
        ZooError: see `load_pickle` and `zoo.data.batches.embedding_store.as_embeddings`.
    """
    return as_embeddings(load_pickle(path), count, os.fspath(path))


def load_official_vocabulary(path):
    """The vocabulary in AttnGAN's `captions.pickle`: [train, test, ixtoword, wordtoix].

    The released encoders need it, since their ids follow this file's order.

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
