"""The normal form NFC of texts, optionally case-folded, by core TensorFlow operations.

Reference: Unicode Standard Annex 15: every character is replaced by its decomposition, marks are
sorted by their combining classes, and pairs are composed again.
"""

import functools

import numpy as np
import tensorflow as tf

from zoo.text import characters

_BLOCK = 256
_SHIFT = 2**21  # above every code point
_COMPOSITIONS = 3  # no character decomposes to more than four


def normal_form(texts, fold):
    """Equal to `characters.folded`, or without `fold` to `unicodedata.normalize("NFC", text)`.

    Args:
        texts: string tensor [B], valid UTF-8.
        fold: bool. Whether differences of case and width are removed.

    Returns:
        string tensor [B].
    """
    classes, pairs = _classes().tensors(), [tf.constant(array) for array in _pairs()]
    codes, rows = _replaced(tf.strings.unicode_decode(texts, "UTF-8"), fold)
    codes = _ordered(codes, rows, classes)
    for _ in range(_COMPOSITIONS):
        codes, rows = _composed(codes, rows, classes, pairs)
    parts = tf.RaggedTensor.from_value_rowids(codes, rows, tf.size(texts, tf.int64), validate=False)
    return tf.strings.unicode_encode(parts, "UTF-8")


def _replaced(decoded, fold):
    """(codes, rows): the replaced characters of all texts, and the text that each belongs to."""
    table, new, splits = _replacements(fold)
    new = tf.RaggedTensor.from_row_splits(new, splits, validate=False)
    number = _look_up(table.tensors(), decoded.flat_values)
    lengths = tf.gather(new.row_lengths(), number)
    same = tf.repeat(decoded.flat_values, lengths)
    codes = tf.gather(new, number).flat_values
    codes = tf.where(codes < 0, same, codes)
    return codes, tf.repeat(decoded.value_rowids(), lengths)


def _ordered(codes, rows, classes):
    """The codes, with the marks after a letter sorted by their classes."""
    classes = _look_up(classes, codes)
    before = tf.cumsum(tf.cast(_starts(rows) | (classes == 0), tf.int64))
    order = tf.argsort(before * _BLOCK + tf.cast(classes, tf.int64), stable=True)
    return tf.gather(codes, order)


def _composed(codes, rows, classes, pairs):
    """Composes each letter with the first following character that it has a composition with.

    A mark combines with the last letter before it (a "starter", of class 0) if each mark between
    them has a lower class.
    """
    classes = tf.cast(_look_up(classes, codes), tf.int32)
    start, position = _starts(rows), tf.range(tf.size(codes))
    letter = classes == 0
    letters = tf.concat([[0], tf.boolean_mask(position, letter)], 0)
    at = tf.gather(letters, tf.cumsum(tf.cast(letter, tf.int32), exclusive=True))
    previous = tf.maximum(position - 1, 0)
    unblocked = (at == previous) | (tf.gather(classes, previous) < classes)
    valid = (tf.gather(rows, at) == rows) & tf.gather(letter, at) & ~start & unblocked
    composed = tf.where(valid, _composition(tf.gather(codes, at), codes, *pairs), 0)

    second = tf.boolean_mask(position, composed > 0)
    first = tf.gather(at, second)
    only = tf.concat([first[:1] >= 0, first[1:] != first[:-1]], 0)  # the first of each letter
    first, second = tf.boolean_mask(first, only), tf.boolean_mask(second, only)
    codes = tf.tensor_scatter_nd_update(codes, first[:, None], tf.gather(composed, second))
    kept = tf.tensor_scatter_nd_update(
        tf.ones_like(codes, tf.bool), second[:, None], tf.zeros_like(second, tf.bool)
    )
    return tf.boolean_mask(codes, kept), tf.boolean_mask(rows, kept)


def _composition(first, second, keys, values):
    """The composition of two codes, or 0."""
    key = tf.cast(first, tf.int64) * _SHIFT + tf.cast(second, tf.int64)
    index = tf.minimum(tf.searchsorted(keys, key), tf.size(values) - 1)
    return tf.where(tf.gather(keys, index) == key, tf.gather(values, index), 0)


def _starts(rows):
    """Whether each character is the first of its text."""
    return tf.concat([rows[:1] >= 0, rows[1:] != rows[:-1]], 0)


# --- tables ---------------------------------------------------------------------------------------


class _Table:
    """A number per code point; equal blocks of code points are stored once."""

    def __init__(self, numbers):
        known = {}
        blocks = numbers.reshape(-1, _BLOCK)
        indices = [known.setdefault(block.tobytes(), len(known)) for block in blocks]
        self.block = np.array(indices, np.int32)
        self.numbers = np.frombuffer(b"".join(known), numbers.dtype)

    def tensors(self):
        return tf.constant(self.block), tf.constant(self.numbers)


def _look_up(tensors, codes):
    """The numbers of codes; `tensors` are those of a `_Table`."""
    block, numbers = tensors
    return tf.gather(numbers, tf.gather(block, codes // _BLOCK) * _BLOCK + codes % _BLOCK)


@functools.lru_cache(1)
def _classes():
    return _Table(characters.combining_classes())


@functools.lru_cache(2)
def _replacements(fold):
    """(table of code point to number, replacement codes of all numbers, start of each number's).

    The number 0, of an unchanged character, has the code -1.
    """
    changes = characters.foldings() if fold else characters.decompositions()
    numbers = np.zeros(0x110000, np.int32)
    numbers[list(changes)] = np.arange(1, len(changes) + 1)
    new = [-1, *(ord(character) for text in changes.values() for character in text)]
    lengths = [1, *map(len, changes.values())]
    return _Table(numbers), np.array(new, np.int32), np.cumsum([0, *lengths])


@functools.lru_cache(1)
def _pairs():
    pairs = sorted((a * _SHIFT + b, code) for (a, b), code in characters.compositions().items())
    keys, values = zip(*pairs, strict=True)
    return np.array(keys, np.int64), np.array(values, np.int32)
