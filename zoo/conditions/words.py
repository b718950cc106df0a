"""Encoded words as the generator's inputs: word vectors, sentence vector, and mask."""

import keras
import numpy as np
import tensorflow as tf

from zoo.networks.build import symbolic_input


def sentence_of_words(words, lengths):
    """XMC-GAN's vector of a sentence: the sum over *all* positions, divided by the length.

    BERT's vectors after the end of a sentence are not zero and are included, as in the paper's
    code. Shapes: (rows, words, features), (rows,) -> (rows, features).
    """
    return np.asarray(words).sum(axis=-2) / np.asarray(lengths)[..., None]


def encoded_words(text, max_words):
    """The generator's inputs from a dict of `words`, `sentence` and `lengths`."""
    mask = tf.sequence_mask(text["lengths"], max_words)
    words, sentence = (
        tf.cast(text[name], keras.config.floatx()) for name in ("words", "sentence")
    )
    return {"words": words, "sentence": sentence, "mask": mask}


def symbolic_words(max_words, features):
    """The symbolic inputs of a generator that reads words."""
    return {
        "words": symbolic_input(2, max_words, features),
        "sentence": symbolic_input(2, features),
        "mask": symbolic_input(2, max_words, dtype="bool"),
    }
