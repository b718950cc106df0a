"""In-memory word pieces of a source's captions, from which batches are selected."""

import dataclasses

import tensorflow as tf

from zoo.data.batches.caption_store import caption_parts
from zoo.data.batches.text_store import TextStore, caption_ranges

_CAPTIONS_AT_ONCE = 4096


@dataclasses.dataclass
class PieceStore(TextStore):
    """Word pieces of all captions.

    `pieces` int32 [all captions, tokens], zero padded, and `lengths` int32 [all captions]; `first`
    and `count` int64 per image, whose captions are `first` to `first + count - 1`.
    """

    pieces: tf.Tensor
    lengths: tf.Tensor
    first: tf.Tensor
    count: tf.Tensor

    @classmethod
    def make(cls, source, tokenizer):
        """The store of a source's captions.

        Args:
            tokenizer: has `tokenize`, see `zoo.text.HubTextEncoder`.
        """
        first, count = caption_ranges(source.captions)
        with tf.device("CPU:0"):
            parts = [tokenizer.tokenize(part) for part in caption_parts(source, _CAPTIONS_AT_ONCE)]
            return cls(
                pieces=tf.concat([part["pieces"] for part in parts], 0),
                lengths=tf.concat([part["lengths"] for part in parts], 0),
                first=tf.constant(first),
                count=tf.constant(count),
            )

    @tf.autograph.experimental.do_not_convert
    def fields(self, index, uniform, seed):
        """`pieces`, int32 [B, tokens], and `lengths`, int32 [B]; see `TextStore.fields`.

        `seed` has no effect: a long caption is always truncated to its first pieces.
        """
        chosen = self.chosen(index, uniform)
        return {
            "pieces": tf.gather(self.pieces, chosen), "lengths": tf.gather(self.lengths, chosen)
        }
