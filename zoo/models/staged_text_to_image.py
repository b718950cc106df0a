"""Stacked text-to-image GANs: a picture and a discriminator for each stage.

StackGAN++ (arXiv 1710.10916) trains this way, and so do AttnGAN and the systems that stand on it.
Checked against hanzhanggit/StackGAN-v2 trainer.py and taoxugit/AttnGAN code/trainer.py (`train`).
"""

import tensorflow as tf

from zoo.models.text_to_image import TextToImage
from zoo.networks.build import build, spec
from zoo.networks.stage_discriminator import StageDiscriminator


class StagedTextToImage(TextToImage):
    """The networks of a stacked GAN, and the order of one iteration.

    A subclass writes `make_generator(name)`, an unbuilt generator, `discriminator_loss` and
    `generator_losses`, and calls `build_generators` at the end of its `__init__`.

    Args:
        vocabulary, max_words, text_encoder, condition_dim: see `TextToImage`.
        stage_sizes: ints. Pixels of the stages, each twice the one before.
        generator_filters: int. Ng, channels of the first picture's features.
        discriminator_filters: int. Nd, channels of a discriminator's first block.
        residual_blocks: int. Residual blocks of a refinement stage.
        **kwargs: see `ConditionalGAN` (`mode_seeking_weight`, `ema_decay`, `seed`, ...).
    """

    def __init__(
        self,
        vocabulary,
        stage_sizes,
        generator_filters,
        discriminator_filters,
        residual_blocks,
        **kwargs,
    ):
        super().__init__(vocabulary=vocabulary, **kwargs)
        self.stage_sizes = list(stage_sizes)
        self.generator_filters = generator_filters
        self.discriminator_filters = discriminator_filters
        self.residual_blocks = residual_blocks

    def base_config(self):
        return {
            **super().base_config(),
            "stage_sizes": self.stage_sizes,
            "generator_filters": self.generator_filters,
            "discriminator_filters": self.discriminator_filters,
            "residual_blocks": self.residual_blocks,
        }

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        """A generator that takes and gives the dicts that `TextToImage` describes."""
        raise NotImplementedError

    def generator_settings(self):
        """The arguments that every `StagedGenerator` takes."""
        return {
            "stage_sizes": self.stage_sizes,
            "filters": self.generator_filters,
            "residual_blocks": self.residual_blocks,
            "condition_dim": self.condition_dim,
        }

    def make_discriminator(self, size, name):
        """The discriminator of one stage."""
        return StageDiscriminator(size, self.discriminator_filters, name=name)

    def build_generators(self):
        """Makes `generator` and its moving average, equal to it."""
        inputs = {
            **self.text_input.specs(),
            "latents": spec(2, self.latent_dim),
            "noise": spec(2, self.condition_dim),
        }
        self.generator = build(self.make_generator("generator"), inputs)
        if self.averages:
            self.ema_generator = build(self.make_generator("ema_generator"), inputs)
            self.ema_generator.trainable = False
            self.reset_average()

    @property
    def image_size(self):
        """Pixels of the pictures that `generate` gives."""
        return self.stage_sizes[-1]

    @property
    def image_sizes(self):
        """Pixels of the pictures that are trained on, one discriminator each."""
        return self.stage_sizes

    @property
    def discriminator_names(self):
        return [f"discriminator_{size}" for size in self.image_sizes]

    @property
    def network_names(self):
        return ("text_encoder", "generator", "ema_generator", *self.discriminator_names)

    @property
    def preset_network_names(self):
        return ("text_encoder", self.generating.name)

    @property
    def discriminators(self):
        return [getattr(self, name) for name in self.discriminator_names]

    @property
    def discriminator_condition_dim(self):
        """Size of the condition that the discriminators see: the sentence."""
        return self.text_input.features

    def build_for_training(self):
        """Makes the discriminators; their weights are new."""
        for name, size in zip(self.discriminator_names, self.image_sizes, strict=True):
            if not hasattr(self, name):
                network = self.make_discriminator(size, name)
                build(network, spec(2, size, size, 3), spec(2, self.discriminator_condition_dim))
                setattr(self, name, network)

    @property
    def optimizer_groups(self):
        return {
            "generator_optimizer": {"generator_optimizer": self.generator.trainable_variables},
            "discriminator_optimizer": {
                f"{name}_optimizer": getattr(self, name).trainable_variables
                for name in self.discriminator_names
            },
        }

    # --- one iteration ----------------------------------------------------------------------------

    def training_step(self, batch):
        """One iteration in the official order: G once, each D, then G with the updated Ds.

        `batch` is a dict: `images`, float (batch, size, size, 3) in [-1, 1] for each stage;
        `labels` int (batch,); the `condition_fields`; and what a system adds.
        """
        batch = self.prepare(batch)
        text = self.text_input.encode(batch)
        count = tf.shape(batch["labels"])[0] * self.samples
        inputs = {key: tf.concat([value] * self.samples, axis=0) for key, value in text.items()}
        inputs["latents"] = self.draw("latents", count, self.latent_dim)
        inputs["noise"] = self.draw("condition", count, self.condition_dim)

        with tf.GradientTape() as generator_tape:
            outputs = self.generator(inputs, training=True)

        fixed = tf.nest.map_structure(tf.stop_gradient, outputs)
        discriminator_losses = [
            self._discriminator_step(stage, batch, text, fixed)
            for stage in range(len(self.discriminators))
        ]
        with generator_tape:
            losses = self.generator_losses(batch, text, inputs, outputs)
        self._update(
            "generator_optimizer",
            generator_tape,
            losses["generator_loss"],
            self.generator.trainable_variables,
        )
        self.update_average()
        return {"discriminator_loss": tf.add_n(discriminator_losses), **losses}

    def prepare(self, batch):
        """The batch as the losses need it."""
        return batch

    def _discriminator_step(self, stage, batch, text, outputs):
        discriminator = self.discriminators[stage]
        with tf.GradientTape() as tape:
            loss = self.discriminator_loss(stage, batch, text, outputs)
        self._update(
            f"{discriminator.name}_optimizer", tape, loss, discriminator.trainable_variables
        )
        return loss

    def discriminator_loss(self, stage, batch, text, outputs):
        """Loss of the discriminator `stage`; `outputs` is the generator's dict, held fixed."""
        raise NotImplementedError

    def generator_losses(self, batch, text, inputs, outputs):
        """dict of the generator's terms; `generator_loss` is their weighted sum."""
        raise NotImplementedError

    def halves(self, value):
        """A doubled batch as its samples: a list of one, or with mode seeking two, tensors."""
        return tf.split(value, self.samples)
