"""Pre-computed vectors of words and of the sentence."""

import numpy as np
import tensorflow as tf

from zoo.checks import check_finite
from zoo.conditions.assertions import require_range
from zoo.conditions.base import Condition
from zoo.conditions.embedding_files import check_not_zero, read_embeddings
from zoo.conditions.records import LIMITS, SERVING_DEFAULT, Given, Signature, row_count, shown
from zoo.conditions.words import encoded_words, sentence_of_words, symbolic_words
from zoo.errors import ZooError, check_choice, nearest
from zoo.text.captions import UNKNOWN_WORDS


class WordEmbeddings(Condition):
    """One vector per word (or word piece), and one per sentence.

    Args:
        max_words: int.
        features: int. Size of a vector (768 for BERT).
    """

    kind, task = "word embeddings", "text-to-image"
    data_form = "captions"
    argument, count_argument = "captions", "images_per_caption"
    options = ("unknown",)  # as for captions; without effect
    flags = ("embeddings",)

    def __init__(self, max_words, features=768):
        self.max_words = max_words
        self.features = features
        self.fields = {
            "words": tf.TensorSpec([None, max_words, features], tf.float32),
            "sentence": tf.TensorSpec([None, features], tf.float32),
            "lengths": tf.TensorSpec([None], tf.int32),
        }

    def parse(self, conditions, unknown="drop"):
        """From a dict of arrays: `words`, `lengths` and optionally `sentence`, which is otherwise
        computed from these. Other arrays are ignored, unless their name resembles a
        missing one."""
        check_choice("unknown", unknown, UNKNOWN_WORDS)
        arrays = conditions if isinstance(conditions, dict) else {}
        missing = [name for name in self.fields if name not in arrays]
        for name in arrays:
            if name not in self.fields and (guess := nearest(name, missing)):
                raise ZooError(
                    f'Pre-computed vectors have no array "{name}": they are '
                    f"{', '.join(self.fields)}.{guess}"
                )
        try:
            words = np.asarray(arrays.get("words"), np.float32)
            lengths = np.asarray(arrays.get("lengths"))
            lengths = lengths.astype(np.int64, casting="same_kind")
            lengths = np.clip(lengths, -1, 2**31 - 1).astype(np.int32)  # checked below
            sentence = arrays.get("sentence")
            if sentence is None:
                sentence = sentence_of_words(words, np.maximum(lengths, 1))  # checked below
            sentence = np.asarray(sentence, np.float32)
        except (TypeError, ValueError):
            words = np.zeros([0])
        if (
            words.shape[1:] != (self.max_words, self.features)
            or not len(words)
            or lengths.shape != words.shape[:1]
            or sentence.shape != (len(words), self.features)
        ):
            raise ZooError(
                f"This model reads pre-computed vectors, a dict of `words` float (rows, "
                f"{self.max_words}, {self.features}), `lengths` int (rows,) and optionally "
                f"`sentence` float (rows, {self.features}), and no captions, got "
                f"{shown(conditions)}."
            )
        if lengths.min() < 1 or lengths.max() > self.max_words:
            raise ZooError(
                f"The `lengths` must be from 1 to {self.max_words}, got {lengths.min()} to "
                f"{lengths.max()}."
            )
        check_finite("The vectors", {"words": words, "sentence": sentence})
        check_not_zero("sentence vector", sentence)
        return {"words": words, "sentence": sentence, "lengths": lengths}

    def symbolic(self):
        return symbolic_words(self.max_words, self.features)

    def encode(self, batch):
        return encoded_words(batch, self.max_words)

    def serve(self, folder, limits=LIMITS):
        inputs = [tf.TensorSpec(s.shape, s.dtype, name=name) for name, s in self.fields.items()]

        def to_fields(*values):
            return dict(zip(self.fields, values, strict=True))

        def check(words, sentence, lengths):
            return [require_range("lengths", lengths, 1, self.max_words)]

        return {SERVING_DEFAULT: Signature(inputs, to_fields, check)}, []

    def requests(self, size):
        inputs = {
            name: np.zeros([size, *field.shape[1:]], field.dtype.as_numpy_dtype)
            for name, field in self.fields.items()
        }
        inputs["lengths"] += self.max_words
        return {SERVING_DEFAULT: inputs}

    def record(self):
        return {
            "kind": self.kind, "features": int(self.features), "max_words": int(self.max_words)
        }

    def known(self):
        return f"up to {self.max_words} word vectors of {self.features} numbers"

    def hint(self):
        return f"reads word vectors of {self.features} numbers: give --embeddings=FILE.npz"

    def load(self, name, embeddings=None):
        values = read_embeddings(embeddings, f"{name} {self.hint()}")
        if not isinstance(values, dict):
            raise ZooError(
                f"--embeddings {embeddings}: expected an .npz file of words, lengths and "
                "sentence, one row per text, as numpy.savez writes it."
            )
        return Given(values, [f"embedding {row}" for row in range(row_count(self.parse(values)))])

    @classmethod
    def example_argument(cls, record):
        shape = ", ".join(str(record.get(name, name)) for name in ("max_words", "features"))
        return '{"words": words, "lengths": lengths}', f"  # words float (rows, {shape})"

    @classmethod
    def example_flag(cls, record):
        return "--embeddings=words.npz"
