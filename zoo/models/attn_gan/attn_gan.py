"""AttnGAN.

Paper: AttnGAN, arXiv 1711.10485. Checked against taoxugit/AttnGAN code/trainer.py
    (`condGANTrainer.train`) and code/miscc/losses.py.
Known deviations: each sample has its own word mask (`mask_tiling`), the EMA includes the batch
    statistics (`ema_statistics`), discriminators return logits.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError, check_choice
from zoo.losses import adversarial
from zoo.losses.damsm import damsm_losses
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.attn_gan.generator import AttnGANGenerator
from zoo.models.attn_gan.neighbors import neighbors_of
from zoo.models.base.batch_fields import captioned_images
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.models.damsm.damsm import check_reads_words, resolve_damsm, shared
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.image_encoder import make_image_encoder
from zoo.networks.stage_discriminator import StageDiscriminator


@keras.saving.register_keras_serializable("zoo")
class AttnGAN(ConditionalGAN):
    """Text to image with attention to words, guided by a frozen DAMSM.

    Args:
        vocabulary: sequence of str. The tokens, id 0 being `<end>` (padding).
        max_words: int. Maximum number of words read from a caption.
        text_encoder: dict. Arguments of `RNNTextEncoder`, equal to the DAMSM's, or `{"kind": "hub",
            ...}`; see `zoo.conditions.text_condition`.
        image_encoder: dict. Arguments of `make_image_encoder`, equal to the DAMSM's; None for the
            paper's Inception v3.
        stage_sizes: ints, each twice the previous one. Height and width of the stages in pixels:
            (64, 128, 256) in the paper; (16, 32, 64) suits small images.
        generator_filters: int. Ng, channels of the first image's features: 32 CUB, 48 COCO.
        discriminator_filters: int. Nd, channels of a discriminator's first block: 64 CUB, 96 COCO.
        residual_blocks: int. Residual blocks of a refinement stage: 2 CUB, 3 COCO.
        latent_dim: int. Size of the latent z ~ N(0, 1): 100.
        condition_dim: int. Size of the conditioning Gaussian: 100.
        damsm_weight: float. lambda of equation 3, the weight of the word and sentence losses of the
            last image: 5 CUB, 50 COCO. With 0 there is no image encoder, and only the text encoder
            of a DAMSM is used.
        mask_tiling: "per_sample" or "official", see `attend_words`.
        sample_reduction: "sum" or "mean". How the losses of the two samples of mode seeking are
            combined, in the generator's adversarial, DAMSM and KL terms and in the discriminators'
            terms of generated images. "sum" is MSGAN's; with "mean" the mode seeking term has twice
            the weight relative to the others.
        single_image: bool. The official DCGAN variant: only the last image, one discriminator, no
            unconditional term, with a `damsm_weight` of 1.
        mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed: see `ConditionalGAN`.

    Example:

    ```python
    model = zoo.from_preset("attn_gan_emoji_64")
    images = model.generate(["a red heart"], images_per_caption=4, seed=7)  # uint8 (4, 64, 64, 3)
    ```

    Reference:
        - [Xu et al., 2018](https://arxiv.org/abs/1711.10485)
    """

    task = "text-to-image"
    least_rows = 2  # a mismatched pair is an image with the caption of another one
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
        text_encoder=None,
        image_encoder=None,
        stage_sizes=(64, 128, 256),
        generator_filters=32,
        discriminator_filters=64,
        residual_blocks=2,
        latent_dim=100,
        condition_dim=100,
        damsm_weight=5.0,
        mask_tiling="per_sample",
        sample_reduction="sum",
        single_image=False,
        mode_seeking_weight=0.0,
        ema_decay=0.999,
        ema_statistics="average",
        ema_warmup=False,
        seed=0,
        **kwargs,
    ):
        check_choice("`sample_reduction`", sample_reduction, ("sum", "mean"))
        super().__init__(
            latent_dim=latent_dim,
            mode_seeking_weight=mode_seeking_weight,
            ema_decay=ema_decay,
            ema_statistics=ema_statistics,
            ema_warmup=ema_warmup,
            seed=seed,
            **kwargs,
        )
        self.condition = self.read_text(vocabulary, max_words, text_encoder)
        check_reads_words(self, self.condition)
        self.condition_dim = condition_dim
        self.image_encoder_config = dict(image_encoder or {"kind": "inception_v3"})
        self.stage_sizes = list(stage_sizes)
        self.generator_filters = generator_filters
        self.discriminator_filters = discriminator_filters
        self.residual_blocks = residual_blocks
        self.damsm_weight = damsm_weight
        self.mask_tiling = mask_tiling
        self.sample_reduction = sample_reduction
        self.single_image = single_image
        self.build_generators()

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        return AttnGANGenerator(
            **self.generator_settings(), single_image=self.single_image, name=name
        )

    def generator_settings(self):
        """The arguments that the generators of this family share."""
        return {
            "stage_sizes": self.stage_sizes,
            "filters": self.generator_filters,
            "residual_blocks": self.residual_blocks,
            "condition_dim": self.condition_dim,
            "mask_tiling": self.mask_tiling,
        }

    def make_discriminator(self, size, name):
        """The discriminator of `size` x `size` images."""
        unconditional = not self.single_image
        return StageDiscriminator(size, self.discriminator_filters, unconditional, name=name)

    @property
    def image_size(self):
        """Height and width in pixels of the images that `generate` returns."""
        return self.stage_sizes[-1]

    @property
    def image_sizes(self):
        """Heights and widths in pixels of the training images, with one discriminator each."""
        return self.stage_sizes[-1:] if self.single_image else self.stage_sizes

    @property
    def discriminator_names(self):
        return [f"discriminator_{size}" for size in self.image_sizes]

    @property
    def network_names(self):
        return (*super().network_names, "image_encoder")

    def build_training_networks(self):
        """Creates the discriminators and, with a `damsm_weight`, the image encoder."""
        for name, size in zip(self.discriminator_names, self.image_sizes, strict=True):
            if not hasattr(self, name):
                images = symbolic_input(2, size, size, 3)
                sentences = symbolic_input(2, self.condition.features)
                network = self.make_discriminator(size, name)
                setattr(self, name, build_on(network, images, sentences))
        if self.damsm_weight and not hasattr(self, "image_encoder"):
            encoder = make_image_encoder(self.image_encoder_config, name="image_encoder")
            encoder.trainable = False
            images = symbolic_input(2, self.image_size, self.image_size, 3)
            self.image_encoder = build_on(encoder, images)

    def load_damsm(self, damsm):
        """Copies the encoders of a trained `DAMSM`, given as an object or a preset's handle.

        Without a `damsm_weight` only the text encoder is copied.
        """
        damsm = resolve_damsm(damsm, self.vocabulary, self.hub_encoder)
        self.build_for_training()
        if self.condition.encoder is not None:
            damsm.copy_weights_to("text_encoder", self.text_encoder)
        elif _without_locations(damsm.text_encoder_config) != _without_locations(
            self.text_encoder_config
        ):
            raise ZooError(
                "The DAMSM reads captions with another text encoder than this model. Build the "
                "model with text_encoder=damsm.text_encoder_config."
            )
        if self.damsm_weight:
            damsm.copy_weights_to("image_encoder", self.image_encoder)

    # --- one iteration ----------------------------------------------------------------------------

    batch_fields = property(captioned_images)

    def training_step(self, batch):
        """One iteration in the official order: G once, each D, then G with the updated Ds.

        Args:
            batch: dict of `images`, float (batch, size, size, 3) in [-1, 1] per stage; `labels` int
                (batch,), equal where captions are interchangeable; the fields of `condition`.
        """
        batch = sort_by_length(batch)  # so that neighbors are the mismatched pairs
        text = self.condition.encode(batch)
        neighbors = neighbors_of(batch["lengths"], text["sentence"], self.negatives)

        # (1) Generate one image per caption, or two with mode seeking.
        inputs = self.training_inputs(text, tf.shape(batch["labels"])[0], **neighbors.order)
        with tf.GradientTape() as tape:
            outputs = self.generator(inputs, training=True)

        # (2) Update each discriminator on real, mismatched and generated pairs.
        fakes = [tf.stop_gradient(images) for images in outputs["images"]]
        discriminator_loss = tf.add_n([
            self.update_discriminator(stage, batch, text["sentence"], neighbors, fakes[stage])
            for stage in range(len(self.discriminators))
        ])

        # (3) Update the generator.
        with tape:
            losses = self.generator_losses(batch, text, inputs["latents"], outputs)
        variables = self.generator.trainable_variables
        self.apply_gradients("generator_optimizer", tape, losses["generator_loss"], variables)
        self.ema.update()
        return {"discriminator_loss": discriminator_loss, **losses}

    def update_discriminator(self, stage, batch, sentence, neighbors, fakes):
        """A step of one discriminator; returns its loss."""
        discriminator = self.discriminators[stage]
        real = batch["images"][-len(self.image_sizes) :][stage]
        with tf.GradientTape() as tape:
            loss = self.discriminator_loss(discriminator, real, sentence, neighbors, fakes)
        variables = discriminator.trainable_variables
        self.apply_gradients(f"{discriminator.name}_optimizer", tape, loss, variables)
        return loss

    # --- losses -----------------------------------------------------------------------------------

    def discriminator_loss(self, discriminator, real, sentence, neighbors, fakes):
        """Loss on real, mismatched (each image with its neighbor's caption) and generated pairs."""
        batches = [real, *self.split_samples(fakes)]
        features = discriminator.features_of_each(batches, training=True)
        mismatched = [(features[0][: neighbors.count], neighbors.sentence)]
        real_logits, *fake_logits, wrong = discriminator.logits_of_each(
            features, [sentence] * len(features), training=True, mismatched=mismatched
        )
        return adversarial.matching_aware_discriminator_loss(
            real_logits, wrong["conditional"], fake_logits, self.sample_reduction,
            neighbors.weight,
        )

    def generator_losses(self, batch, text, latents, outputs):
        """dict of the generator's weighted terms; `generator_loss` is their sum (equation 3)."""
        images = outputs["images"]
        adversarial_loss = self.over_samples(
            lambda *images: self.adversarial_loss(images, text["sentence"]), *images
        )
        word, sentence = self.over_samples(
            lambda last: self.damsm_losses(batch, text, last), images[-1]
        )
        kl = self.over_samples(kl_to_standard_normal, outputs["mu"], outputs["log_var"])
        seeking = self.mode_seeking_term(images[-1], latents)
        loss = adversarial_loss + self.damsm_weight * (word + sentence) + kl
        return {
            "generator_loss": loss + seeking["mode_seeking"],
            "adversarial_loss": adversarial_loss,
            "word_loss": self.damsm_weight * word,
            "sentence_loss": self.damsm_weight * sentence,
            "kl_loss": kl,
            **seeking,
        }

    def over_samples(self, loss, *values):
        """The sum or mean (`sample_reduction`) over the samples of one or several losses, computed
        on each sample's part of a doubled batch."""
        parts = zip(*map(self.split_samples, values), strict=True)
        losses = [loss(*part) for part in parts]
        scale = 1 / len(losses) if self.sample_reduction == "mean" else 1
        return tf.nest.map_structure(lambda *terms: scale * tf.add_n(terms), *losses)

    def adversarial_loss(self, images, sentence):
        """The generator's loss, summed over the stages; one image per caption and stage."""
        terms = []
        for discriminator, stage_images in zip(self.discriminators, images, strict=True):
            features = discriminator(stage_images, training=True)
            logits = discriminator.logits(features, sentence, training=True)
            terms.append(adversarial.generator_loss(logits))
        return tf.add_n(terms)

    def damsm_losses(self, batch, text, images):
        """The DAMSM's unweighted word and sentence losses of the last stage's images."""
        if not self.damsm_weight:
            return tf.zeros([], images.dtype), tf.zeros([], images.dtype)
        mask = tf.sequence_mask(batch["lengths"], tf.shape(text["words"])[1])
        features = self.image_encoder(images, training=False)
        matched = features, {name: text[name] for name in ("words", "sentence")}, mask
        losses = damsm_losses(*shared((*matched, batch["labels"]), self.negatives))
        return losses["word_loss"], losses["sentence_loss"]


def _without_locations(text_encoder):
    """The config of a fixed text encoder without the paths of its modules."""
    locations = ("preprocess", "encoder")
    return {name: value for name, value in text_encoder.items() if name not in locations}


def sort_by_length(batch):
    """The batch with the longest captions first, as in the official loader."""
    order = tf.argsort(batch["lengths"], direction="DESCENDING", stable=True)
    return tf.nest.map_structure(lambda value: tf.gather(value, order), batch)
