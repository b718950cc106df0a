"""Captions as word pieces, encoded by a text encoder of TensorFlow Hub.

The encoder is frozen and large, so a preset or checkpoint stores its handles and the SHA-256 of its
files instead of its weights.
"""

import tensorflow as tf

from zoo.conditions.captions import Captions, caption_signature
from zoo.conditions.records import LIMITS, SERVING_DEFAULT
from zoo.conditions.words import encoded_words
from zoo.errors import ZooError, check_choice
from zoo.text.captions import UNKNOWN_WORDS, caption_list, check_texts, pieces_line
from zoo.text.hub_encoder import HubTextEncoder

UNKNOWN_PIECE = "[UNK]"  # in vocabularies of BERT's form


class HubCaptions(Captions):
    """Captions as word pieces, encoded by a `HubTextEncoder`.

    A batch may also have `words` and `sentence`, pre-computed by the same encoder (see
    `zoo.data.TextCache`); then the encoder does not run.

    A server accepts every caption of a bounded size: bytes that are not UTF-8 are read as the
    character U+FFFD, pieces after the first `max_words` are left out, and an empty caption consists
    of the start and end markers.

    Args:
        max_words: int. Maximum number of word pieces of a caption, including the start and end
            markers; longer captions are truncated.
        preprocess, encoder, sentence: see `HubTextEncoder`.
        sha256: dict of "preprocess", "encoder" to the modules' expected digests, or None; see
            `HubTextEncoder`.

    Raises:
        ZooError: see `HubTextEncoder`; or a module's digest differs from `sha256`.
    """

    encoder = None  # its weights are not stored with the model

    def __init__(self, max_words, sha256=None, **settings):
        self.max_words = max_words
        self.hub_encoder = HubTextEncoder(max_tokens=max_words, sha256=sha256, **settings)
        self.features = self.hub_encoder.features
        self.config = {
            "kind": "hub",
            **self.hub_encoder.handles,
            "sentence": self.hub_encoder.sentence,
            "sha256": dict(self.hub_encoder.digests),
        }
        self.fields = {
            "pieces": tf.TensorSpec([None, max_words], tf.int32),
            "lengths": tf.TensorSpec([None], tf.int32),
        }
        self._piece_texts = None
        self._tokenize = tf.function(
            self.hub_encoder.tokenize,
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )

    def parse(self, conditions, unknown="drop"):
        """`unknown` has no effect: a word without pieces becomes the module's unknown token."""
        check_choice("unknown", unknown, UNKNOWN_WORDS)
        captions = tf.constant(check_texts(conditions))
        return {k: v.numpy() for k, v in self._tokenize(captions).items()}

    def words(self, rows):
        """The word pieces, including the start and end markers."""
        if self._piece_texts is None:
            self._piece_texts = self.hub_encoder.piece_texts() or []
        texts = self._piece_texts
        return [
            [texts[piece] if piece < len(texts) else str(piece) for piece in row[:length]]
            for row, length in zip(rows["pieces"], rows["lengths"], strict=True)
        ]

    def unread(self, conditions, rows, unknown="drop"):
        captions = caption_list(conditions)
        mask = self.hub_encoder.preprocessor(tf.constant(captions))["input_mask"].numpy()
        words = self.words(rows)
        unread = {index for index, pieces in enumerate(words) if UNKNOWN_PIECE in pieces}
        return pieces_line(captions, mask.sum(axis=1), mask.shape[1], self.max_words, unread)

    def load(self, name, captions=None, caption=(), unknown="drop"):
        if unknown != "drop":
            raise ZooError(
                f"--unknown={unknown} has no effect on {name}, which reads captions as word pieces "
                "instead of words of a vocabulary: leave it out."
            )
        return super().load(name, captions, caption)

    def known(self):
        return f"captions of up to {self.max_words} word pieces of a TensorFlow Hub encoder"

    def known_example(self):
        return {}

    def encode(self, batch):
        computed = "words" in batch and "sentence" in batch
        text = batch if computed else self.hub_encoder({n: batch[n] for n in self.fields})
        return encoded_words(text, self.max_words)

    def serve(self, folder, limits=LIMITS):
        """The preprocessing module is exported with its vocabulary, the encoder as the model's."""
        signature = caption_signature(self.hub_encoder.tokenize, limits)
        return {SERVING_DEFAULT: signature}, [self.hub_encoder.preprocessor]

    def requests(self, size):
        return {SERVING_DEFAULT: {"captions": [b"a caption of a few words"] * size}}
