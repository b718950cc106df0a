"""Pre-computed sentence embeddings."""

import keras
import numpy as np
import tensorflow as tf

from zoo.checks import check_finite
from zoo.conditions.base import Condition
from zoo.conditions.embedding_files import check_not_zero, read_embeddings
from zoo.conditions.records import LIMITS, SERVING_DEFAULT, Given, Signature, shown
from zoo.errors import ZooError, check_choice
from zoo.networks.build import symbolic_input
from zoo.text.captions import UNKNOWN_WORDS


class SentenceEmbeddings(Condition):
    """One vector per sentence.

    Args:
        features: int. Size of an embedding (1024 for the published char-CNN-RNN ones).
    """

    kind, task = "embeddings", "text-to-image"
    data_form = "captions"
    argument, count_argument = "captions", "images_per_caption"
    options = ("unknown",)  # as for captions; without effect
    explains = True
    flags = ("embeddings",)

    def __init__(self, features=1024):
        self.features = features
        self.fields = {"sentence": tf.TensorSpec([None, features], tf.float32)}

    def parse(self, conditions, unknown="drop"):
        check_choice("unknown", unknown, UNKNOWN_WORDS)
        try:
            sentences = np.asarray(conditions, np.float32)
        except (TypeError, ValueError):
            sentences = np.zeros([0])
        if sentences.ndim == 1 and sentences.shape == (self.features,):
            sentences = sentences[None]
        if sentences.ndim != 2 or sentences.shape[1] != self.features or not len(sentences):
            raise ZooError(
                f"This model reads pre-computed sentence embeddings, float (rows, {self.features}),"
                f" and no captions, got {shown(conditions)}."
            )
        check_finite("The sentence embeddings", sentences)
        check_not_zero("sentence embedding", sentences)
        return {"sentence": sentences}

    def symbolic(self):
        return {"sentence": symbolic_input(2, self.features)}

    def encode(self, batch):
        return {"sentence": tf.cast(batch["sentence"], keras.config.floatx())}

    def serve(self, folder, limits=LIMITS):
        inputs = [tf.TensorSpec([None, self.features], tf.float32, name="embeddings")]
        return {SERVING_DEFAULT: Signature(inputs, lambda rows: {"sentence": rows})}, []

    def requests(self, size):
        return {SERVING_DEFAULT: {"embeddings": np.zeros([size, self.features], np.float32)}}

    def record(self):
        return {"kind": self.kind, "features": int(self.features)}

    def known(self):
        return f"sentence embeddings of {self.features} numbers"

    def hint(self):
        return (
            f"reads sentence embeddings of {self.features} numbers: give --embeddings=FILE.npy"
        )

    def load(self, name, embeddings=None):
        values = read_embeddings(embeddings, f"{name} {self.hint()}")
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
            raise ZooError(
                f"--embeddings {embeddings}: expected a .npy file of numbers, one row per "
                "sentence, as numpy.save writes it."
            )
        values = np.atleast_2d(values)
        return Given(values, [f"embedding {row}" for row in range(len(values))])

    @classmethod
    def example_argument(cls, record):
        return "embeddings", f"  # float (rows, {record.get('features', 'features')})"

    @classmethod
    def example_flag(cls, record):
        return "--embeddings=sentences.npy"
