"""Stacked text-to-image GANs that are trained beside a frozen DAMSM.

AttnGAN (arXiv 1711.10485) trains this way, and the systems that stand on it. Checked against
taoxugit/AttnGAN code/trainer.py (`condGANTrainer.train`) and code/miscc/losses.py.
"""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses import adversarial
from zoo.losses.damsm import damsm_losses
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.damsm.damsm import open_damsm
from zoo.models.staged_text_to_image import StagedTextToImage
from zoo.networks.build import build, spec
from zoo.networks.image_encoder import make_image_encoder


class DamsmGuided(StagedTextToImage):
    """The losses of the AttnGAN family; a subclass gives generator and discriminators.

    Args:
        vocabulary, max_words, text_encoder, condition_dim: see `TextToImage`.
        stage_sizes, generator_filters, discriminator_filters, residual_blocks: see
            `StagedTextToImage`.
        mask_tiling: see `attend_words`.
        image_encoder: dict. Arguments of `make_image_encoder`, the DAMSM's own.
        damsm_weight: float. lambda, the weight of the word and sentence losses of the last picture.
            0: no image encoder is made, and a DAMSM gives its text encoder alone.
        sample_reduction: "sum" or "mean". How the losses of the two samples of mode seeking are
            joined, in the generator's adversarial, DAMSM and KL terms and in the discriminators'
            terms of generated pictures. "sum" is MSGAN's; with "mean" the mode seeking term weighs
            twice as much against the rest.
        **kwargs: see `ConditionalGAN` (`mode_seeking_weight`, `ema_decay`, `seed`, ...).
    """

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
        max_words=18,
        stage_sizes=(64, 128, 256),
        residual_blocks=2,
        latent_dim=100,
        mask_tiling="per_sample",
        image_encoder=None,
        damsm_weight=5.0,
        sample_reduction="sum",
        **kwargs,
    ):
        super().__init__(
            vocabulary=vocabulary,
            max_words=max_words,
            stage_sizes=stage_sizes,
            residual_blocks=residual_blocks,
            latent_dim=latent_dim,
            **kwargs,
        )
        if sample_reduction not in ("sum", "mean"):
            raise ZooError(
                f'`sample_reduction` must be "sum" or "mean". Received: {sample_reduction!r}'
            )
        self.mask_tiling = mask_tiling
        self.image_encoder_config = dict(image_encoder or {"kind": "inception_v3"})
        self.damsm_weight = damsm_weight
        self.sample_reduction = sample_reduction

    def base_config(self):
        return {
            **super().base_config(),
            "mask_tiling": self.mask_tiling,
            "image_encoder": self.image_encoder_config,
            "damsm_weight": self.damsm_weight,
            "sample_reduction": self.sample_reduction,
        }

    # --- networks ---------------------------------------------------------------------------------

    def generator_settings(self):
        return {**super().generator_settings(), "mask_tiling": self.mask_tiling}

    @property
    def network_names(self):
        return (*super().network_names, "image_encoder")

    def build_for_training(self):
        """Makes the discriminators and, if it has a weight, the image encoder; weights are new."""
        super().build_for_training()
        if self.damsm_weight and not hasattr(self, "image_encoder"):
            encoder = make_image_encoder(self.image_encoder_config, name="image_encoder")
            encoder.trainable = False
            self.image_encoder = build(encoder, spec(2, self.image_size, self.image_size, 3))

    def load_damsm(self, damsm):
        """Takes over the encoders of a trained `DAMSM`, given as one or as a preset's handle.

        Without a `damsm_weight` its text encoder alone.
        """
        damsm = open_damsm(damsm, self.vocabulary, self.hub_encoder)
        self.build_for_training()
        if self.text_input.encoder is not None:
            damsm.give("text_encoder", self.text_encoder)
        elif _reading(damsm.text_encoder_config) != _reading(self.text_encoder_config):
            raise ZooError(
                "The DAMSM reads captions with another text encoder than this model. Build the "
                "model with text_encoder=damsm.text_encoder_config."
            )
        if self.damsm_weight:
            damsm.give("image_encoder", self.image_encoder)

    # --- losses -----------------------------------------------------------------------------------

    def prepare(self, batch):
        return sort_by_length(batch)

    def discriminator_loss(self, stage, batch, text, outputs):
        """Real, mismatched (each image with its neighbour's caption) and generated pairs."""
        discriminator, sentence = self.discriminators[stage], text["sentence"]
        real = batch["images"][-len(self.image_sizes) :][stage]
        real_features = discriminator(real, training=True)
        fake_features = [
            discriminator(fake, training=True) for fake in self.halves(outputs["images"][stage])
        ]
        real_logits = discriminator.logits(real_features, sentence, training=True)
        fake_logits = [
            discriminator.logits(features, sentence, training=True) for features in fake_features
        ]
        wrong = discriminator.conditional_logits(real_features[:-1], sentence[1:], training=True)
        return adversarial.matching_aware_discriminator_loss(
            real_logits, wrong, fake_logits, self.sample_reduction
        )

    def generator_losses(self, batch, text, inputs, outputs):
        samples = [
            self.sample_losses(batch, text, sample)
            for sample in self._samples_of({k: outputs[k] for k in ("images", "mu", "log_var")})
        ]
        scale = 1 / len(samples) if self.sample_reduction == "mean" else 1
        losses = {name: scale * tf.add_n([s[name] for s in samples]) for name in samples[0]}
        seeking = self.mode_seeking_term(outputs["images"][-1], inputs["latents"])
        total = tf.add_n([*losses.values(), seeking["mode_seeking"]])
        return {"generator_loss": total, **losses, **seeking}

    def _samples_of(self, outputs):
        """The generator's dict of a doubled batch as one dict for each sample."""
        parts = [self.halves(value) for value in tf.nest.flatten(outputs)]
        return [tf.nest.pack_sequence_as(outputs, sample) for sample in zip(*parts, strict=True)]

    def sample_losses(self, batch, text, outputs):
        """dict of the weighted terms of one sample of each caption, to be summed.

        `outputs`: the generator's `images`, `mu` and `log_var` of that sample.
        """
        fake_logits = [
            discriminator.logits(
                discriminator(images, training=True), text["sentence"], training=True
            )
            for discriminator, images in zip(self.discriminators, outputs["images"], strict=True)
        ]
        return {
            "adversarial_loss": tf.add_n([adversarial.generator_loss(f) for f in fake_logits]),
            **self.matching_losses(batch, text, outputs["images"][-1]),
            "kl_loss": kl_to_standard_normal(outputs["mu"], outputs["log_var"]),
        }

    def matching_losses(self, batch, text, images):
        """The DAMSM's `word_loss` and `sentence_loss` of the last pictures, weighted."""
        if not self.damsm_weight:
            zero = tf.zeros([], images.dtype)
            return {"word_loss": zero, "sentence_loss": zero}
        mask = tf.sequence_mask(batch["lengths"], tf.shape(text["words"])[1])
        image_features = self.image_encoder(images, training=False)
        losses = damsm_losses(image_features, text, mask, batch["labels"])
        return {name: self.damsm_weight * losses[name] for name in ("word_loss", "sentence_loss")}


def _reading(text_encoder):
    """What decides how a fixed text encoder reads: all of its config but where its modules lie."""
    places = ("preprocess", "encoder")
    return {name: value for name, value in text_encoder.items() if name not in places}


def sort_by_length(batch):
    """The batch with the longest captions first, as the official loader gives it.

    The mismatched pairs of the discriminators are neighbours in this order.
    """
    order = tf.argsort(batch["lengths"], direction="DESCENDING", stable=True)
    return tf.nest.map_structure(lambda value: tf.gather(value, order), batch)
