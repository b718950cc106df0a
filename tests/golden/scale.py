"""Shared helpers of the tests at the papers' sizes, which are fast with `quick_weights`."""

import json
import math

import numpy as np
import pytest

from tests.golden.golden import folder


def count(variables):
    """Number of parameters."""
    return sum(math.prod(v.shape) for v in variables)


def official_shapes(system, net):
    """dict of official name -> shape, from the system's list of the released checkpoints."""
    path = folder() / system / "state_dict_keys.json"
    if not path.exists():
        pytest.skip(f"{path.name} not found under {folder()} (set ZOO_GOLDEN_DIR)")
    shapes = json.loads(path.read_text())["nets"][net]
    return {k: v for k, v in shapes.items() if not k.endswith("num_batches_tracked")}


def shapes_of(targets):
    """dict of official name -> shape in the official layout, of our network."""
    zeros = {k: np.broadcast_to(np.float32(0), t.variable.shape) for k, t in targets.items()}
    return {k: list(t.to_official(zeros[k]).shape) for k, t in targets.items()}
