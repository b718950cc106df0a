"""In-memory token ids of a source's captions, from which batches are selected and truncated."""

import dataclasses

import tensorflow as tf

from zoo.data.batches.text_store import TextStore, caption_ranges
from zoo.errors import ZooError


def caption_parts(source, size=65536):
    """All captions of a source in order, as string tensors of at most `size` captions.

    Raises:
        ZooError: a caption that is not text.
    """
    captions = [caption for entry in source.captions for caption in entry]
    for caption in captions:
        try:
            caption.encode()
        except (UnicodeEncodeError, AttributeError):
            raise ZooError(
                f"The caption {caption!r:.80} is not text that UTF-8 can encode: correct it in the "
                "data set."
            ) from None
    return [tf.constant(captions[start : start + size]) for start in range(0, len(captions), size)]


@dataclasses.dataclass
class CaptionStore(TextStore):
    """Token ids of all captions, concatenated.

    `ids` int32, all words; `start` and `length` int64 per caption; `first` and `count` int64 per
    image, whose captions are `first` to `first + count - 1`.
    """

    ids: tf.Tensor
    start: tf.Tensor
    length: tf.Tensor
    first: tf.Tensor
    count: tf.Tensor
    longest: int
    width: int

    @classmethod
    def make(cls, source, tokenizer):
        first, counts = caption_ranges(source.captions)
        with tf.device("CPU:0"):
            ragged = tf.concat([tokenizer.ragged(part) for part in caption_parts(source)], 0)
            return cls(
                ids=tf.concat([ragged.flat_values, [0]], 0),
                start=ragged.row_starts(),
                length=ragged.row_lengths(),
                first=tf.constant(first),
                count=tf.constant(counts),
                longest=int(tf.reduce_max(ragged.row_lengths())),
                width=tokenizer.max_words,
            )

    @tf.autograph.experimental.do_not_convert
    def fields(self, index, uniform, seed):
        """`tokens`, int32 [B, width], and `lengths`, int32 [B]; see `TextStore.fields`."""
        chosen = self.chosen(index, uniform)
        tokens, lengths = self.cut(chosen, seed)
        return {"tokens": tf.ensure_shape(tokens, [index.shape[0], self.width]), "lengths": lengths}

    def cut(self, chosen, seed):
        """Tokens [B, width] and lengths [B]: a random subset of words in order, or the first ones.

        A caption without words has length 1, a single `<end>`, as in the tokenizer.
        """
        start = tf.gather(self.start, chosen)[:, None]
        length = tf.gather(self.length, chosen)[:, None]
        position = tf.range(self.width, dtype=tf.int64)[None, :]
        if seed is not None and self.longest > self.width:
            position = self._random_positions(length, seed)
        kept = tf.range(self.width, dtype=tf.int64)[None, :] < length
        where = tf.where(kept, start + position, tf.cast(tf.size(self.ids) - 1, tf.int64))
        lengths = tf.clip_by_value(length[:, 0], 1, self.width)
        return tf.gather(self.ids, where), tf.cast(lengths, tf.int32)

    def _random_positions(self, length, seed):
        """`width` of the first `length` positions in rising order; positions beyond come last."""
        keys = tf.random.stateless_uniform([tf.shape(length)[0], self.longest], seed, alg="philox")
        positions = tf.range(self.longest, dtype=tf.int64)[None, :]
        inside = positions < length
        everything = length <= self.width
        keys = tf.where(inside & ~everything, keys, tf.cast(positions, tf.float32) + 1.0)
        chosen = tf.argsort(keys, axis=1, stable=True)[:, : self.width]
        return tf.sort(tf.cast(chosen, tf.int64), axis=1)
