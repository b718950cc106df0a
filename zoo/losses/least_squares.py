"""Adversarial losses of discriminators that return maps of logits at several scales.

Checked against junyanz/BicycleGAN models/networks.py (`GANLoss`). Sign convention: all losses are
minimized. A scale's loss is the mean over its map and the batch; scales are summed.
"""

from keras import ops

from zoo.errors import check_choice
from zoo.losses.adversarial import binary_cross_entropy
from zoo.precision import at_least_float32


def least_squares(logits, target):
    """mean (logits - target)^2, LSGAN (arXiv 1611.04076); target 1 for real, 0 for generated."""
    return ops.mean(ops.square(at_least_float32(logits) - target))


def wasserstein(logits, target):
    """mean of -logits (target 1) or of logits (target 0), WGAN (arXiv 1701.07875)."""
    return ops.mean(-at_least_float32(logits) if target else at_least_float32(logits))


FORMS = {
    "least_squares": least_squares,
    "cross_entropy": binary_cross_entropy,
    "wasserstein": wasserstein,
}


def check_form(form):
    """The form; raises `ZooError` unless it is a key of `FORMS`."""
    return check_choice("`adversarial_form`", form, FORMS)


def over_scales(loss, maps, target):
    """Sum over the maps of `loss(map, target)`.

    Args:
        loss: function of logits and target, such as `least_squares`.
        maps: list of logits (batch, h, w, 1), one per scale.
        target: 1 for real, 0 for generated.
    """
    return sum(loss(logits, target) for logits in maps)
