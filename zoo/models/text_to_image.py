"""Captions in, pictures out: what the text-to-image systems share."""

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import ZooError
from zoo.models import noise
from zoo.models.conditional_gan import ConditionalGAN
from zoo.networks.build import build, spec
from zoo.networks.text_encoder import RNNTextEncoder
from zoo.text.tokenizer import CaptionTokenizer
from zoo.text.vocabulary import Vocabulary
from zoo.text.words import check_captions


def to_uint8(images):
    """[-1, 1] to 0...255: round((x + 1) * 127.5), clipped; the one place where this is done."""
    return tf.cast(tf.round(tf.clip_by_value((images + 1.0) * 127.5, 0.0, 255.0)), tf.uint8)


class TextToImage(ConditionalGAN):
    """A conditional GAN whose condition is a caption, read by a frozen recurrent text encoder.

    A subclass builds `generator` and `ema_generator`, networks that take a dict of `words`,
    `sentence`, `padding`, `latents`, `noise` and return a dict with `images` (lowest resolution
    first), `attention`.

    Args:
        vocabulary: sequence of str. The tokens, id 0 being "<end>" (padding).
        max_words: int. Words of a caption that are read; longer captions are cut to their first
            words.
        text_encoder: dict. Arguments of `RNNTextEncoder` (`features`, `embedding_dim`, `cell`).
        condition_dim: int. Size of the conditioning Gaussian.
        **kwargs: see `ConditionalGAN`.
    """

    def __init__(self, vocabulary, max_words, text_encoder=None, condition_dim=100, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = Vocabulary(vocabulary)
        self.max_words = max_words
        self.condition_dim = condition_dim
        self.text_encoder_config = dict(text_encoder or {})
        self.text_encoder = build_text_encoder(
            self.text_encoder_config, len(self.vocabulary), max_words
        )
        self.text_encoder.trainable = False
        self._tokenize = {}

    def base_config(self):
        return {
            **super().base_config(),
            "vocabulary": list(self.vocabulary.tokens),
            "max_words": self.max_words,
            "text_encoder": self.text_encoder_config,
            "condition_dim": self.condition_dim,
        }

    def call(self, inputs, training=False):
        """The generator (in training) or its moving average on the dict described above."""
        return (self.generator if training else self.ema_generator)(inputs, training=training)

    def sample(self, tokens, lengths, seeds):
        """Pictures of token rows; a row depends on its own tokens and seed alone.

        Args:
            tokens: int (batch, max_words), zero padded.
            lengths: int (batch,).
            seeds: int64 (batch,).

        Returns:
            The generator's dict: `images`, list of float (batch, size, size, 3) in [-1, 1], lowest
            resolution first; `attention`, list of (batch, h, w, max_words); and more.
        """
        text = self.text_encoder(tokens, lengths)
        drawn = noise.normal_from_seeds(seeds, self.latent_dim + self.condition_dim)
        latents, condition_noise = tf.split(drawn, [self.latent_dim, self.condition_dim], axis=1)
        return self({**text, "latents": latents, "noise": condition_noise}, training=False)

    def generate(
        self,
        captions,
        images_per_caption=1,
        seed=0,
        unknown="drop",
        batch_size=16,
        return_attention=False,
    ):
        """Pictures of captions.

        Args:
            captions: str or list of str. Longer ones than `max_words` are cut to their first words.
            images_per_caption: int, at least 1. Picture k of a caption uses the row seed
                `seed + k`.
            seed: int, or a list of one int for each caption.
            unknown: "drop" leaves unknown words out; "unk" reads them as `<unk>`.
            batch_size: int. Pictures made at a time; the result does not depend on it.
            return_attention: bool. Whether to return the last attention maps too.

        Returns:
            uint8 (captions * images_per_caption, size, size, 3), a caption's pictures in a row.
            With `return_attention` also a dict: `attention` float32 (rows, h, w, words), `tokens`,
            a list of the words read for each row.

        Raises:
            ZooError: no captions, an empty caption, one with unknown words only, or not a string.
        """
        captions = check_captions(captions, self.vocabulary, unknown=unknown)
        seeds = _row_seeds(seed, len(captions), images_per_caption)
        tokenized = self._tokenize_rows(tf.constant(captions), unknown)
        tokens = np.repeat(tokenized["tokens"].numpy(), images_per_caption, axis=0)
        lengths = np.repeat(tokenized["lengths"].numpy(), images_per_caption)
        images, attention = [], []
        for start in range(0, len(seeds), batch_size):
            rows = slice(start, start + batch_size)
            outputs = self._generate_rows(tokens[rows], lengths[rows], seeds[rows])
            images.append(outputs["images"].numpy())
            attention.append(outputs["attention"].numpy() if return_attention else None)
        images = np.concatenate(images)
        if not return_attention:
            return images
        read = [
            [self.vocabulary.tokens[t] for t in row[:length]]
            for row, length in zip(tokens, lengths, strict=True)
        ]
        return images, {"attention": np.concatenate(attention), "tokens": read}

    def _tokenize_rows(self, captions, unknown):
        if unknown not in self._tokenize:  # a graph: ten times as fast as the operations one by one
            tokenizer = CaptionTokenizer(self.vocabulary, self.max_words, unknown=unknown)
            signature = [tf.TensorSpec([None], tf.string)]
            self._tokenize[unknown] = tf.function(
                tokenizer.__call__, input_signature=signature, autograph=False
            )
        return self._tokenize[unknown](captions)

    def _generate_rows(self, tokens, lengths, seeds):
        if not hasattr(self, "_row_function"):
            self._row_function = tf.function(
                self._rows,
                autograph=False,
                input_signature=[
                    tf.TensorSpec([None, self.max_words], tf.int32),
                    tf.TensorSpec([None], tf.int32),
                    tf.TensorSpec([None], tf.int64),
                ],
            )
        return self._row_function(tokens, lengths, seeds)

    def _rows(self, tokens, lengths, seeds):
        outputs = self.sample(tokens, lengths, seeds)
        return {
            "images": to_uint8(outputs["images"][-1]),
            "attention": tf.cast(outputs["attention"][-1], tf.float32),
        }


def build_text_encoder(config, vocabulary_size, max_words):
    """An `RNNTextEncoder` in float32 with its variables made."""
    dtype = None if keras.config.floatx() == "float64" else "float32"
    encoder = RNNTextEncoder(
        vocabulary_size=vocabulary_size, **config, name="text_encoder", dtype=dtype
    )
    return build(encoder, spec(2, max_words, dtype="int32"), spec(2, dtype="int32"))


def _row_seeds(seed, captions, images_per_caption):
    if not isinstance(images_per_caption, int | np.integer) or images_per_caption < 1:
        raise ZooError(
            f"images_per_caption must be an integer from 1 on, got {images_per_caption!r}."
        )
    seeds = np.asarray(seed)
    if seeds.dtype.kind not in "iu" or seeds.shape not in ((), (captions,)):
        raise ZooError(
            "seed must be an integer, or a list of one integer for each of the "
            f"{captions} captions, got {seed!r}."
        )
    first = np.broadcast_to(seeds.astype(np.int64), (captions,))
    return (first[:, None] + np.arange(images_per_caption)[None]).reshape(-1)
