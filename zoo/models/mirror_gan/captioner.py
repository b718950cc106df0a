"""The captioning network of MirrorGAN: a recurrent language model started by an image's vector.

Paper: MirrorGAN, arXiv 1903.05854, section 3.3 (STREAM). Checked against qiaott/MirrorGAN model.py
    (`CAPTION_CNN`, `CAPTION_RNN`). `CompactCaptionEncoder` is this zoo's own, for small images.
As in the code there is no start token: the image's vector is the first input, followed by the
    words.
"""

import inspect

import keras
from keras import ops

from zoo.errors import ZooError, check_choice, nearest
from zoo.layers import initializers
from zoo.layers.batch_normalization import BatchNormalization
from zoo.layers.lstm_cell import LSTMCell
from zoo.layers.pointwise_dense import PointwiseDense
from zoo.layers.stackgan_blocks import ConvLeakyReLU
from zoo.networks.backbones.frozen_trunk import FrozenTrunk
from zoo.networks.backbones.resnet import BLOCKS, ResNet
from zoo.precision import at_least_float32_dtype


class CaptionEncoder(keras.layers.Layer):
    """Base class of the encoders: pooled features -> linear -> batch norm.

    `call(images, training=False)`: float (batch, h, w, 3) in [-1, 1] -> (batch, features), at least
    float32. Subclasses implement `pool(images, training)` -> (batch, any).

    Args:
        features: int. Size of an image's vector (256).
    """

    def __init__(self, features=256, **kwargs):
        super().__init__(autocast=False, **kwargs)  # images are resized in float32
        self.features = features
        self.output_dtype = at_least_float32_dtype(self)
        self.linear = keras.layers.Dense(
            features,
            kernel_initializer=initializers.normal(0.02),
            name="linear",
            dtype=self.output_dtype,
        )
        self.norm = BatchNormalization(momentum=0.99, name="norm", dtype=self.output_dtype)

    def call(self, images, training=False):
        pooled = self.pool(images, training=training)
        return self.norm(self.linear(pooled), training=training)

    def get_config(self):
        return {**super().get_config(), "features": self.features}


@keras.saving.register_keras_serializable("zoo")
class ResNetCaptionEncoder(FrozenTrunk, CaptionEncoder):
    """The paper's: a frozen ResNet-152 on 224x224 pixels; only linear map and batch norm are
    trained.

    Args:
        features: int. Size of an image's vector.
        blocks: ints. Blocks of the stages; ResNet-152 by default.
        filters: int. Channels of the stem; 64 is the real network.
        align_corners: bool. How images are resized to 224x224: False as in current versions of
            PyTorch, True as in the version that the official code was written for.
    """

    size = 224

    def __init__(
        self, features=256, blocks=BLOCKS[152], filters=64, align_corners=False, **kwargs
    ):
        super().__init__(features, **kwargs)
        self.blocks = list(blocks)
        self.filters = filters
        self.align_corners = align_corners
        self.trunk = ResNet(blocks, filters, name="trunk", dtype=self.dtype_policy)
        self.trunk.trainable = False

    def pool(self, images, training=False):
        last = self.trunk(self.resize(images), training=training)["stage_4"]
        return ops.mean(ops.cast(last, self.output_dtype), axis=(1, 2))

    def get_config(self):
        return {**super().get_config(), "blocks": self.blocks, "filters": self.filters}


@keras.saving.register_keras_serializable("zoo")
class CompactCaptionEncoder(CaptionEncoder):
    """Stride-2 blocks down to 4x4 vectors, which are concatenated; trained from scratch.

    Args:
        features: int. Size of an image's vector.
        filters: int. Channels of the first block, doubled by each later one up to 8 x filters.
        image_size: int, a power of two of at least 8: height and width of the images.
    """

    def __init__(self, features=256, filters=32, image_size=64, **kwargs):
        if not isinstance(image_size, int) or image_size < 8 or image_size & (image_size - 1):
            raise ZooError(
                "`image_size` of the compact caption encoder must be a power of two of at least 8, "
                f"got {image_size!r}."
            )
        super().__init__(features, **kwargs)
        self.filters = filters
        self.image_size = image_size
        self.blocks = [
            ConvLeakyReLU(filters * min(2**i, 8), 2, name=f"down_{i + 1}", dtype=self.dtype_policy)
            for i in range(image_size.bit_length() - 3)
        ]

    def build(self, images_shape):
        if tuple(images_shape[1:3]) != (self.image_size, self.image_size):
            raise ZooError(
                f"This caption encoder expects {self.image_size}x{self.image_size} images, got the "
                f"shape {tuple(images_shape)}. Set its `image_size` to the images' size."
            )

    def pool(self, images, training=False):
        x = images
        for block in self.blocks:
            x = block(x, training=training)
        return ops.cast(ops.reshape(x, (-1, 16 * x.shape[-1])), self.output_dtype)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "image_size": self.image_size}


@keras.saving.register_keras_serializable("zoo")
class CaptionDecoder(keras.layers.Layer):
    """An image's vector, then words -> the logits of each next word; one LSTM layer.

    Args:
        vocabulary_size: int.
        units: int. Size of the LSTM (512).

    Inputs: features (batch, any), also the size of a word's embedding; tokens int (batch, words).

    Returns logits (batch, words, vocabulary_size); those of word t depend on earlier words only.
    """

    def __init__(self, vocabulary_size, units=512, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units

    def build(self, features_shape, tokens_shape=None):
        rule, policy = initializers.uniform(0.1), self.dtype_policy
        self.embedding = keras.layers.Embedding(
            self.vocabulary_size, features_shape[-1], rule, name="embedding", dtype=policy
        )
        limits = {
            f"{part}_initializer": initializers.uniform(self.units**-0.5)
            for part in ("kernel", "recurrent", "bias")
        }
        cell = LSTMCell(self.units, unit_forget_bias=False, name="cell", dtype=policy, **limits)
        self.rnn = keras.layers.RNN(cell, return_sequences=True, name="rnn", dtype=policy)
        self.linear = PointwiseDense(
            self.vocabulary_size, kernel_initializer=rule, name="linear", dtype=policy
        )

    def call(self, features, tokens):
        words = self.embedding(tokens[:, :-1])
        return self.linear(self.rnn(ops.concatenate([features[:, None], words], axis=1)))

    def decode(self, features, steps):
        """Greedy decoding: int (batch, steps)."""
        states = self.rnn.cell.get_initial_state(ops.shape(features)[0])
        tokens, x = [], features
        for _ in range(steps):
            x, states = self.rnn.cell(x, states)
            tokens.append(ops.argmax(self.linear(x), axis=-1))
            x = self.embedding(tokens[-1])
        return ops.stack(tokens, axis=1)

    def get_config(self):
        config = {"vocabulary_size": self.vocabulary_size, "units": self.units}
        return {**super().get_config(), **config}


ENCODERS = {"compact": CompactCaptionEncoder, "resnet": ResNetCaptionEncoder}


@keras.saving.register_keras_serializable("zoo")
class Captioner(keras.layers.Layer):
    """Images and the words so far -> the logits of the next word (see `CaptionDecoder`).

    Args:
        vocabulary_size: int.
        kind: "resnet" or "compact", the image encoder.
        units: int. Size of the LSTM.
        encoder: dict. The other arguments of `ResNetCaptionEncoder` or `CompactCaptionEncoder`.

    Shapes: images float (batch, h, w, 3) in [-1, 1], tokens int (batch, words) -> logits (batch,
        words, vocabulary_size), at least float32.

    Raises:
        ZooError: the kind is unknown, or does not have an argument.
    """

    def __init__(self, vocabulary_size, kind="resnet", units=512, encoder=None, **kwargs):
        super().__init__(autocast=False, **kwargs)
        check_choice('The "kind" of a captioner', kind, sorted(ENCODERS))
        self.vocabulary_size = vocabulary_size
        self.kind = kind
        self.units = units
        self.encoder_config = dict(encoder or {})
        known = [*inspect.signature(ENCODERS[kind].__init__).parameters][1:-1]
        for option in self.encoder_config:
            if option not in known:
                raise ZooError(
                    f'The encoder of a captioner of kind "{kind}" has no argument {option!r}. It '
                    f"takes: {', '.join(known)}." + nearest(option, known)
                )
        self.encoder = ENCODERS[kind](
            **self.encoder_config, name="encoder", dtype=self.dtype_policy
        )
        self.decoder = CaptionDecoder(
            vocabulary_size, units, name="decoder", dtype=self.encoder.output_dtype
        )

    def call(self, images, tokens, training=False):
        return self.decoder(self.encoder(images, training=training), tokens)

    def describe(self, images, steps):
        """Tokens of the captions, decoded greedily: int (batch, steps)."""
        return self.decoder.decode(self.encoder(images), steps)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "kind": self.kind,
            "units": self.units,
            "encoder": self.encoder_config,
        }
