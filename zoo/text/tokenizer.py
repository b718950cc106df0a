"""Tokenizer of captions in core TensorFlow string ops, for tf.data, eager and served use."""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.text.captions import check_captions, check_unknown
from zoo.text.characters import patterns
from zoo.text.normal_form import normal_form
from zoo.text.tokenization import check_rule, tokenize
from zoo.text.vocabulary import Vocabulary

__all__ = ["CaptionTokenizer", "check_captions", "split_words", "tokenize"]

# Used instead of `tf.strings.lower(encoding="utf-8")`, which depends on the machine's locale: only
# these two non-ASCII characters have ASCII in their lower case.
_LOWER_TO_ASCII = (("\u212a", "k"), ("\u0130", "i\u0307"))
_ASCII = r"[\x00-\x7f]*"
_NOT_ASCII = r"[^\x00-\x7f]+"


class CaptionTokenizer(tf.Module):
    """Tokenizes captions by a vocabulary's rule (see `zoo.text.tokenization`), inside a graph.

    Example:
        tokenizer = CaptionTokenizer(Vocabulary.build(["a red bird"]), max_words=4)
        tokenizer(tf.constant(["A red, red bird!"]))
        # {"tokens": [[2, 4, 4, 3]], "lengths": [4]}

    Args:
        vocabulary: `zoo.text.Vocabulary`, or a sequence of its tokens.
        max_words: int, width of the result; a longer caption keeps its first `max_words` known
            words.
        unknown: "drop" leaves out words that are not in the vocabulary, "unk" reads each as
            `<unk>`.

    Raises:
        ZooError: `max_words` below 1, or "unk" with a vocabulary that has no `<unk>`.
    """

    def __init__(self, vocabulary, max_words, unknown="drop"):
        super().__init__(name="caption_tokenizer")
        if not isinstance(vocabulary, Vocabulary):
            vocabulary = Vocabulary(vocabulary)
        if isinstance(max_words, bool) or not isinstance(max_words, int) or max_words < 1:
            raise ZooError(f"max_words must be a whole number of at least 1, got {max_words!r}.")
        check_unknown(unknown, vocabulary)
        self.vocabulary = vocabulary
        self.max_words = max_words
        self.unknown = unknown
        missing = vocabulary.unknown_id if unknown == "unk" else -1
        with tf.init_scope(), tf.device("CPU:0"):
            self.table = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(vocabulary.tokens), tf.range(len(vocabulary), dtype=tf.int64)
                ),
                default_value=missing,
            )

    def ragged(self, captions):
        """All known words of each caption, without truncation.

        Args:
            captions: string tensor [B].

        Returns:
            int32 ragged tensor [B, (words)].
        """
        words = split_words(captions, self.vocabulary.rule)
        ids = tf.ragged.map_flat_values(self.table.lookup, words)
        if self.unknown == "drop":
            ids = tf.ragged.boolean_mask(ids, ids >= 0)
        return tf.cast(ids, tf.int32)

    def __call__(self, captions):
        """Token ids of captions.

        Args:
            captions: string tensor [B].

        Returns:
            dict of `tokens`, int32 [B, max_words], zero (`<end>`) after the last word, and
            `lengths`, int32 [B], from 1 to max_words. A caption without any known word has
            length 1: it is read as a single `<end>`.
        """
        ids = self.ragged(captions)[:, : self.max_words]
        lengths = tf.maximum(tf.cast(ids.row_lengths(), tf.int32), 1)
        tokens = ids.to_tensor(default_value=0, shape=[None, self.max_words])
        return {"tokens": tokens, "lengths": lengths}


@tf.autograph.experimental.do_not_convert
def split_words(captions, rule="unicode"):
    """The words of captions, equal to those of `zoo.text.tokenization`.

    Args:
        captions: string tensor [B], UTF-8 (invalid bytes act as a separator).
        rule: "unicode" or "ascii".

    Returns:
        string ragged tensor [B, (words)].
    """
    check_rule(rule)
    text = tf.strings.unicode_transcode(captions, "UTF-8", "UTF-8", errors="replace")
    text = _normal(text, fold=rule == "unicode")
    text = tf.strings.lower(text)
    if rule == "unicode":
        text = tf.strings.regex_replace(text, patterns().not_word, " ")
        text = tf.strings.regex_replace(text, patterns().unspaced, r" \1 ")
        text = tf.strings.regex_replace(text, patterns().stray, " ")
    else:
        for character, lower in _LOWER_TO_ASCII:
            text = tf.strings.regex_replace(text, character, lower)
        text = tf.strings.regex_replace(text, patterns().not_alphanumeric, " ")
        text = tf.strings.regex_replace(text, _NOT_ASCII, "")
    return tf.strings.split(text)


def _normal(text, fold):
    """The `normal_form` of texts; ASCII texts, which are the majority, are returned unchanged."""
    where = tf.where(~tf.strings.regex_full_match(text, _ASCII))

    def change():
        changed = normal_form(tf.gather_nd(text, where), fold)
        return tf.tensor_scatter_nd_update(text, where, changed)

    return tf.cond(tf.size(where) > 0, change, lambda: text)
