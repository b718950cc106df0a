import numpy as np

from zoo.networks.backbones.fid_inception import (
    FidInception,
    FidMixed,
    average_of_inside,
    maximum_of_inside,
)
from zoo.networks.build import build_on, symbolic_input


def test_pools_exclude_the_padding():
    x = -np.ones([1, 4, 5, 2], "float32")
    np.testing.assert_array_equal(average_of_inside(x), x)
    np.testing.assert_array_equal(maximum_of_inside(x), x)


def test_the_last_block_takes_the_maximum(monkeypatch):
    taken = []
    for name in ("average_of_inside", "maximum_of_inside"):
        pool = f"zoo.networks.backbones.fid_inception.{name}"
        monkeypatch.setattr(pool, lambda x, name=name: taken.append(name) or x)
    for block in ("Mixed_7b", "Mixed_7c"):
        build_on(FidMixed(block, 64, name=block), symbolic_input(None, 3, 3, 8))
    assert taken[0] == "average_of_inside" and taken[-1] == "maximum_of_inside"


def test_config_and_blocks():
    network = FidInception(7, width_divisor=64, name="inception")
    same = FidInception.from_config(network.get_config())
    assert (same.classes, same.width_divisor) == (7, 64)
    blocks = [layer for layer in network._flatten_layers() if layer.name.startswith("Mixed_")]
    assert len(blocks) == 11 and all(isinstance(layer, FidMixed) for layer in blocks)
