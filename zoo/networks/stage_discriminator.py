"""The discriminator of one image size of StackGAN++ and the AttnGAN family.

Checked against taoxugit/AttnGAN code/model.py (`D_NET64`, `D_NET128`, `D_NET256`, `D_GET_LOGITS`),
and the same of MinfengZhu/DM-GAN (spectral normalization) and hanzhanggit/StackGAN-v2.
Known deviations: heads return logits; the official code returns their sigmoid. StackGAN-v2 puts the
condition before the features; here it is always after them (the importer reorders weights).
"""

import keras
from keras import ops

from zoo.errors import ZooError
from zoo.layers import initializers
from zoo.layers.concat import concat_vector
from zoo.layers.stackgan_blocks import ConvLeakyReLU
from zoo.precision import at_least_float32_dtype


@keras.saving.register_keras_serializable("zoo")
class LogitHead(keras.layers.Layer):
    """4x4 features -> one logit; with a sentence, a joint 3x3 block comes first.

    `normalization` is the joint block's (see `ConvLeakyReLU`); the logit's convolution has none.

    Shapes: features (batch, 4, 4, c), sentence (batch, any) or None -> logits float32 (batch,).
    """

    def __init__(self, conditional, normalization="batch", **kwargs):
        super().__init__(**kwargs)
        self.conditional = conditional
        self.normalization = normalization
        self.logit = keras.layers.Conv2D(
            1,
            4,
            strides=4,
            padding="valid",
            kernel_initializer="orthogonal",
            name="logit",
            dtype=at_least_float32_dtype(self),
        )

    def build(self, features_shape):
        # the framework's default, kept by the authors
        limit = (4 * 4 * features_shape[-1]) ** -0.5
        self.logit.bias_initializer = initializers.uniform(limit)
        if self.conditional:
            self.joint = ConvLeakyReLU(
                features_shape[-1],
                normalization=self.normalization,
                name="joint",
                dtype=self.dtype_policy,
            )

    def call(self, features, sentence=None, training=False):
        if self.conditional:
            features = self.joint(concat_vector(features, sentence), training=training)
        return ops.reshape(self.logit(features), (-1,))

    def call_on_each(self, pairs, training=False):
        """The logits of several (features, sentence), as from separate calls in this order."""
        if not (self.conditional and self.built):
            return [self(*pair, training=training) for pair in pairs]
        joint = [concat_vector(features, sentence) for features, sentence in pairs]
        joint = self.joint.call_on_each(joint, training=training)
        return [ops.reshape(self.logit(features), (-1,)) for features in joint]

    def get_config(self):
        return {
            **super().get_config(),
            "conditional": self.conditional,
            "normalization": self.normalization,
        }


@keras.saving.register_keras_serializable("zoo")
class StageDiscriminator(keras.layers.Layer):
    """Images of one size -> 4x4 features -> an unconditional and a conditional logit.

    Stride-2 blocks lead from `image_size` to 4x4 and double the channels each time, starting with
    `filters`; above 64 pixels 3x3 blocks reduce them to 8 x filters. 64, 128 and 256 are the
    paper's; smaller sizes follow the same rule with fewer blocks.

    Args:
        image_size: int, a power of two of at least 8.
        filters: int. Channels of the first block (AttnGAN: 64 for CUB, 96 for COCO; StackGAN++ 64;
            DM-GAN 32).
        unconditional: bool. Whether the unconditional head exists.
        conditional: bool. Whether the conditional head exists.
        normalization: "batch": batch norm in all blocks but the first (StackGAN++, AttnGAN);
            "spectral": spectral normalization in all blocks (DM-GAN). Each call then also updates
            the singular vectors, see `SpectralConv2D`.

    `call(images)` returns the features (batch, 4, 4, c) of images float (batch, size, size, 3) in
    [-1, 1]; `logits(features, sentence)` a dict of `conditional` and `unconditional` (batch,), for
    the existing heads (without the conditional one, `sentence` may be None);
    `conditional_logits(features, sentence)` only the conditional ones. `features_of_each` and
    `logits_of_each` do the same for several batches, each normalized separately, in less time.

    Raises:
        ZooError: the image size is not a power of two, the normalization is unknown, or there is no
            head.
    """

    def __init__(
        self,
        image_size,
        filters,
        unconditional=True,
        conditional=True,
        normalization="batch",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if image_size < 8 or image_size & (image_size - 1):
            raise ZooError(
                f"`image_size` must be a power of two of at least 8, got {image_size}."
            )
        if not (unconditional or conditional):
            raise ZooError("A discriminator needs `unconditional`, `conditional` or both heads.")
        self.image_size = image_size
        self.filters = filters
        self.unconditional = unconditional
        self.conditional = conditional
        self.normalization = normalization
        num_downsamples = image_size.bit_length() - 3  # size / 2**num_downsamples == 4
        common = {"normalization": normalization, "dtype": self.dtype_policy}
        widths = [filters * 2**i for i in range(num_downsamples)]
        reductions = [filters * 2**i for i in range(num_downsamples - 2, 2, -1)]
        self.blocks = []
        for i, width in enumerate(widths):
            normalize = i > 0 or normalization == "spectral"
            name = f"down_{i + 1}"
            self.blocks.append(ConvLeakyReLU(width, 2, normalize, name=name, **common))
        for i, width in enumerate(reductions):
            self.blocks.append(ConvLeakyReLU(width, name=f"reduce_{i + 1}", **common))
        if conditional:
            self.conditional_head = LogitHead(True, name="conditional", **common)
        if unconditional:
            self.unconditional_head = LogitHead(False, name="unconditional", **common)

    def call(self, images, sentence=None, training=False):
        features = images
        for block in self.blocks:
            features = block(features, training=training)
        if sentence is not None or not (self.conditional or self.unconditional_head.built):
            self.logits(features, sentence)  # only to build the heads
        return features  # (batch, 4, 4, channels)

    def conditional_logits(self, features, sentence, training=False):
        return self.conditional_head(features, sentence, training=training)

    def logits(self, features, sentence=None, training=False):
        return self.logits_of_each([features], [sentence], training=training)[0]

    def features_of_each(self, batches, training=False):
        """list of the features of several batches of images."""
        for block in self.blocks:
            batches = block.call_on_each(batches, training=training)
        return batches

    def logits_of_each(self, features, sentences, training=False, mismatched=()):
        """list of the logits of several batches of features, each with its sentences.

        Args:
            features, sentences: lists of equal length.
            mismatched: list of further (features, sentence), for which only the conditional logits
                are computed.
        """
        logits = [{} for _ in range(len(features) + len(mismatched))]
        if self.conditional:
            pairs = [*zip(features, sentences, strict=True), *mismatched]
            found = self.conditional_head.call_on_each(pairs, training=training)
            for heads, values in zip(logits, found, strict=True):
                heads["conditional"] = values
        if self.unconditional:
            for heads, batch in zip(logits, features, strict=False):  # without the mismatched ones
                heads["unconditional"] = self.unconditional_head(batch, training=training)
        return logits

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "filters": self.filters,
            "unconditional": self.unconditional,
            "conditional": self.conditional,
            "normalization": self.normalization,
        }
