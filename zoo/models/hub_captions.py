"""Captions that a text encoder of TensorFlow Hub reads, as what a system is told to draw by.

The encoder is fixed and large, so a preset or checkpoint holds its handles and the SHA-256 of its
files in place of its weights.
"""

import tensorflow as tf

from zoo.models.text_input import encoded_words, word_specs
from zoo.text.captions import check_texts, pieces_line
from zoo.text.hub_encoder import HubTextEncoder

UNKNOWN_PIECE = "[UNK]"  # in the vocabularies of BERT's form


class HubCaptions:
    """Captions as word pieces, read by a `HubTextEncoder`.

    A batch may hold `words` and `sentence`, computed by the same encoder before (see
    `recipes.cache_text`), beside `pieces` and `lengths`; then the encoder does not run.

    Args:
        max_words: int. Word pieces of a caption with the start and end marks; longer captions are
            cut to their first pieces.
        preprocess, encoder, sentence: see `HubTextEncoder`.
        sha256: dict of "preprocess", "encoder" to what the modules' digests must be, or None; see
            `HubTextEncoder`.

    Raises:
        ZooError: as `HubTextEncoder`; or the modules are not those of `sha256`.
    """

    encoder = None  # no weights of this project

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
        self._texts = None
        self._tokenize = tf.function(
            self.hub_encoder.tokenize,
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )

    def specs(self):
        return word_specs(self.max_words, self.features)

    def encode(self, batch):
        computed = "words" in batch and "sentence" in batch
        text = batch if computed else self.hub_encoder({n: batch[n] for n in self.fields})
        return encoded_words(text, self.max_words)

    def read(self, captions, unknown="drop"):
        """`unknown` has no use: what has no piece of its own is read as the module's mark for it,
        and the words read are word pieces, with the marks."""
        captions = check_texts(captions)
        rows = {k: v.numpy() for k, v in self._tokenize(tf.constant(captions)).items()}
        if self._texts is None:
            self._texts = self.hub_encoder.piece_texts() or []
        words = [
            [self._texts[piece] if piece < len(self._texts) else str(piece) for piece in row[:n]]
            for row, n in zip(rows["pieces"], rows["lengths"], strict=True)
        ]
        return rows, words

    def unread(self, captions, words, unknown="drop"):
        """What is not read of captions, as a text, or ""; `words`: of `read`."""
        mask = self.hub_encoder.preprocessor(tf.constant(captions))["input_mask"].numpy()
        unread = {place for place, pieces in enumerate(words) if UNKNOWN_PIECE in pieces}
        return pieces_line(captions, mask.sum(axis=1), mask.shape[1], self.max_words, unread)
