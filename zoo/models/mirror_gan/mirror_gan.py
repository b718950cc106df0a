"""MirrorGAN.

Paper: MirrorGAN, arXiv 1903.05854. Checked against qiaott/MirrorGAN trainer.py and miscc/losses.py;
    the training step is that of `StagedTextToImage`, the losses those of `DamsmGuided` with the
    caption's reconstruction in the place of the DAMSM's.
Known deviations: padding masks are each sample's own (`mask_tiling`), the moving average follows
    the batch statistics too (`ema_statistics`), discriminators give logits.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses.caption import caption_loss, check_reduction
from zoo.models.damsm_guided import DamsmGuided
from zoo.models.mirror_gan.generator import MirrorGANGenerator
from zoo.models.mirror_gan.stream import build_captioner, describe, open_stream


@keras.saving.register_keras_serializable("zoo")
class MirrorGAN(DamsmGuided):
    """Text to image whose pictures a frozen captioning network must describe by the same text.

    Args:
        vocabulary, max_words, text_encoder, condition_dim: see `TextToImage`.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small pictures.
        generator_filters: int. Ng: 32.
        discriminator_filters: int. Nd: 64.
        residual_blocks: int. 2.
        latent_dim: int. 100.
        captioner: dict. Arguments of `Captioner` (`kind`, `units`, `encoder`), STREAM's own.
        caption_weight: float. lambda, the weight of the caption loss of the last picture: 10 in the
            released code, 20 in the paper, which are on different scales (`caption_reduction`).
        caption_reduction: "words", the code's mean over all words of a batch, or "captions", the
            paper's sum over a caption's words (see `caption_loss`).
        damsm_weight: float. Weight of AttnGAN's word and sentence losses; 0 in the code.
        describes: bool. Whether the captioner is there at once and presets hold it, so that a
            loaded model can `describe`; `load_stream` makes it True.
        **kwargs: see `DamsmGuided` (`mask_tiling`, `image_encoder`, `sample_reduction`) and
            `ConditionalGAN` (`mode_seeking_weight`, `ema_decay`, `seed`, ...).

    Reference:
        - [Qiao et al., 2019](https://arxiv.org/abs/1903.05854)
    """

    loss_names = (
        "discriminator_loss",
        "generator_loss",
        "adversarial_loss",
        "caption_loss",
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
        generator_filters=32,
        discriminator_filters=64,
        captioner=None,
        caption_weight=10.0,
        caption_reduction="words",
        damsm_weight=0.0,
        describes=False,
        **kwargs,
    ):
        super().__init__(
            vocabulary=vocabulary,
            generator_filters=generator_filters,
            discriminator_filters=discriminator_filters,
            damsm_weight=damsm_weight,
            **kwargs,
        )
        if self.vocabulary is None:
            raise ZooError(
                "MirrorGAN tells captions in the words that it reads, so it needs a vocabulary and "
                f"a recurrent text encoder. Received: text_encoder={self.text_encoder_config!r}."
            )
        self.captioner_config = dict(captioner or {})
        self.caption_weight = caption_weight
        self.caption_reduction = check_reduction(caption_reduction)
        self.describes = describes
        self.build_generators()
        if describes:
            self.build_captioner()

    def get_config(self):
        return {
            **self.base_config(),
            "captioner": self.captioner_config,
            "caption_weight": self.caption_weight,
            "caption_reduction": self.caption_reduction,
            "describes": self.describes,
        }

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        return MirrorGANGenerator(**self.generator_settings(), name=name)

    @property
    def network_names(self):
        return (*super().network_names, "captioner")

    @property
    def preset_network_names(self):
        return (*super().preset_network_names, *(("captioner",) if self.describes else ()))

    def build_for_training(self):
        """Makes the captioner too; its weights are new."""
        super().build_for_training()
        self.build_captioner()

    def build_captioner(self):
        if not hasattr(self, "captioner"):
            captioner = build_captioner(
                self.captioner_config, len(self.vocabulary), self.image_size, self.max_words
            )
            captioner.trainable = False
            self.captioner = captioner

    def load_stream(self, stream):
        """Takes over the captioner of a trained `Stream`, given as one or as a preset's handle."""
        stream = open_stream(stream, self.vocabulary)
        self.build_captioner()
        stream.give(self.captioner)
        self.describes = True

    # --- losses -----------------------------------------------------------------------------------

    def sample_losses(self, batch, text, outputs):
        losses, tokens = super().sample_losses(batch, text, outputs), batch["tokens"]
        mask = tf.sequence_mask(batch["lengths"], tf.shape(tokens)[1])
        logits = self.captioner(outputs["images"][-1], tokens, training=False)
        loss = caption_loss(logits, tokens, mask, self.caption_reduction)
        return {**losses, "caption_loss": self.caption_weight * loss}

    # --- generation -------------------------------------------------------------------------------

    def describe(self, images, batch_size=16):
        """What pictures show, told by the captioner: list of str.

        Args:
            images: what `generate` gives, or any pictures (see `read_pictures`).
            batch_size: int. Pictures read at a time.

        Raises:
            ZooError: there is no captioner.
        """
        if not hasattr(self, "captioner"):
            raise ZooError(
                "This model has no captioning network yet: give it one with load_stream(...)."
            )
        return describe(self, images, batch_size)

    def generate(self, captions=None, *args, describe=False, **kwargs):
        """`TextToImage.generate`; with `describe=True` also what the captioner reads back.

        Returns:
            The pictures; with `describe` or `return_details` also the dict of details, where
            `describe` adds `descriptions`, a list of str, one a picture.
        """
        if describe and not hasattr(self, "captioner"):
            self.describe([])  # says what is missing, before any picture is made
        made = super().generate(captions, *args, **kwargs)
        if not describe:
            return made
        images, details = made if isinstance(made, tuple) else (made, {})
        return images, {**details, "descriptions": self.describe(images)}
