"""A stand-in for the modules of BERT base where they are not there: the same shapes, no weights.

It serves descriptions of runs. What it computes means nothing, and its operations are not those of
BERT: a step that reads cached vectors (`zoo.data.TextCache`) does not run the encoder either.
"""

import os

import tensorflow as tf

from zoo.text.bert_modules import INPUTS, PLACES, save_modules

FEATURES = 768
PARAMETERS = 109_482_240  # of bert_en_uncased_L-12_H-768_A-12


class _Pieces(tf.Module):
    """Strings to the three inputs of an encoder: one piece per word, between two markers."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def __call__(self, captions):
        words = tf.strings.split(captions)
        count = tf.minimum(tf.cast(words.row_lengths(), tf.int32) + 2, PLACES)
        mask = tf.cast(tf.sequence_mask(count, PLACES), tf.int32)
        return dict(zip(INPUTS, (mask, mask, tf.zeros_like(mask)), strict=True))


class _Encoder:
    """Vectors that repeat the number of their piece."""

    weights = ()

    def encode(self, inputs):
        pieces = tf.cast(inputs[INPUTS[0]], tf.float32)[..., None]
        words = tf.repeat(pieces, FEATURES, axis=-1)
        return {"sequence_output": words, "pooled_output": words[:, 0], "default": words[:, 0]}


def write_stand_in(folder):
    """Writes both modules into a folder.

    Args:
        folder: str, an existing folder.

    Returns:
        dict of `preprocess`, `encoder`: the paths of the modules, handles of `HubTextEncoder`.
    """
    paths = {name: os.path.join(folder, name) for name in ("preprocess", "encoder")}
    save_modules(paths, _Pieces(), _Encoder())
    return paths
