"""The ways in which a text-to-image system is told what to draw.

Each has `fields`, the part of a batch that is the condition, as `tf.TensorSpec`s; `specs()`, the
text part of a generator's input as symbolic tensors; `encode(batch)`, that part as tensors; and
`read(captions, unknown)`, the condition rows of what a user gave and the words read of each. Those
that read captions have `unread(captions, words, unknown)`, what is not read of them, in words.
"""

import keras
import numpy as np
import tensorflow as tf

from zoo.checks import check_finite
from zoo.errors import ZooError
from zoo.networks.build import build, spec
from zoo.networks.text_encoder import RNNTextEncoder
from zoo.text.captions import check_captions, unread_line
from zoo.text.vocabulary import check_has_words

KINDS = ("rnn", "embeddings", "word_embeddings", "hub", "none")


def make_text_input(config, vocabulary, max_words):
    """The input that `config` (see `TextToImage`, `text_encoder`) describes."""
    config = dict(config or {})
    kind = config.pop("kind", "rnn")
    if kind not in KINDS:
        raise ZooError(f"`text_encoder['kind']` must be one of {KINDS}. Received: {kind!r}")
    if kind == "none":
        return NoText(**config)
    if kind == "embeddings":
        return Embeddings(**config)
    if kind == "word_embeddings":
        return WordEmbeddings(max_words, **config)
    if kind == "hub":
        from zoo.models.hub_captions import HubCaptions  # takes tensorflow_text, when it is needed

        return HubCaptions(max_words, **config)
    if vocabulary is None:
        raise ZooError("A recurrent text encoder needs `vocabulary`.")
    check_has_words(vocabulary)
    return Captions(vocabulary, max_words, build_text_encoder(config, len(vocabulary), max_words))


class Captions:
    """Captions as tokens, read by a recurrent encoder.

    Args:
        vocabulary: `zoo.text.Vocabulary`.
        max_words: int.
        encoder: a built `RNNTextEncoder`.
    """

    def __init__(self, vocabulary, max_words, encoder):
        self.vocabulary = vocabulary
        self.max_words = max_words
        self.encoder = encoder
        self.features = encoder.features
        self.fields = {
            "tokens": tf.TensorSpec([None, max_words], tf.int32),
            "lengths": tf.TensorSpec([None], tf.int32),
        }

    def specs(self):
        return word_specs(self.max_words, self.features)

    def encode(self, batch):
        return self.encoder(batch["tokens"], batch["lengths"])

    def read(self, captions, unknown="drop"):
        captions = check_captions(captions, self.vocabulary, unknown=unknown)
        rows = self.vocabulary.encode(captions, self.max_words, unknown)
        words = [
            [self.vocabulary.tokens[token] for token in row[:length]]
            for row, length in zip(rows["tokens"], rows["lengths"], strict=True)
        ]
        return rows, words

    def unread(self, captions, words, unknown="drop"):
        """What is not read of captions, as a text, or ""; `words`: of `read`."""
        return unread_line(captions, self.vocabulary, self.max_words, unknown)


class Embeddings:
    """Sentence embeddings that were computed elsewhere.

    Args:
        features: int. Size of an embedding (1024 for the published char-CNN-RNN ones).
    """

    encoder = None

    def __init__(self, features=1024):
        self.features = features
        self.fields = {"sentence": tf.TensorSpec([None, features], tf.float32)}

    def specs(self):
        return {"sentence": spec(2, self.features)}

    def encode(self, batch):
        return {"sentence": tf.cast(batch["sentence"], keras.config.floatx())}

    def read(self, captions, unknown="drop"):
        try:
            sentences = np.asarray(captions, np.float32)
        except (TypeError, ValueError):
            sentences = np.zeros([0])
        if sentences.ndim == 1 and sentences.shape == (self.features,):
            sentences = sentences[None]
        if sentences.ndim != 2 or sentences.shape[1] != self.features or not len(sentences):
            raise ZooError(
                f"This model reads pre-computed sentence embeddings, float (rows, {self.features}),"
                f" and no captions. Received: {_described(captions)}."
            )
        check_finite("The sentence embeddings", sentences)
        _check_not_zero("sentence embedding", sentences)
        return {"sentence": sentences}, [[] for _ in sentences]


class WordEmbeddings:
    """Vectors of words (or word pieces) and of the sentence, computed elsewhere.

    Args:
        max_words: int.
        features: int. Size of a vector (768 for BERT).
    """

    encoder = None

    def __init__(self, max_words, features=768):
        self.max_words = max_words
        self.features = features
        self.fields = {
            "words": tf.TensorSpec([None, max_words, features], tf.float32),
            "sentence": tf.TensorSpec([None, features], tf.float32),
            "lengths": tf.TensorSpec([None], tf.int32),
        }

    def specs(self):
        return word_specs(self.max_words, self.features)

    def encode(self, batch):
        return encoded_words(batch, self.max_words)

    def read(self, captions, unknown="drop"):
        """The rows of a dict of arrays: `words`, `lengths` and, or made of these, `sentence`."""
        shape = f"`words` float (rows, {self.max_words}, {self.features}) and `lengths` int (rows,)"
        given = captions if isinstance(captions, dict) else {}
        try:
            words = np.asarray(given.get("words"), np.float32)
            lengths = np.asarray(given.get("lengths")).astype(np.int32, casting="same_kind")
            sentence = given.get("sentence")
            if sentence is None:
                sentence = sentence_of_words(words, lengths)
            sentence = np.asarray(sentence, np.float32)
        except (TypeError, ValueError, ZeroDivisionError):
            words = np.zeros([0])
        if (
            words.shape[1:] != (self.max_words, self.features)
            or not len(words)
            or lengths.shape != words.shape[:1]
            or sentence.shape != (len(words), self.features)
        ):
            raise ZooError(
                f"This model reads pre-computed vectors, a dict of {shape}, with `sentence` float "
                f"(rows, {self.features}) or without, and no captions. "
                f"Received: {_described(captions)}."
            )
        if lengths.min() < 1 or lengths.max() > self.max_words:
            raise ZooError(f"The `lengths` must be from 1 to {self.max_words}.")
        check_finite("The vectors", {"words": words, "sentence": sentence})
        _check_not_zero("sentence vector", sentence)
        return {"words": words, "sentence": sentence, "lengths": lengths}, [[] for _ in words]


def sentence_of_words(words, lengths):
    """XMC-GAN's vector of a sentence: the sum over *all* places, divided by the length.

    BERT's vectors behind a sentence's end are not zero and count, as in the code that the paper
    was written with. Shapes: (rows, places, features), (rows,) -> (rows, features).
    """
    return np.asarray(words).sum(axis=-2) / np.asarray(lengths)[..., None]


class NoText:
    """No condition at all."""

    encoder = None
    features = 0
    fields = {}

    def specs(self):
        return {}

    def encode(self, batch):
        return {}

    def read(self, captions, unknown="drop"):
        if captions is not None:
            raise ZooError(
                "This model has no condition: call generate(images_per_caption=..., seed=...) "
                f"without captions. Received: {_described(captions)}."
            )
        return {}, [[]]


def encoded_words(text, max_words):
    """The text part of a generator's input of a dict of `words`, `sentence` and `lengths`."""
    mask = tf.sequence_mask(text["lengths"], max_words)
    words, sentence = (
        tf.cast(text[name], keras.config.floatx()) for name in ("words", "sentence")
    )
    return {"words": words, "sentence": sentence, "padding": tf.logical_not(mask)}


def word_specs(max_words, features):
    """The text part of the input of a generator that reads words."""
    return {
        "words": spec(2, max_words, features),
        "sentence": spec(2, features),
        "padding": spec(2, max_words, dtype="bool"),
    }


def _check_not_zero(what, rows):
    empty = np.flatnonzero(~rows.any(axis=1))
    if len(empty):
        raise ZooError(
            f"The {what} of row {empty[0]} is all zeros ({len(empty)} of {len(rows)} rows are), "
            "which stands for no sentence: compute it from its caption."
        )


def _described(value):
    shape = getattr(value, "shape", None)
    return repr(value)[:80] if shape is None else f"an array of shape {tuple(shape)}"


def build_text_encoder(config, vocabulary_size, max_words):
    """An `RNNTextEncoder` in float32 with its variables made."""
    dtype = None if keras.config.floatx() == "float64" else "float32"
    encoder = RNNTextEncoder(
        vocabulary_size=vocabulary_size, **config, name="text_encoder", dtype=dtype
    )
    return build(encoder, spec(2, max_words, dtype="int32"), spec(2, dtype="int32"))
