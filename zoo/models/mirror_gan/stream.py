"""STREAM: pre-training of the captioning network.

Paper: MirrorGAN, arXiv 1903.05854, section 3.3. The code of this step was not released; it follows
    the image captioning of yunjey/pytorch-tutorial, with the decoder of qiaott/MirrorGAN model.py.
Known deviations from that tutorial: images are in [-1, 1], as the GAN's are; no start token; the
    end of a caption is the padding token, learned once (`end_token`).
"""

import keras
import numpy as np
import tensorflow as tf

from zoo.conditions.described_images import DescribedImages
from zoo.errors import ZooError, check_choice
from zoo.images.convert import to_float
from zoo.images.read import read_images
from zoo.losses.caption import caption_loss, word_accuracy
from zoo.models.base.arguments import check
from zoo.models.base.batch_fields import Field, image_field, token_field
from zoo.models.base.system import System
from zoo.models.mirror_gan.captioner import Captioner
from zoo.networks.build import build_on, symbolic_input
from zoo.text.vocabulary import Vocabulary, check_has_words


@keras.saving.register_keras_serializable("zoo")
class CaptionPretraining(System):
    """The semantic text regeneration and alignment module (STREAM) on its own: an image captioner.

    Args:
        vocabulary: sequence of str. The tokens, id 0 being `<end>` (padding).
        max_words: int. Maximum number of words read from a caption, and written.
        image_size: int. Height and width of the training images in pixels.
        captioner: dict. Arguments of `Captioner` (`kind`, `units`, `encoder`).
        end_token: bool. Whether the end of a caption shorter than `max_words` is learned too;
            without it a description always has `max_words` words. MirrorGAN's own loss does not
            include the end.
        seed: int. Unused: training draws no noise.

    Reference:
        - [Qiao et al., 2019](https://arxiv.org/abs/1903.05854)
    """

    task = "image-captioning"
    network_names = ("captioner",)
    preset_network_names = network_names
    named_rows = {
        "captioner/decoder/embedding/embeddings": (0, 0),
        "captioner/decoder/linear/kernel": (1, 0),
        "captioner/decoder/linear/bias": (0, 0),
    }
    loss_names = ("loss", "accuracy")

    def __init__(
        self,
        vocabulary,
        max_words=18,
        image_size=256,
        captioner=None,
        end_token=True,
        seed=0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.vocabulary = Vocabulary(vocabulary)
        check_has_words(self.vocabulary)
        self.max_words = max_words
        self.image_size = image_size
        self.condition = DescribedImages(image_size)
        self.captioner_config = dict(captioner or {})
        self.end_token = end_token
        self.captioner = build_captioner(
            self.captioner_config, len(self.vocabulary), image_size, max_words
        )

    @property
    def image_sizes(self):
        return [self.image_size]

    @property
    def optimizer_groups(self):
        return {"optimizer": {"stream_optimizer": self.captioner.trainable_variables}}

    def call(self, inputs, training=False):
        """dict of `images`, `tokens` -> logits (batch, words, vocabulary)."""
        return self.captioner(inputs["images"][-1], inputs["tokens"], training=training)

    def losses(self, batch, training=False):
        """dict of `loss`, the mean cross-entropy of the words, each given the words before it, and
        `accuracy`, the share of words that have the highest probability."""
        words = tf.shape(batch["tokens"])[1]
        mask = tf.sequence_mask(batch["lengths"] + int(self.end_token), words)
        logits = self(batch, training=training)
        return {
            "loss": caption_loss(logits, batch["tokens"], mask),
            "accuracy": word_accuracy(logits, batch["tokens"], mask),
        }

    @property
    def batch_fields(self):
        return {"images": (image_field(self.image_size),), "tokens": token_field(self),
                "lengths": Field((None,), "int")}

    def training_step(self, batch):
        """One step of the optimizer on the loss."""
        with tf.GradientTape() as tape:
            losses = self.losses(batch, training=True)
        variables = self.captioner.trainable_variables
        self.apply_gradients("stream_optimizer", tape, losses["loss"], variables)
        return losses

    def copy_weights_to(self, captioner):
        """Copies the weights into another system's `Captioner`; ZooError if the sizes differ."""
        weights = self.captioner.get_weights()
        if [w.shape for w in weights] != [tuple(v.shape) for v in captioner.weights]:
            raise ZooError(
                "The captioner has other sizes than this model's. Build the model with "
                "captioner=stream.captioner_config, for images of the same size."
            )
        captioner.set_weights(weights)

    def describe(self, images, batch_size=16):
        """Descriptions of images: list of str. Arguments: see `describe`."""
        return describe(self, images, batch_size)


def build_captioner(config, vocabulary_size, image_size, max_words):
    """A built `Captioner`; the encoder of a compact one gets the image size.

    Raises:
        ZooError: the config has an unknown key, or its encoder does.
    """
    for key in config:
        check_choice("A key of `captioner`", key, ("kind", "units", "encoder"))
    if config.get("kind") == "compact":
        config = {**config, "encoder": {"image_size": image_size, **(config.get("encoder") or {})}}
    captioner = Captioner(vocabulary_size, **config, name="captioner")
    images = symbolic_input(2, image_size, image_size, 3)
    return build_on(captioner, images, symbolic_input(2, max_words, dtype="int32"))


def resolve_stream(stream, vocabulary):
    """The `CaptionPretraining` that an object or a preset's handle gives.

    Raises:
        ZooError: its vocabulary differs.
    """
    if not isinstance(stream, CaptionPretraining):
        stream = CaptionPretraining.from_preset(stream)
    if list(stream.vocabulary.tokens) != list(vocabulary.tokens):
        raise ZooError(
            f"The captioning network has another vocabulary ({len(stream.vocabulary)} tokens) than "
            f"this model ({len(vocabulary)}). Train both on the same captions."
        )
    return stream


def describe(system, images, batch_size=16):
    """The captions that a system's `captioner` gives to images.

    Args:
        system: has `captioner`, `vocabulary`, `image_size`, `max_words`.
        images: see `zoo.images.read.read_images`; such as the output of `generate`.
        batch_size: int. Images read at a time.

    Returns:
        list of str, one caption per image, decoded greedily up to `<end>` or `max_words` words.
    """
    images = to_float(read_images(images, system.image_size, 3))
    check(type(system).__name__, "batch_size", batch_size, default=16)
    parts = [images[i : i + batch_size] for i in range(0, len(images), batch_size)]
    rows = [np.asarray(system.captioner.describe(part, system.max_words)) for part in parts]
    return [_read(row, system.vocabulary) for row in np.concatenate(rows)]


def _read(tokens, vocabulary):
    """The words before the first padding token."""
    ends = np.flatnonzero(tokens == 0)
    last = ends[0] if len(ends) else len(tokens)
    return " ".join(vocabulary.tokens[token] for token in tokens[:last])
