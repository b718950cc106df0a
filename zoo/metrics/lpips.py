"""LPIPS: a distance between images in a classifier's feature space.

Paper: Zhang et al., arXiv 1801.03924, equation 1. Checked against richzhang/PerceptualSimilarity
lpips/lpips.py (`LPIPS`, `ScalingLayer`, `normalize_tensor`, `upsample`), versions 0.0 and 0.1.
The features are those of `zoo.networks.backbones.perceptual_trunk` with torchvision's ImageNet
weights; the channel weights are those of the official files `lin{k}.model.1.weight`. A reported
number names the trunk, the version, the range and size of the images, and the choice of pairs; the
most common mistake is to pass images in [0, 1] instead of [-1, 1].
Protocols: BicycleGAN: 100 inputs, 20 samples each, the 19 pairs of neighbors, version 0.0. MSGAN:
random pairs of the samples of one input, version 0.1.
Known deviations: none except rounding; everything is float64.
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
    """The images in the form that a version's trunk expects.

    Version 0.1 normalizes [-1, 1] to ImageNet's mean and deviation; version 0.0 does not, a mistake
    that its channel weights were fitted with.

    Args:
        images: float (batch, h, w, 3) in [-1, 1].
        version: "0.1" or "0.0".
        value_range: (-1, 1) states that images without dark values are not in [0, 1], which is an
            error otherwise; (0, 1) and (0, 255) are converted to [-1, 1].

    Returns:
        float64 of the same shape.

    Raises:
        ZooError: another shape or version, bytes, values outside of the range, or an ambiguous
            range (see `zoo.images.arrays`).
    """
    x = np.asarray(images)
    check_choice("version", version, VERSIONS)
    if x.ndim != 4 or x.shape[-1] != 3:
        raise ZooError(f"LPIPS takes images of the shape (batch, h, w, 3), got {x.shape}.")
    if not x.size or x.dtype.kind != "f":
        raise ZooError(
            f"LPIPS takes floats in [-1, 1], got {x.dtype} {x.shape}. Convert bytes x to "
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
    """Spatial mean of each layer's weighted squared differences.

    At every position, the channels are first divided by their norm + 1e-10.

    Args:
        features_a, features_b: a sequence with one array (batch, h, w, channels) per layer.
        channel_weights: a sequence with one array (channels,) per layer; None means weights of 1.

    Returns:
        float64 (layers, batch).

    Raises:
        ZooError: the sequences or arrays do not match.
    """
    maps = _difference_maps(features_a, features_b, channel_weights)
    return np.stack([layer.mean((1, 2)) for layer in maps])


def lpips_map(features_a, features_b, height, width, channel_weights=None):
    """A map of the differences of two images: each layer's map is resized to (height, width).

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
            f"sides, got {shapes[0]} and {shapes[1]}."
        )
    if channel_weights is None:
        channel_weights = [np.ones(x.shape[-1]) for x in a]
    sizes = [np.shape(w) for w in channel_weights]
    if sizes != [x.shape[-1:] for x in a]:
        raise ZooError(
            f"channel_weights must have the shapes {[x.shape[-1:] for x in a]}, got {sizes}."
        )
    weights = [real_numbers(w, "A layer of channel_weights") for w in channel_weights]
    pairs = zip(a, b, weights, strict=True)
    return [(_unit(x) - _unit(y)) ** 2 @ w for x, y, w in pairs]


def _unit(x):
    return x / (np.sqrt(np.sum(x**2, -1, keepdims=True)) + 1e-10)
