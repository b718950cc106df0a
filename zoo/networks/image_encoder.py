"""Image encoders that map an image into the embedding space of the text encoder.

Paper: AttnGAN, arXiv 1711.10485, section 3.2. `InceptionImageEncoder` is checked against
taoxugit/AttnGAN code/model.py `CNN_ENCODER`; `CompactImageEncoder` is this zoo's own, for small
images.
"""

import inspect

import keras
from keras import ops

from zoo.errors import ZooError, check_choice, nearest
from zoo.layers import initializers
from zoo.layers.stackgan_blocks import ConvLeakyReLU
from zoo.networks.backbones.frozen_trunk import FrozenTrunk
from zoo.networks.backbones.inception_v3 import InceptionV3
from zoo.networks.build import symbolic_input
from zoo.precision import at_least_float32_dtype


def _check_positive(name, value):
    if not isinstance(value, int) or value < 1:
        raise ZooError(
            f"`{name}` of an image encoder must be a positive integer, got {value!r}."
        )
    return value


class ImageEncoder(keras.layers.Layer):
    """Base class of the encoders: two linear projections on top of a trunk.

    `call(images, training=False)`: images float (batch, h, w, 3) in [-1, 1] -> dict of
        `regions` (batch, rows, columns, features), one vector per region of the image;
        `code` (batch, features), one vector per image;
    both at least float32.

    Subclasses implement `encode(images, training)` -> local features (batch, rows, columns, any)
    and pooled features (batch, any).
    """

    def __init__(self, features, **kwargs):
        super().__init__(autocast=False, **kwargs)  # images are resized in float32
        self.features = _check_positive("features", features)
        self.output_dtype = at_least_float32_dtype(self)

    def build(self, images_shape):
        local, pooled = self.encode(symbolic_input(None, *images_shape[1:]))
        rule = {"kernel_initializer": initializers.uniform(0.1), "dtype": self.output_dtype}
        self.emb_features = keras.layers.Conv2D(
            self.features, 1, use_bias=False, name="emb_features", **rule
        )
        self.emb_cnn_code = keras.layers.Dense(
            self.features,
            bias_initializer=initializers.uniform(pooled.shape[-1] ** -0.5),
            name="emb_cnn_code",
            **rule,
        )
        self.emb_features.build(local.shape)
        self.emb_cnn_code.build(pooled.shape)

    def call(self, images, training=False):
        local, pooled = self.encode(images, training=training)
        return {"regions": self.emb_features(local), "code": self.emb_cnn_code(pooled)}

    @property
    def projection_variables(self):
        """The variables of the two projections (of a built encoder)."""
        return self.emb_features.variables + self.emb_cnn_code.variables

    def get_config(self):
        return {**super().get_config(), "features": self.features}


@keras.saving.register_keras_serializable("zoo")
class InceptionImageEncoder(FrozenTrunk, ImageEncoder):
    """The paper's: a frozen Inception-v3 on 299x299 pixels; only the two projections are trained.

    The trunk's batch statistics drift during DAMSM training. The regions are 17x17 (after
    `Mixed_6e`); the code is computed from the mean of `Mixed_7c`.

    Args:
        features: int. Size of a region's vector and of the code (256).
        width_divisor: int. Divides all channels of the trunk; 1 is the real network.
        align_corners: bool. How images are resized to 299x299: True as in the PyTorch version with
            which the released weights were trained, False as in later versions by default.
    """

    size = 299

    def __init__(self, features=256, width_divisor=1, align_corners=True, **kwargs):
        super().__init__(features, **kwargs)
        self.width_divisor = _check_positive("width_divisor", width_divisor)
        self.align_corners = align_corners
        self.trunk = InceptionV3(width_divisor, name="trunk", dtype=self.dtype_policy)

    def build(self, images_shape):
        super().build((None, self.size, self.size, images_shape[-1]))
        self.trunk.trainable = False

    def encode(self, images, training=False):
        stages = self.trunk(self.resize(images), training=training)
        last = ops.cast(stages["Mixed_7c"], self.output_dtype)
        return stages["Mixed_6e"], ops.mean(last, axis=(1, 2))

    def get_config(self):
        return {**super().get_config(), "width_divisor": self.width_divisor}


class SmallImageEncoder(ImageEncoder):
    """Base class of the encoders of small images of one size, trained from scratch.

    Args:
        features: int. Size of a region's vector and of the code.
        filters: int. The width, see the subclass.
        image_size: int, a power of two of at least `least`: height and width of the images.
    """

    least = 16
    kind = ""  # the word in messages

    def __init__(self, features, filters, image_size, **kwargs):
        wrong = not isinstance(image_size, int) or image_size < self.least
        if wrong or image_size & (image_size - 1):
            raise ZooError(
                f"`image_size` of the {self.kind} image encoder must be a power of two of at least "
                f"{self.least}, got {image_size!r}."
            )
        super().__init__(features, **kwargs)
        self.filters = _check_positive("filters", filters)
        self.image_size = image_size

    def maps(self, images, training=False):
        """Maps of decreasing size, of which the last is pooled: list of (batch, n, n, channels)."""
        raise NotImplementedError

    def pooled(self, maps):
        """One vector per image from its `maps`, (batch, any)."""
        raise NotImplementedError

    def code_of(self, maps):
        """The `code` of the images of these `maps`, see `call`."""
        return self.emb_cnn_code(self.pooled(maps))

    def _block(self, name, filters, stride):
        return ConvLeakyReLU(filters, stride=stride, name=name, dtype=self.dtype_policy)

    def build(self, images_shape):
        if tuple(images_shape[1:3]) != (self.image_size, self.image_size):
            raise ZooError(
                f"This image encoder expects {self.image_size}x{self.image_size} images, got the "
                f"shape {tuple(images_shape)}. Set its `image_size` to the images' size."
            )
        super().build(images_shape)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "image_size": self.image_size}


@keras.saving.register_keras_serializable("zoo")
class CompactImageEncoder(SmallImageEncoder):
    """A small convolutional encoder for small images, trained from scratch.

    Stride-2 blocks lead to an 8x8 grid, a residual pair of 3x3 blocks enlarges a region's receptive
    field to 54x54 pixels of a 64x64 image, and two more stride-2 blocks lead to 2x2 vectors, whose
    concatenation gives the code, so that the code retains positions. 52 million multiply-adds per
    image with 64 pixels and 32 filters.

    Args:
        features: int. Size of a region's vector and of the code.
        filters: int. The grid has 4 x filters channels, blocks before it fewer, those after it
            8 x filters.
        image_size: int, a power of two of at least 16: height and width of the images.
    """

    kind = "compact"

    def __init__(self, features=256, filters=64, image_size=64, **kwargs):
        super().__init__(features, filters, image_size, **kwargs)
        downs = image_size.bit_length() - 4  # image_size / 2**downs == 8
        widths = [max(4 * filters >> i, filters // 2, 1) for i in reversed(range(downs))]
        self.local_blocks = [self._block(f"down_{i + 1}", f, 2) for i, f in enumerate(widths)]
        self.context_blocks = [self._block(f"context_{i + 1}", 4 * filters, 1) for i in range(2)]
        self.global_blocks = [
            self._block(f"down_{downs + i + 1}", 8 * filters, 2) for i in range(2)
        ]

    def maps(self, images, training=False):
        """Maps of 8x8 and 2x2 vectors, see `SmallImageEncoder.maps`."""
        x = _chain(self.local_blocks, images, training)  # (batch, 8, 8, 4 filters)
        x = x + _chain(self.context_blocks, x, training)
        return [x, _chain(self.global_blocks, x, training)]  # (batch, 2, 2, 8 filters)

    def pooled(self, maps):
        return ops.reshape(maps[-1], (-1, 2 * 2 * maps[-1].shape[-1]))

    def encode(self, images, training=False):
        maps = self.maps(images, training)
        return maps[0], self.pooled(maps)


@keras.saving.register_keras_serializable("zoo")
class ResidualImageEncoder(SmallImageEncoder):
    """A small residual network for images of 32 or more pixels, trained from scratch.

    Larger images are first reduced to 32x32 by stride-2 blocks. Three times, a stride-2 block is
    followed by a residual pair of 3x3 blocks; the last 4x4 vectors are averaged. 83 million
    multiply-adds per image with 32 filters. Unlike the code of `CompactImageEncoder`, this one
    does not retain positions.

    Args:
        features: int. Size of a region's vector and of the code.
        filters: int. Width at 32x32; 2, 4 and 8 times as many channels follow. Regions are 8x8.
        image_size: int, a power of two of at least 32: height and width of the images.
    """

    least = 32
    kind = "residual"

    def __init__(self, features=256, filters=32, image_size=32, **kwargs):
        super().__init__(features, filters, image_size, **kwargs)
        stem = max(image_size.bit_length() - 6, 0)  # image_size / 2**stem == 32
        self.stem_blocks = [
            self._block(f"stem_{i + 1}", filters, 2 if stem else 1) for i in range(max(stem, 1))
        ]
        self.down_blocks = [self._block(f"down_{i}", filters << i, 2) for i in (1, 2, 3)]
        self.pairs = [
            [self._block(f"pair_{i}_{j}", filters << i, 1) for j in (1, 2)] for i in (1, 2, 3)
        ]

    def maps(self, images, training=False):
        """Maps of 16x16, 8x8 and 4x4 vectors, see `SmallImageEncoder.maps`."""
        x, grids = _chain(self.stem_blocks, images, training), []
        for down, pair in zip(self.down_blocks, self.pairs, strict=True):
            x = down(x, training=training)
            x = x + _chain(pair, x, training)
            grids.append(x)
        return grids

    def pooled(self, maps):
        return ops.mean(ops.cast(maps[-1], self.output_dtype), axis=(1, 2))

    def encode(self, images, training=False):
        maps = self.maps(images, training)
        return maps[1], self.pooled(maps)


def _chain(blocks, x, training):
    for block in blocks:
        x = block(x, training=training)
    return x


KINDS = {
    "compact": CompactImageEncoder, "residual": ResidualImageEncoder,
    "inception_v3": InceptionImageEncoder,
}


def make_image_encoder(config, **kwargs):
    """The image encoder that a dict describes.

    Args:
        config: dict with "kind" ("compact", "residual" or "inception_v3") and any arguments of
            that class.
            "image_size" is allowed for all; Inception takes images of any size.
        **kwargs: `name`, `dtype`: arguments of every Keras layer.

    Raises:
        ZooError: the kind is missing or unknown, or does not have an argument.
    """
    options = dict(config)
    kind = options.pop("kind", None)
    check_choice('The "kind" of an image encoder', kind, sorted(KINDS))
    if kind == "inception_v3":
        options.pop("image_size", None)
    known = [*inspect.signature(KINDS[kind].__init__).parameters][1:-1]  # without self, **kwargs
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ZooError(
            f'The image encoder "{kind}" has no argument {unknown[0]!r}. It takes: '
            f"{', '.join(known)}." + nearest(unknown[0], known)
        )
    return KINDS[kind](**options, **kwargs)
