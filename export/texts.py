"""Captions, embeddings or nothing, as the served condition of a text-to-image model."""

import os

import numpy as np
import tensorflow as tf

from export.conditions import SIGNATURE, Condition, range_check, serving_function
from zoo.text.tokenizer import CaptionTokenizer


class Captions(Condition):
    """`captions`, string (batch,).

    No caption is refused, because a server joins the requests of strangers into one batch: bytes
    that are not UTF-8 separate words, words beyond `max_words` and unknown words are left out, and
    a caption with no known word at all, or an empty one, is read as the padding token `<end>`.
    """

    def resources(self, folder):
        path = os.path.join(folder, "vocabulary.txt")
        self.model.vocabulary.save(path)
        vocabulary = tf.saved_model.Asset(path)
        self.tokenizer = CaptionTokenizer(
            self.model.vocabulary, self.model.max_words, unknown="drop"
        )
        self.tokenizer.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                vocabulary.asset_path,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            default_value=-1,
        )
        return [vocabulary, self.tokenizer]

    def functions(self):
        def draw(captions, seeds):
            return last_images(self.model.sample(self.tokenizer(captions), seeds))

        specs = [tf.TensorSpec([None], tf.string, name="captions")]
        return {SIGNATURE: serving_function(specs, draw)}

    def examples(self, size):
        """Captions of known words."""
        model = self.model
        words = [token for token in model.vocabulary.tokens if not token.startswith("<")]
        caption = " ".join(words[: max(1, model.max_words // 2)])
        return {SIGNATURE: {"captions": [caption.encode()] * size}}


class HubCaptions(Condition):
    """`captions`, string (batch,), read by a text encoder of TensorFlow Hub, which is a part of
    what is served.

    No caption is refused: bytes that are not UTF-8 are read as the character U+FFFD, pieces beyond
    `max_words` are left out, and an empty caption is the start mark and the end mark.
    """

    def resources(self, folder):
        """The preprocessing module with its vocabulary; the encoder's weights are the service's."""
        return [self.model.hub_encoder.preprocessor]

    def functions(self):
        def draw(captions, seeds):
            pieces = self.model.hub_encoder.tokenize(captions)
            return last_images(self.model.sample(pieces, seeds))

        specs = [tf.TensorSpec([None], tf.string, name="captions")]
        return {SIGNATURE: serving_function(specs, draw)}

    def examples(self, size):
        return {SIGNATURE: {"captions": [b"a caption of a few words"] * size}}


class Embeddings(Condition):
    """`embeddings` of sentences, float32 (batch, features), computed elsewhere."""

    def functions(self):
        def draw(embeddings, seeds):
            return last_images(self.model.sample({"sentence": embeddings}, seeds))

        shape = [None, self.model.text_input.features]
        specs = [tf.TensorSpec(shape, tf.float32, name="embeddings")]
        return {SIGNATURE: serving_function(specs, draw)}

    def examples(self, size):
        shape = [size, self.model.text_input.features]
        return {SIGNATURE: {"embeddings": np.zeros(shape, np.float32)}}


class WordEmbeddings(Condition):
    """`words` float32 (batch, max_words, features), `sentence` float32 (batch, features) and
    `lengths` int32 (batch,), computed elsewhere; a length that is not from 1 to `max_words` is
    INVALID_ARGUMENT."""

    def functions(self):
        fields = self.model.text_input.fields

        def draw(*inputs):
            *text, seeds = inputs
            return last_images(self.model.sample(dict(zip(fields, text, strict=True)), seeds))

        specs = [
            tf.TensorSpec(spec.shape, spec.dtype, name=name) for name, spec in fields.items()
        ]
        return {SIGNATURE: serving_function(specs, draw, self._lengths_fit)}

    def _lengths_fit(self, words, sentence, lengths):
        del words, sentence
        return [range_check("lengths", lengths, 1, self.model.max_words)]

    def examples(self, size):
        inputs = {
            name: np.zeros([size, *spec.shape[1:]], spec.dtype.as_numpy_dtype)
            for name, spec in self.model.text_input.fields.items()
        }
        inputs["lengths"] += self.model.max_words
        return {SIGNATURE: inputs}


class NoText(Condition):
    """Seeds alone."""

    def functions(self):
        def draw(seeds):
            return last_images(self.model.sample({}, seeds))

        return {SIGNATURE: serving_function([], draw)}

    def examples(self, size):
        return {SIGNATURE: {}}


def last_images(sampled):
    """The pictures of the last stage."""
    return sampled["images"][-1]
