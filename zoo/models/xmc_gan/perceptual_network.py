"""The frozen networks in whose features XMC-GAN compares a generated image with the real one.

Paper: XMC-GAN, arXiv 2101.04702, section 4.1 (VGG). Checked against
    google-research/xmcgan_image_generation xmcgan/utils/resnet_v1.py and pretrained_model_utils.py
    (ResNet-50). As in the code there is no ReLU after the stem of that network, its images are
    not standardized, and its features are the logits.
Known deviation: the paper does not say which layer of VGG it uses; here it is the mean of the last.
"""

import keras
from keras import ops

from zoo.errors import ZooError, check_choice, nearest
from zoo.images.matrix_resize import resize_bilinear
from zoo.layers.batch_normalization import BatchNormalization
from zoo.networks.backbones.resnet import BLOCKS, EXPANSION
from zoo.precision import at_least_float32, at_least_float32_dtype

SIZE = 224
RESNET_OPTIONS = ("blocks", "filters", "classes")  # arguments of `ResNetLogits`


def resize(images, size=SIZE):
    """Bilinear, half-pixel centers, anti-aliased when downsampling; (batch, h, w, c)."""
    return resize_bilinear(images, size, size, antialias=True)


@keras.saving.register_keras_serializable("zoo")
class ResNetLogits(keras.layers.Layer):
    """The code's ResNet with bottleneck blocks; its layers are keyed by their official names.

    Args:
        blocks: ints. Blocks of each stage; ResNet-50 by default.
        filters: int. Channels of the stem; 64 is the real network.
        classes: int.

    Shapes: float (batch, h, w, 3) in [-1, 1] -> (batch, classes), at least float32.
    """

    def __init__(self, blocks=BLOCKS[50], filters=64, classes=1000, **kwargs):
        super().__init__(autocast=False, **kwargs)  # images are resized in float32
        self.blocks = list(blocks)
        self.filters = filters
        self.classes = classes
        self.parts = {}
        """Layer by its official name, such as `stage1/block1/conv1`."""
        self._unit("init_conv", "init_bn", filters, 7, 2)
        for i, j in self._positions():
            width, stride = filters * 2**i, 2 if i and not j else 1
            sizes = [(width, 1, 1), (width, 3, stride), (EXPANSION * width, 1, 1)]
            block = f"stage{i + 1}/block{j + 1}"
            for k, size in enumerate(sizes, 1):
                self._unit(f"{block}/conv{k}", f"{block}/bn{k}", *size)
            if not j:
                self._unit(f"{block}/proj_conv", f"{block}/proj_bn", *sizes[2][:2], stride)
        dtype = at_least_float32_dtype(self)
        self.parts["head"] = keras.layers.Dense(classes, name="head", dtype=dtype)

    def _positions(self):
        return [(i, j) for i, count in enumerate(self.blocks) for j in range(count)]

    def _unit(self, conv, norm, filters, size, stride):
        policy = self.dtype_policy
        self.parts[conv] = keras.layers.Conv2D(
            filters,
            size,
            stride,
            padding="same",
            use_bias=False,
            name=conv.replace("/", "_"),
            dtype=policy,
        )
        self.parts[norm] = BatchNormalization(name=norm.replace("/", "_"), dtype=policy)

    def _run(self, conv, norm, x):
        return self.parts[norm](self.parts[conv](x), training=False)

    def maps(self, images):
        """The last stage's features: (batch, 7, 7, 32 filters)."""
        x = (resize(ops.convert_to_tensor(images)) + 1) / 2
        x = ops.max_pool(self._run("init_conv", "init_bn", x), 3, strides=2, padding="same")
        for i, j in self._positions():
            block = f"stage{i + 1}/block{j + 1}"
            y = ops.relu(self._run(f"{block}/conv1", f"{block}/bn1", x))
            y = ops.relu(self._run(f"{block}/conv2", f"{block}/bn2", y))
            y = self._run(f"{block}/conv3", f"{block}/bn3", y)
            if not j:
                x = self._run(f"{block}/proj_conv", f"{block}/proj_bn", x)
            x = ops.relu(x + y)
        return x

    def call(self, images):
        return self.parts["head"](ops.mean(at_least_float32(self.maps(images)), axis=(1, 2)))

    def get_config(self):
        config = {"blocks": self.blocks, "filters": self.filters, "classes": self.classes}
        return {**super().get_config(), **config}


APPLICATIONS = {
    "vgg19": ("VGG19", {"include_top": False, "pooling": "avg"}),
    "keras_resnet50": ("ResNet50", {"classifier_activation": None}),
}


@keras.saving.register_keras_serializable("zoo")
class ApplicationFeatures(keras.layers.Layer):
    """A network of Keras Applications on 224x224 pixels, with the preprocessing it was trained on.

    Args:
        network: "vgg19", the mean of its last feature maps (512), or "keras_resnet50", its logits
            (1000).

    Shapes: float (batch, h, w, 3) in [-1, 1] -> (batch, features), at least float32.
    """

    def __init__(self, network="vgg19", **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.network = network

    def build(self, images_shape):
        self.trunk = self._make(None)

    def _make(self, weights):
        name, settings = APPLICATIONS[self.network]
        make = getattr(keras.applications, name)
        return make(weights=weights, input_shape=(SIZE, SIZE, 3), **settings)

    def load(self, weights="imagenet"):
        """Loads weights: "imagenet", which Keras downloads, or the path of such a file.

        Raises:
            ZooError: the weights cannot be downloaded or read.
        """
        try:
            values = self._make(weights).get_weights()
        except Exception as error:  # the download fails, or the file is missing or another one
            raise ZooError(
                f"The weights {weights!r} of {self.network} cannot be loaded: {error} Give "
                '"imagenet" or the path of a weights file of Keras Applications.'
            ) from None
        self.trunk.set_weights(values)

    def call(self, images):
        x = (resize(at_least_float32(images)) + 1) * 127.5
        x = ops.flip(x, axis=-1) - ops.cast([103.939, 116.779, 123.68], x.dtype)  # means of B, G, R
        return at_least_float32(self.trunk(x, training=False))

    def get_config(self):
        return {**super().get_config(), "network": self.network}


def make_image_network(config, **kwargs):
    """The network that a dict describes; ZooError if its kind or an option is unknown.

    Args:
        config: dict with "kind": "resnet50", with any arguments of `ResNetLogits`, or a key of
            `APPLICATIONS`.
        **kwargs: `name`, `dtype`.
    """
    options = dict(config)
    kind = options.pop("kind", None)
    if kind == "resnet50":
        for option in options:
            check_choice('An option of the image network "resnet50"', option, RESNET_OPTIONS)
        return ResNetLogits(**options, **kwargs)
    if kind in APPLICATIONS and not options:
        return ApplicationFeatures(kind, **kwargs)
    kinds = ("resnet50", *APPLICATIONS)
    raise ZooError(
        f'The "kind" of an image network must be one of {", ".join(kinds)}, and only the first has '
        f"other options, got {config!r}." + nearest(kind, kinds)
    )
