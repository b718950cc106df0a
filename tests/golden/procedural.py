"""Rule "procedural-1" of the metrics cases: weights of large networks, generated from names."""

import zlib

import numpy as np

from zoo.importers.state_dict import load_state_dict


def array(name, shape, gain=2.0):
    """The array of an official name and shape; `gain` is that of convolutions."""
    last = name.rpartition(".")[2]
    seed = zlib.crc32(name.encode("utf-8")) & 0xFFFFFFFF
    x = np.random.RandomState(seed).standard_normal(shape)
    if last == "running_mean":
        x = 0.1 * x
    elif last == "running_var":
        x = np.exp(0.2 * x)
    elif len(shape) >= 2:
        x = x * np.sqrt(gain / np.prod(shape[1:]))
    else:
        x = (last == "weight") + 0.1 * x
    return x.astype("float32")


def load(targets, gain=2.0):
    """Assigns to every target of an importer its array by the rule."""
    shapes = {name: target.to_official(target.variable).shape for name, target in targets.items()}
    load_state_dict(targets, {name: array(name, shape, gain) for name, shape in shapes.items()})
