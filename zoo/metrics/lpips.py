"""LPIPS: a distance of images in the features of a classifier.

Paper: Zhang et al., arXiv 1801.03924, equation 1. Checked against richzhang/PerceptualSimilarity
lpips/lpips.py (`LPIPS`, `ScalingLayer`, `normalize_tensor`, `upsample`), versions 0.0 and 0.1.
The features come from `zoo.networks.backbones.perceptual_trunk` with torchvision's ImageNet
weights, the weights of the channels from the official files `lin{k}.model.1.weight`. Trunk,
version, range and size of the images, and which pairs are taken, belong to a reported number:
images in [0, 1] where [-1, 1] is meant are the most usual mistake.
Protocols: BicycleGAN: 100 inputs, 20 samples each, the 19 pairs of neighbours, version 0.0. MSGAN:
random pairs of the samples of one input, version 0.1.
Known deviations: none beyond rounding; all is float64.
"""

import numpy as np

from zoo.errors import ZooError, check_choice
from zoo.images.arrays import to_signed
from zoo.metrics.arrays import real_numbers
from zoo.metrics.bilinear import resize

VERSIONS = ("0.0", "0.1")
_SHIFT = np.array([-0.030, -0.088, -0.188])
_SCALE = np.array([0.458, 0.448, 0.450])


def trunk_input(images, version="0.1", value_range=None):
    """Pictures as the trunk of a version takes them.

    0.1 brings [-1, 1] to ImageNet's mean 0 and deviation 1; 0.0 leaves images as they are, a
    mistake that its channel weights were fitted with.

    Args:
        images: float (batch, h, w, 3) in [-1, 1].
        version: "0.1" or "0.0".
        value_range: (-1, 1) says that images without a dark value are bright, and not in [0, 1],
            which is an error otherwise; (0, 1) and (0, 255) are brought to [-1, 1].

    Returns:
        float64 of the same shape.

    Raises:
        ZooError: another shape or version, bytes, values outside the range, or of none that is
            certain (see `zoo.images.arrays`).
    """
    x = np.asarray(images)
    check_choice("version", version, VERSIONS)
    if x.ndim != 4 or x.shape[-1] != 3:
        raise ZooError(f"LPIPS takes images of the shape (batch, h, w, 3), but {x.shape} came.")
    if not x.size or x.dtype.kind != "f":
        raise ZooError(
            f"LPIPS takes floats in [-1, 1], got {x.dtype} {x.shape}. Bring bytes x to "
            "x / 127.5 - 1."
        )
    x = to_signed(x.astype(np.float64), "The array of LPIPS", value_range)
    return x if version == "0.0" else (x - _SHIFT) / _SCALE


def lpips(features_a, features_b, channel_weights=None):
    """The distance of each pair of images: the sum of `lpips_by_layer` over the layers.

    Arguments and errors are those of `lpips_by_layer`; the result is float64 (batch,).
    """
    return lpips_by_layer(features_a, features_b, channel_weights).sum(0)


def lpips_by_layer(features_a, features_b, channel_weights=None):
    """Mean over the places of each layer's weighted squared differences.

    At every place the channels are divided by their norm + 1e-10 first.

    Args:
        features_a, features_b: a sequence with an array (batch, h, w, channels) for each layer.
        channel_weights: a sequence with an array (channels,) for each layer; None weighs all by 1.

    Returns:
        float64 (layers, batch).

    Raises:
        ZooError: sequences or arrays that do not fit together.
    """
    maps = _difference_maps(features_a, features_b, channel_weights)
    return np.stack([layer.mean((1, 2)) for layer in maps])


def lpips_map(features_a, features_b, height, width, channel_weights=None):
    """Where two images differ: each layer's map is enlarged bilinearly to (height, width).

    The other arguments and errors are those of `lpips_by_layer`; float64 (batch, height, width).
    """
    maps = _difference_maps(features_a, features_b, channel_weights)
    return sum(resize(layer[..., None], height, width)[..., 0] for layer in maps)


def _difference_maps(features_a, features_b, channel_weights):
    a, b = ([real_numbers(x, "A layer of features") for x in xs] for xs in (features_a, features_b))
    shapes = [[x.shape for x in xs] for xs in (a, b)]
    if not a or shapes[0] != shapes[1] or any(len(shape) != 4 for shape in shapes[0]):
        raise ZooError(
            "LPIPS needs features (batch, h, w, channels) of the same layers and shapes for both "
            f"sides, but {shapes[0]} and {shapes[1]} came."
        )
    if channel_weights is None:
        channel_weights = [np.ones(x.shape[-1]) for x in a]
    sizes = [np.shape(w) for w in channel_weights]
    if sizes != [x.shape[-1:] for x in a]:
        raise ZooError(
            f"channel_weights must have the shapes {[x.shape[-1:] for x in a]}, but {sizes} came."
        )
    weights = [real_numbers(w, "A layer of channel_weights") for w in channel_weights]
    pairs = zip(a, b, weights, strict=True)
    return [(_unit(x) - _unit(y)) ** 2 @ w for x, y, w in pairs]


def _unit(x):
    return x / (np.sqrt(np.sum(x**2, -1, keepdims=True)) + 1e-10)
