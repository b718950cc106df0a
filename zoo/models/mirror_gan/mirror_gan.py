"""MirrorGAN.

Paper: MirrorGAN, arXiv 1903.05854. Checked against qiaott/MirrorGAN trainer.py and miscc/losses.py,
    whose training step is AttnGAN's, and is therefore inherited here; the caption's reconstruction
    replaces the DAMSM's losses.
Known deviations: those of `AttnGAN`.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses.caption import caption_loss, check_reduction
from zoo.models.attn_gan.attn_gan import AttnGAN
from zoo.models.mirror_gan.generator import MirrorGANGenerator
from zoo.models.mirror_gan.stream import build_captioner, describe, resolve_stream
from zoo.precision import using_policy


@keras.saving.register_keras_serializable("zoo")
class MirrorGAN(AttnGAN):
    """Text to image, with a loss on how well a frozen captioner reconstructs the text.

    Args:
        vocabulary, max_words, text_encoder, image_encoder: see `AttnGAN`; here the text encoder is
            always a recurrent one with a vocabulary.
        captioner: dict. Arguments of `Captioner` (`kind`, `units`, `encoder`), equal to STREAM's.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small images.
        generator_filters: int. Ng: 32.
        discriminator_filters: int. Nd: 64.
        residual_blocks: int. 2.
        latent_dim, condition_dim: ints. 100 both.
        caption_weight: float. lambda, the weight of the caption loss of the last image: 10 in the
            released code, 20 in the paper, which are on different scales (`caption_reduction`).
        caption_reduction: "words", the code's mean over all words of a batch, or "captions", the
            paper's sum over a caption's words (see `caption_loss`).
        damsm_weight: float. Weight of AttnGAN's word and sentence losses; 0 in the code.
        describes: bool. Whether the captioner is created at once and stored in presets, so that a
            loaded model can `describe`; `load_stream` sets it to True.
        mask_tiling, sample_reduction: see `AttnGAN`.
        mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed: see `ConditionalGAN`.

    Reference:
        - [Qiao et al., 2019](https://arxiv.org/abs/1903.05854)
    """

    loss_names = (*AttnGAN.loss_names, "caption_loss")

    def __init__(
        self,
        vocabulary,
        max_words=18,
        text_encoder=None,
        image_encoder=None,
        captioner=None,
        stage_sizes=(64, 128, 256),
        generator_filters=32,
        discriminator_filters=64,
        residual_blocks=2,
        latent_dim=100,
        condition_dim=100,
        caption_weight=10.0,
        caption_reduction="words",
        damsm_weight=0.0,
        describes=False,
        mask_tiling="per_sample",
        sample_reduction="sum",
        mode_seeking_weight=0.0,
        ema_decay=0.999,
        ema_statistics="average",
        ema_warmup=False,
        seed=0,
        **kwargs,
    ):
        if vocabulary is None:
            raise ZooError(
                "MirrorGAN writes captions in the words that it reads: expected a vocabulary and a "
                f"recurrent text encoder, got no vocabulary and text_encoder={text_encoder!r}."
            )
        super().__init__(
            vocabulary,
            max_words,
            text_encoder,
            image_encoder,
            stage_sizes,
            generator_filters,
            discriminator_filters,
            residual_blocks,
            latent_dim,
            condition_dim,
            damsm_weight=damsm_weight,
            mask_tiling=mask_tiling,
            sample_reduction=sample_reduction,
            mode_seeking_weight=mode_seeking_weight,
            ema_decay=ema_decay,
            ema_statistics=ema_statistics,
            ema_warmup=ema_warmup,
            seed=seed,
            **kwargs,
        )
        self.captioner_config = dict(captioner or {})
        self.caption_weight = caption_weight
        self.caption_reduction = check_reduction(caption_reduction, "`caption_reduction`")
        self.describes = describes
        if describes:
            self.build_captioner()

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        return MirrorGANGenerator(**self.generator_settings(), name=name)

    @property
    def network_names(self):
        return (*super().network_names, "captioner")

    @property
    def preset_network_names(self):
        return (*super().preset_network_names, *(("captioner",) if self.describes else ()))

    def build_training_networks(self):
        """Creates AttnGAN's networks and the captioner."""
        super().build_training_networks()
        self.build_captioner()

    def build_captioner(self):
        if not hasattr(self, "captioner"):
            sizes = len(self.vocabulary), self.image_size, self.max_words
            with using_policy(self.dtype_policy):
                captioner = build_captioner(self.captioner_config, *sizes)
            captioner.trainable = False
            self.captioner = captioner

    def load_stream(self, stream):
        """Copies the captioner of a `CaptionPretraining`, given as an object or a handle."""
        stream = resolve_stream(stream, self.vocabulary)
        self.build_captioner()
        stream.copy_weights_to(self.captioner)
        self.describes = True

    # --- losses -----------------------------------------------------------------------------------

    def generator_losses(self, batch, text, latents, outputs):
        """AttnGAN's terms and the caption's reconstruction (equation 11)."""
        losses = super().generator_losses(batch, text, latents, outputs)
        caption = self.caption_weight * self.over_samples(
            lambda last: self.caption_loss(batch, last), outputs["images"][-1]
        )
        loss = losses["generator_loss"] + caption
        return {**losses, "generator_loss": loss, "caption_loss": caption}

    def caption_loss(self, batch, images):
        """The captioner's loss for each caption, given its image of the last stage."""
        tokens = batch["tokens"]
        mask = tf.sequence_mask(batch["lengths"], tf.shape(tokens)[1])
        logits = self.captioner(images, tokens, training=False)
        return caption_loss(logits, tokens, mask, self.caption_reduction, self.averaging)

    # --- generation -------------------------------------------------------------------------------

    def describe(self, images, batch_size=16):
        """The captioner's descriptions of images: list of str.

        Args:
            images: the output of `generate`, or any images (see `read_images`).
            batch_size: int. Images read at a time.

        Raises:
            ZooError: there is no captioner.
        """
        if not hasattr(self, "captioner"):
            raise ZooError(
                "This model has no captioning network yet: load one with load_stream(...)."
            )
        return describe(self, images, batch_size)

    def generate(self, conditions=None, *args, describe=False, **kwargs):
        """`AttnGAN.generate`; with `describe=True` also the captioner's description of each image.

        Returns:
            The images; with `describe` or `return_details` also the dict of details, where
            `describe` adds `descriptions`, a list of str, one per image.
        """
        if describe and not hasattr(self, "captioner"):
            self.describe([])  # raises before any image is generated
        result = super().generate(conditions, *args, **kwargs)
        if not describe:
            return result
        images, details = result if isinstance(result, tuple) else (result, {})
        return images, {**details, "descriptions": self.describe(images)}
