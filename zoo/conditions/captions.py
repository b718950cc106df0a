"""Captions as words of a vocabulary."""

import json
import os
import shlex

import tensorflow as tf

from zoo.conditions.assertions import require_bytes
from zoo.conditions.base import Condition
from zoo.conditions.records import LIMITS, SERVING_DEFAULT, Given, Signature, parts
from zoo.conditions.words import symbolic_words
from zoo.errors import ZooError
from zoo.text.captions import caption_list, check_captions, unread_line
from zoo.text.tokenizer import CaptionTokenizer


def caption_signature(tokenize, limits):
    """The `Signature` of captions that `tokenize` makes the fields of."""

    def check(captions):
        return [require_bytes("captions", captions, limits.max_caption_bytes)]

    return Signature([tf.TensorSpec([None], tf.string, name="captions")], tokenize, check)


class Captions(Condition):
    """Captions as tokens of a vocabulary, encoded by a recurrent encoder.

    A server accepts every caption of a bounded size, because it combines requests of different
    users in one batch: bytes that are not UTF-8 separate words, words after the first `max_words`
    and unknown words are left out, and a caption without any known word becomes the padding token
    `<end>`.

    Args:
        vocabulary: `zoo.text.Vocabulary`.
        max_words: int.
        encoder: a built `RNNTextEncoder`.
    """

    kind, task = "captions", "text-to-image"
    data_form = "captions"
    argument, count_argument = "captions", "images_per_caption"
    options = ("unknown",)
    explains = True
    flags = ("captions", "caption", "unknown")
    network_names = ("text_encoder",)

    def __init__(self, vocabulary, max_words, encoder):
        self.vocabulary = vocabulary
        self.max_words = max_words
        self.encoder = encoder
        self.features = encoder.features
        self.fields = {
            "tokens": tf.TensorSpec([None, max_words], tf.int32),
            "lengths": tf.TensorSpec([None], tf.int32),
        }

    def parse(self, conditions, unknown="drop"):
        captions = check_captions(conditions, self.vocabulary, unknown=unknown)
        return self.vocabulary.encode(captions, self.max_words, unknown)  # needs no graph

    def words(self, rows):
        return [
            [self.vocabulary.tokens[token] for token in row[:length]]
            for row, length in zip(rows["tokens"], rows["lengths"], strict=True)
        ]

    def unread(self, conditions, rows, unknown="drop"):
        return unread_line(caption_list(conditions), self.vocabulary, self.max_words, unknown)

    def symbolic(self):
        return symbolic_words(self.max_words, self.features)

    def encode(self, batch):
        return self.encoder(batch["tokens"], batch["lengths"])

    def serve(self, folder, limits=LIMITS):
        path = os.path.join(folder, "vocabulary.txt")
        self.vocabulary.save(path)
        asset = tf.saved_model.Asset(path)
        tokenizer = CaptionTokenizer(self.vocabulary, self.max_words, unknown="drop")
        key, value = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        tokenizer.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(asset.asset_path, tf.string, key, tf.int64, value),
            default_value=-1,
        )
        return {SERVING_DEFAULT: caption_signature(tokenizer, limits)}, [asset, tokenizer]

    def requests(self, size):
        words = [token for token in self.vocabulary.tokens if not token.startswith("<")]
        caption = " ".join(words[: max(1, self.max_words // 2)])
        return {SERVING_DEFAULT: {"captions": [caption.encode()] * size}}

    def known(self):
        words = self.vocabulary.words
        some = ", ".join(words[:8]) + (", ..." if words[8:] else "")
        return f"captions of up to {self.max_words} of its {len(words):,} words ({some})"

    def known_example(self):
        words = [word for word in self.vocabulary.words if word.isalpha() and len(word) > 2]
        return {"caption": " ".join(words[: min(2, self.max_words)])} if words else {}

    def hint(self):
        return 'reads captions: give --captions="a;b" or --caption="a" --caption="b"'

    def load(self, name, captions=None, caption=(), unknown="drop"):
        texts = [*caption, *([] if captions is None else parts(captions))]
        if not texts:
            raise ZooError(f"No captions were given. {name} {self.hint()}.")
        unread = self.unread(texts, self.parse(texts, unknown=unknown), unknown=unknown)
        return Given(texts, texts, {"unknown": unknown}, unread=unread)

    @classmethod
    def example_argument(cls, record):
        return json.dumps([record.get("caption", "a caption")], ensure_ascii=False), ""

    @classmethod
    def example_flag(cls, record):
        given = record.get("caption")
        return f"--caption={shlex.quote(given)}" if given else '--captions="a caption"'
