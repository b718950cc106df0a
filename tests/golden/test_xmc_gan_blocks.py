"""Golden parity of XMC-GAN's building blocks, each alone, in evaluation and in training."""

import pytest

from tests.golden.golden import Case, tensor
from tests.golden.xmc_gan import check_state, loaded
from zoo.importers import xmc_gan as names
from zoo.layers.spectral_normalization import SpectralLinear
from zoo.layers.upsampling import upsample_nearest
from zoo.models.xmc_gan.blocks import ModulatedNorm, XMCDownBlock, XMCUpBlock, downsample_mean
from zoo.networks.build import symbolic_input


def linear(**options):
    def make(units):
        return SpectralLinear(units, spectral=True, **options, name="layer")

    return make


def linear_names(layer):
    targets = names.linear_targets("", 0, layer)
    part = "SpectralDense_0/" if layer.size is None else "SpectralConv_0/"
    return {name.replace(part, ""): target for name, target in targets.items()}


def norm_names(layer):
    return names.norm_targets("", layer)


def up_names(layer):
    return names.up_block_targets("", layer)


def down_names(layer):
    return names.down_block_targets("", layer)


def down(**options):
    def make(filters):
        return XMCDownBlock(filters, **options, name="layer")

    return make


BLOCKS = {  # official block: (ours of its filters, names, inputs)
    "spectral_dense": (linear(), linear_names, ["x2"]),
    "spectral_conv3": (linear(size=3), linear_names, ["x4"]),
    "spectral_conv1_nobias": (linear(size=1, use_bias=False), linear_names, ["x4"]),
    "cond_bn": (lambda _: ModulatedNorm(name="layer"), norm_names, ["x4", "c2"]),
    "local_cond_bn": (lambda _: ModulatedNorm(name="layer"), norm_names, ["x4", "c4"]),
    "gen_block": (lambda filters: XMCUpBlock(filters, name="layer"), up_names, ["x4", "c2"]),
    "gen_spatial_block": (
        lambda filters: XMCUpBlock(filters, name="layer"), up_names, ["x4", "c4"]
    ),
    "disc_optimized_block": (down(first=True), down_names, ["x4"]),
    "disc_block_down": (down(), down_names, ["x4"]),
    "disc_block_same": (down(pooled=False), down_names, ["x4"]),
    "disc_block_widen": (down(pooled=False), down_names, ["x4"]),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_block(precision, name):
    case = Case("xmc_gan", "blocks")
    make, targets_of, inputs = BLOCKS[name]
    values = [tensor(case.inputs[key]) for key in inputs]
    specs = [symbolic_input(*value.shape) for value in values]
    layer = make(case.meta["block_filters"].get(name))
    layer, targets = loaded(layer, specs, targets_of, case.param(f"{name}/"))
    for mode, training in (("eval", False), ("train", True)):
        linear_layer = isinstance(layer, SpectralLinear)
        flag = {"update" if linear_layer else "training": training}
        case.check(f"{name}/{mode}/y", layer(*values, **flag))
        if not training:
            assert all((t.variable.numpy() == t.from_official(case.param(f"{name}/")[k])).all()
                       for k, t in targets.items())  # nothing has moved
    check_state(case, targets, f"{name}/train/new/")
    left = [k for k in case.outputs if k.startswith(f"{name}/") and k not in case.checked]
    assert not left


def test_resizing(precision):
    case = Case("xmc_gan", "blocks")
    x = tensor(case.inputs["x4"])
    case.check("upsample/y", upsample_nearest(x))
    case.check("dsample/y", downsample_mean(x))


def test_every_block_of_the_case_is_here():
    case = Case("xmc_gan", "blocks")
    given = {key.split("/")[0] for key in case.outputs}
    assert given == {*BLOCKS, "upsample", "dsample"}
