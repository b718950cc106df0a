"""Stacked text-to-image GANs: a picture and a discriminator a stage, trained beside a frozen DAMSM.

AttnGAN (arXiv 1711.10485) trains this way, and the systems that stand on it. Checked against
taoxugit/AttnGAN code/trainer.py (`condGANTrainer.train`).
"""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses import adversarial
from zoo.losses.damsm import damsm_losses
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.text_to_image import TextToImage
from zoo.networks.build import build, spec
from zoo.networks.image_encoder import make_image_encoder
from zoo.networks.stage_discriminator import StageDiscriminator


class StagedTextToImage(TextToImage):
    """The training of a stacked generator.

    A subclass writes `make_generator(name)`, an unbuilt generator, and calls `build_generators` at
    the end of its `__init__`; it may write another `make_discriminator`.

    Args:
        vocabulary, max_words, text_encoder, condition_dim: see `TextToImage`.
        stage_sizes: ints. Pixels of the stages, each twice the one before.
        discriminator_filters: int. Nd, channels of a discriminator's first block.
        image_encoder: dict. Arguments of `make_image_encoder`, the DAMSM's own.
        damsm_weight: float. lambda, the weight of the word and sentence losses of the last picture.
        single_image: bool. The official DCGAN variant: only the last picture, one discriminator, no
            unconditional term.
        **kwargs: see `ConditionalGAN` (`mode_seeking_weight`, `ema_decay`, `seed`, ...).
    """

    preset_network_names = ("text_encoder", "ema_generator")
    loss_names = (
        "discriminator_loss",
        "generator_loss",
        "adversarial_loss",
        "word_loss",
        "sentence_loss",
        "kl_loss",
        "mode_seeking",
        "image_distance",
        "latent_distance",
    )

    def __init__(
        self,
        vocabulary,
        stage_sizes,
        discriminator_filters,
        image_encoder=None,
        damsm_weight=5.0,
        single_image=False,
        **kwargs,
    ):
        super().__init__(vocabulary=vocabulary, **kwargs)
        self.stage_sizes = list(stage_sizes)
        self.discriminator_filters = discriminator_filters
        self.image_encoder_config = dict(image_encoder or {"kind": "inception_v3"})
        self.damsm_weight = damsm_weight
        self.single_image = single_image
        self.image_sizes = self.stage_sizes[-1:] if single_image else self.stage_sizes

    def base_config(self):
        return {
            **super().base_config(),
            "stage_sizes": self.stage_sizes,
            "discriminator_filters": self.discriminator_filters,
            "image_encoder": self.image_encoder_config,
            "damsm_weight": self.damsm_weight,
            "single_image": self.single_image,
        }

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        """A generator that takes and gives the dicts that `TextToImage` describes."""
        raise NotImplementedError

    def make_discriminator(self, size, name):
        """The discriminator of one stage."""
        unconditional = not self.single_image
        return StageDiscriminator(size, self.discriminator_filters, unconditional, name=name)

    def build_generators(self):
        """Makes `generator` and its moving average, equal to it."""
        features = self.text_encoder.features
        inputs = {
            "words": spec(2, self.max_words, features),
            "sentence": spec(2, features),
            "padding": spec(2, self.max_words, dtype="bool"),
            "latents": spec(2, self.latent_dim),
            "noise": spec(2, self.condition_dim),
        }
        self.generator = build(self.make_generator("generator"), inputs)
        self.ema_generator = build(self.make_generator("ema_generator"), inputs)
        self.ema_generator.trainable = False
        self.reset_average()

    @property
    def image_size(self):
        """Pixels of the pictures that `generate` gives."""
        return self.stage_sizes[-1]

    @property
    def discriminator_names(self):
        return [f"discriminator_{size}" for size in self.image_sizes]

    @property
    def network_names(self):
        return (
            "text_encoder",
            "generator",
            "ema_generator",
            "image_encoder",
            *self.discriminator_names,
        )

    @property
    def discriminators(self):
        return [getattr(self, name) for name in self.discriminator_names]

    def build_for_training(self):
        """Makes the discriminators and the image encoder; their weights are new."""
        if hasattr(self, "image_encoder"):
            return
        for name, size in zip(self.discriminator_names, self.image_sizes, strict=True):
            network = self.make_discriminator(size, name)
            build(network, spec(2, size, size, 3), spec(2, self.text_encoder.features))
            setattr(self, name, network)
        encoder = make_image_encoder(self.image_encoder_config, name="image_encoder")
        encoder.trainable = False
        self.image_encoder = build(encoder, spec(2, self.image_size, self.image_size, 3))

    def load_damsm(self, damsm):
        """Takes over both encoders of a trained `DAMSM`, given as one or as a preset's handle."""
        from zoo.models.damsm import DAMSM

        if not isinstance(damsm, DAMSM):
            damsm = DAMSM.from_preset(damsm)
        if list(damsm.vocabulary.tokens) != list(self.vocabulary.tokens):
            raise ZooError(
                f"The DAMSM has another vocabulary ({len(damsm.vocabulary)} tokens) than this "
                f"model ({len(self.vocabulary)}). Build the model with "
                "vocabulary=damsm.vocabulary.tokens."
            )
        self.build_for_training()
        for mine, trained in (
            (self.text_encoder, damsm.text_encoder),
            (self.image_encoder, damsm.image_encoder),
        ):
            shapes = [[tuple(v.shape) for v in network.variables] for network in (mine, trained)]
            if shapes[0] != shapes[1]:
                raise ZooError(
                    f"The DAMSM's {trained.name} has other sizes than this model's. Build the "
                    "model with text_encoder=damsm.text_encoder_config, "
                    "image_encoder=damsm.image_encoder_config."
                )
            for variable, value in zip(mine.variables, trained.variables, strict=True):
                variable.assign(value)

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
        `tokens` int (batch, max_words); `lengths` int (batch,); `labels` int (batch,).
        """
        batch = sort_by_length(batch)
        text = self.text_encoder(batch["tokens"], batch["lengths"])
        count = tf.shape(batch["tokens"])[0] * self.samples
        inputs = {key: tf.concat([value] * self.samples, axis=0) for key, value in text.items()}
        inputs["latents"] = self.draw("latents", count, self.latent_dim)
        inputs["noise"] = self.draw("condition", count, self.condition_dim)

        with tf.GradientTape() as generator_tape:
            outputs = self.generator(inputs, training=True)

        discriminator_losses = [
            self._discriminator_step(*networks_and_images, text["sentence"])
            for networks_and_images in zip(
                self.discriminators,
                batch["images"][-len(self.image_sizes) :],
                outputs["images"],
                strict=True,
            )
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

    def _discriminator_step(self, discriminator, real, fake, sentence):
        with tf.GradientTape() as tape:
            loss = self.discriminator_loss(
                discriminator,
                real,
                [tf.stop_gradient(f) for f in tf.split(fake, self.samples)],
                sentence,
            )
        self._update(
            f"{discriminator.name}_optimizer", tape, loss, discriminator.trainable_variables
        )
        return loss

    def discriminator_loss(self, discriminator, real, fakes, sentence):
        """Real, mismatched (each image with its neighbour's caption) and generated pairs."""
        real_features = discriminator(real, training=True)
        fake_features = [discriminator(fake, training=True) for fake in fakes]
        real_logits = discriminator.logits(real_features, sentence, training=True)
        fake_logits = [
            discriminator.logits(features, sentence, training=True) for features in fake_features
        ]
        wrong = discriminator.conditional_logits(real_features[:-1], sentence[1:], training=True)
        return adversarial.matching_aware_discriminator_loss(real_logits, wrong, fake_logits)

    def generator_losses(self, batch, text, inputs, outputs):
        """dict of the generator's terms; `generator_loss` is their weighted sum."""
        samples = self.samples
        halves = [tf.split(images, samples) for images in outputs["images"]]
        adversarial_loss = tf.add_n(
            [
                adversarial.generator_loss(
                    discriminator.logits(
                        discriminator(half, training=True), text["sentence"], training=True
                    )
                )
                for discriminator, images in zip(self.discriminators, halves, strict=True)
                for half in images
            ]
        )
        matching = [self._matching(half, batch, text) for half in halves[-1]]
        word_loss, sentence_loss = (
            tf.add_n([self.damsm_weight * terms[name] for terms in matching])
            for name in ("word_loss", "sentence_loss")
        )
        kl_loss = tf.add_n(
            [
                kl_to_standard_normal(mu, log_var)
                for mu, log_var in zip(
                    tf.split(outputs["mu"], samples),
                    tf.split(outputs["log_var"], samples),
                    strict=True,
                )
            ]
        )
        seeking = self.mode_seeking_term(outputs["images"][-1], inputs["latents"])
        total = adversarial_loss + word_loss + sentence_loss + kl_loss + seeking["mode_seeking"]
        return {
            "generator_loss": total,
            "adversarial_loss": adversarial_loss,
            "word_loss": word_loss,
            "sentence_loss": sentence_loss,
            "kl_loss": kl_loss,
            **seeking,
        }

    def _matching(self, images, batch, text):
        mask = tf.sequence_mask(batch["lengths"], tf.shape(batch["tokens"])[1])
        return damsm_losses(self.image_encoder(images, training=False), text, mask, batch["labels"])


def sort_by_length(batch):
    """The batch with the longest captions first, as the official loader gives it.

    The mismatched pairs of the discriminators are neighbours in this order.
    """
    order = tf.argsort(batch["lengths"], direction="DESCENDING", stable=True)
    return tf.nest.map_structure(lambda value: tf.gather(value, order), batch)
