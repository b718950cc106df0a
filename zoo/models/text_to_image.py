"""Captions in, pictures out: what the text-to-image systems share."""

import warnings

import tensorflow as tf

from zoo.errors import WordsLeftOut
from zoo.models.base import noise
from zoo.models.base.conditional_gan import ConditionalGAN, row_seeds, to_uint8
from zoo.models.text_input import make_text_input
from zoo.networks.build import spec
from zoo.text.captions import caption_list
from zoo.text.vocabulary import Vocabulary


class TextToImage(ConditionalGAN):
    """A conditional GAN whose condition is a caption, read by a frozen recurrent text encoder.

    A subclass builds `generator` and `ema_generator`, networks that take a dict of the text
    encoder's outputs, `latents` and `noise`, and return a dict with `images` (lowest resolution
    first) and what else they show, such as `attention`.

    Args:
        vocabulary: sequence of str. The tokens, id 0 being "<end>" (padding).
        max_words: int. Words of a caption that are read; longer captions are cut to their first
            words.
        text_encoder: dict. Arguments of `RNNTextEncoder` (`features`, `embedding_dim`, `cell`). A
            system that reads only a sentence may also take `{"kind": "embeddings", "features":
            1024}`, sentence embeddings computed elsewhere in place of captions, or `{"kind":
            "none"}`, no condition. `{"kind": "hub", "preprocess": handle, "encoder": handle}`
            reads captions by a text encoder of TensorFlow Hub, such as BERT; `max_words` then
            counts word pieces (see `zoo.models.hub_captions`), and `vocabulary` is None.
        condition_dim: int. Size of the conditioning Gaussian.
        **kwargs: see `ConditionalGAN`.
    """

    def __init__(self, vocabulary, max_words, text_encoder=None, condition_dim=100, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = None if vocabulary is None else Vocabulary(vocabulary)
        self.max_words = max_words
        self.condition_dim = condition_dim
        self.text_encoder_config = dict(text_encoder or {})
        self.text_input = make_text_input(self.text_encoder_config, self.vocabulary, max_words)
        if self.text_input.encoder is not None:
            self.text_encoder = self.text_input.encoder
            self.text_encoder.trainable = False
        if self.text_encoder_config.get("kind") == "hub":
            # Under a name that is not among `network_names`: its weights are not stored.
            self.hub_encoder = self.text_input.hub_encoder
            self.text_encoder_config = self.text_input.config

    def call(self, inputs, training=False):
        """The generator (in training) or its moving average on the dict described above."""
        return (self.generator if training else self.generating)(inputs, training=training)

    @property
    def condition_fields(self):
        """Names of a batch's fields that say what to draw, such as ("tokens", "lengths")."""
        return tuple(self.text_input.fields)

    @property
    def network_names(self):
        return ("text_encoder", *super().network_names)

    @property
    def preset_network_names(self):
        return ("text_encoder", *super().preset_network_names)

    @property
    def generator_inputs(self):
        """The generator's inputs, as symbolic tensors."""
        return {
            **self.text_input.specs(),
            "latents": spec(2, self.latent_dim),
            "noise": spec(2, self.condition_dim),
        }

    def draw_inputs(self, text, batch_size):
        """The generator's inputs for a batch in training: the text once per sample, and new noise.

        Args:
            text: dict of tensors (batch_size, ...), what the text encoder gives.
            batch_size: int tensor.
        """
        rows = batch_size * self.samples
        return {
            **{name: tf.concat([value] * self.samples, axis=0) for name, value in text.items()},
            "latents": self.draw("latents", rows, self.latent_dim),
            "noise": self.draw("condition", rows, self.condition_dim),
        }

    def row_noise(self, seeds):
        """(latents (batch, latent_dim), conditioning noise (batch, condition_dim)) of row seeds."""
        drawn = noise.normal_from_seeds(seeds, self.latent_dim + self.condition_dim)
        return tf.split(drawn, [self.latent_dim, self.condition_dim], axis=1)

    def latents(self, seeds):
        return self.row_noise(seeds)[0]

    def sample(self, condition, seeds, noise_seeds=None, latents=None):
        """Pictures of conditions; a row depends on its own condition and seed alone.

        Args:
            condition: dict of the `condition_fields`: `tokens` int (batch, max_words), zero padded,
                and `lengths` int (batch,), or `sentence` float (batch, features), or nothing.
            seeds: int64 (batch,). Keys of the latents, and of the conditioning noise too.
            noise_seeds: int64 (batch,) or None. Other keys for the conditioning noise alone.
            latents: float (batch, latent_dim) or None. In place of those of `seeds`.

        Returns:
            The generator's dict: `images`, list of float (batch, size, size, 3) in [-1, 1], lowest
            resolution first; and more.
        """
        drawn, condition_noise = self.row_noise(seeds)
        latents = drawn if latents is None else latents
        if noise_seeds is not None:
            condition_noise = self.row_noise(noise_seeds)[1]
        text = self.text_input.encode(condition)
        return self({**text, "latents": latents, "noise": condition_noise}, training=False)

    def generate(
        self,
        captions=None,
        images_per_caption=1,
        seed=0,
        unknown="drop",
        batch_size=16,
        return_details=False,
        noise_seed=None,
    ):
        """Pictures of captions.

        Args:
            captions: str or list of str. Longer ones than `max_words` are cut to their first words.
                For a model of pre-computed sentence embeddings, float (captions, features); for one
                without condition, None.
            images_per_caption: int, at least 1. Picture k of a caption uses the row seed
                `seed + k`.
            seed: int, or a list of one int for each caption.
            unknown: "drop" leaves unknown words out; "unk" reads them as `<unk>`.
            batch_size: int. Pictures made at a time; the result does not depend on it.
            return_details: bool. Whether to return what the generator shows, too.
            noise_seed: like `seed`, or None. Key of the conditioning noise alone: rows of one
                caption with one `seed` and several `noise_seed`s show the Gaussian's spread.

        Returns:
            uint8 (captions * images_per_caption, size, size, 3), a caption's pictures in a row.
            With `return_details` also a dict of float32 arrays with a row for each picture, each of
            the last stage that has it: `mu`, `log_var` (rows, condition_dim), `attention` (rows, h,
            w, words) and a system's own (see its generator); and `tokens`, a list of the words read
            for each row.

        Warns:
            zoo.errors.WordsLeftOut: words or symbols of captions are not read; says which.

        Raises:
            ZooError: no captions, an empty caption, one with unknown words only, or not a string.
        """
        rows, words = self._read(captions, unknown)
        names = {"samples_name": "images_per_caption"}
        seeds = row_seeds(seed, len(words), images_per_caption, **names)
        noise_seeds = seeds
        if noise_seed is not None:
            noise_seeds = row_seeds(
                noise_seed, len(words), images_per_caption, name="noise_seed", **names
            )
        rows = self.picture_rows(rows, images_per_caption, seeds, noise_seeds=noise_seeds)
        made = self.generate_rows(rows, batch_size, only=None if return_details else ("images",))
        images = made.pop("images")
        if not return_details:
            return images
        read = [row for row in words for _ in range(images_per_caption)]
        return images, {**made, "tokens": read}

    def condition_rows(self, conditions, unknown="drop"):
        rows, words = self._read(conditions, unknown)
        return rows, len(words)

    def unread(self, captions, unknown="drop"):
        """What this model does not read of captions, as a text for people; "" where it is nothing.

        Args:
            captions, unknown: see `generate`.
        """
        words = self.text_input.read(captions, unknown)[1]
        return self._unread(captions, words, unknown)

    def _read(self, captions, unknown):
        rows, words = self.text_input.read(captions, unknown)
        if left_out := self._unread(captions, words, unknown):
            warnings.warn(left_out, WordsLeftOut, stacklevel=3)
        return rows, words

    def _unread(self, captions, words, unknown):
        tell = getattr(self.text_input, "unread", None)
        return tell(caption_list(captions), words, unknown) if tell else ""

    def picture_rows(self, conditions, samples, seeds, latents=None, noise_seeds=None):
        rows = super().picture_rows(conditions, samples, seeds, latents)
        return {**rows, "noise_seeds": seeds if noise_seeds is None else noise_seeds}

    def row_specs(self):
        seeds = tf.TensorSpec([None], tf.int64)
        return {**super().row_specs(), **self.text_input.fields, "noise_seeds": seeds}

    def rows_to_outputs(self, rows):
        outputs = self.sample(rows, rows["noise_seeds"], latents=rows["latents"])
        last = {n: v[-1] if isinstance(v, list) else v for n, v in outputs.items()}
        images = to_uint8(last.pop("images"))
        return {"images": images, **{n: tf.cast(v, tf.float32) for n, v in last.items()}}
