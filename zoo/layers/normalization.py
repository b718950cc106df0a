"""Normalization layers by name."""

from zoo.errors import check_choice
from zoo.layers.instance_normalization import InstanceNormalization
from zoo.layers.stackgan_blocks import batch_norm

NORMALIZATIONS = ("instance", "batch", "none")


def make_normalization(kind, name="norm", **kwargs):
    """A layer with `call(x, training)`, or None for "none".

    Args:
        kind: "instance" (no weights), "batch" (scale starting at N(1, 0.02), shift, running
            statistics) or "none".
        name: str. Name of the layer.
        **kwargs: arguments of the layer, such as `dtype`.
    """
    check_choice("`normalization`", kind, NORMALIZATIONS)
    if kind == "none":
        return None
    make = {"instance": InstanceNormalization, "batch": batch_norm}[kind]
    return make(name=name, **kwargs)
