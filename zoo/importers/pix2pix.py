"""Official checkpoints of Pix2Pix with mode seeking (HelenMao/MSGAN).

`<epoch>_net_G.pth` and `<epoch>_net_D.pth` are plain state dicts of a U-Net and of a multi-scale
discriminator; BicycleGAN's have the same names except for an underscore.
"""

import re

import numpy as np

from zoo.errors import ZooError
from zoo.importers.files import read_state_dicts
from zoo.importers.registry import Importer
from zoo.importers.state_dict import (
    batch_norm,
    conv,
    conv_transpose,
    count_of,
    load_state_dict,
    make_model,
    size_of,
)
from zoo.layers.batch_normalization import BatchNormalization
from zoo.networks.u_net import UPSAMPLINGS

IMPORTER = Importer(
    repository="HelenMao/MSGAN or junyanz/BicycleGAN",
    files=("generator",),
    options=("image_size",),
    marks=("model.down.0.weight", "model.model.0.weight"),
)


def u_net_targets(network):
    """Official `G_Unet_add_all` or `G_Unet_add_input` names -> targets in a `UNet`."""
    nested = _names_all if network.where_add == "all" else _names_input
    basic = network.upsample == UPSAMPLINGS[0]
    targets = {}
    for down, up, (down_name, up_name) in zip(
        network.downs, network.ups, nested(network), strict=True
    ):
        targets |= _block_targets(down_name, down, conv)
        targets |= _block_targets(up_name, up, conv_transpose if basic else conv)
    return targets


def _block_targets(name, block, make):
    """A convolution called `name`, and the batch norm after it."""
    targets = make("{}.{}".format(*name), block.conv)
    if isinstance(block.norm, BatchNormalization):
        targets |= batch_norm(f"{name[0]}.{name[1] + 1}", block.norm)
    return targets


def _names_all(network):
    """(sequence, index) of each level's convolutions: two sequences per level, `down` and `up`."""
    before = 1 if network.upsample == "basic" else 3  # activation, [upsampling, padding]
    for i in range(network.num_downs):
        name = "model" + ".submodule" * i
        yield (f"{name}.down", min(i, 1)), (f"{name}.up", before)


def _names_input(network):
    """`_names_all` for networks with one sequence per level, which contains the level below."""
    before = 1 if network.upsample == "basic" else 3
    name = "model.model"
    for i, down in enumerate(network.downs):
        first = min(i, 1)
        inner = first + 1 + (down.norm is not None)
        last = i == network.num_downs - 1
        yield (name, first), (name, inner + (not last) + before)
        name += f".{inner}.model"


def patch_targets(network, name="model"):
    """Official `D_NLayers` names -> targets in a `PatchDiscriminator`."""
    targets, index = {}, 0
    for layer, norm in zip(network.convs, network.norms, strict=True):
        targets |= conv(f"{name}.{index}", layer)
        if isinstance(norm, BatchNormalization):
            targets |= batch_norm(f"{name}.{index + 1}", norm)
        index += 2 + (norm is not None)  # skips the LeakyReLU
    return targets | conv(f"{name}.{index}", network.logit)


def discriminator_targets(network, name="model{}"):
    """Official `D_NLayersMulti` names -> targets in a `MultiScalePatchDiscriminator`.

    `name` has a placeholder for the scale's number; BicycleGAN's is "model_{}".
    """
    targets = {}
    for i, part in enumerate(network.parts):
        targets |= patch_targets(part, name.format(i))
    return targets


def without_instance_statistics(state_dict):
    """The arrays without the running statistics of instance norms, which old files contain.

    Batch norms, unlike instance norms, have a weight as well.
    """

    def statistics(name):
        match = re.fullmatch(r"(.*)\.running_(mean|var)", name)
        return match is not None and f"{match[1]}.weight" not in state_dict

    return {name: array for name, array in state_dict.items() if not statistics(name)}


def generator_settings(weights, source_channels=3, latent_dim=None):
    """The arguments of `Pix2Pix` or `BicycleGAN` that follow from a generator's arrays.

    Args:
        weights: dict of official name -> array.
        source_channels: int. Needed for an `add_input` network, whose arrays do not determine it.
        latent_dim: int or None. Determines it instead, where another file has the latent's size.

    Raises:
        ZooError: the arrays are of another network.
    """
    add_all = "model.down.0.weight" in weights
    first = "model.down.0.weight" if add_all else "model.model.0.weight"
    if first not in weights:
        raise ZooError(
            "The checkpoint is not a U-Net of Pix2Pix or BicycleGAN: it has neither "
            "model.down.0.weight nor model.model.0.weight, but starts with "
            f"{', '.join(list(weights)[:3])}."
        )
    filters, inputs = (size_of(weights, first, axis) for axis in (0, 1))
    depth = ".submodule" if add_all else ".model"
    num_downs = 1 + max(name.count(depth) for name in weights) - (not add_all)
    latents = inputs - source_channels if latent_dim is None else latent_dim
    if add_all:
        latents = size_of(weights, "model.submodule.down.1.weight", 1) - filters
    ends = {"model.up.1.bias": "basic", "model.up.3.bias": "bilinear"}
    if not add_all:
        ends = {"model.model.3.bias": "basic", "model.model.5.bias": "bilinear"}
    end = next((name for name in ends if name in weights), next(iter(ends)))
    return {
        "image_size": 2**num_downs,
        "source_channels": inputs - latents,
        "target_channels": size_of(weights, end, 0),
        "latent_dim": latents,
        "generator_filters": filters,
        "num_downs": num_downs,
        "where_add": "all" if add_all else "input",
        "upsample": ends[end],
        "normalization": "batch" if any("running_mean" in n for n in weights) else "instance",
    }


def discriminator_settings(weights, name="model{}"):
    """The arguments of `Pix2Pix` or `BicycleGAN` that follow from a `D_NLayersMulti`'s arrays.

    `name`: see `discriminator_targets`.
    """
    first, any_scale = (re.escape(name).replace(r"\{\}", i) for i in ("0", r"(\d+)"))
    indices = {m[1] for n in weights if (m := re.match(rf"{first}\.(\d+)\.weight$", n))}
    convs = [i for i in indices if np.ndim(weights[f"{name.format(0)}.{i}.weight"]) == 4]
    return {
        "discriminator_filters": size_of(weights, f"{name.format(0)}.0.weight", 0),
        "discriminator_scales": count_of(weights, rf"{any_scale}\."),
        "discriminator_layers": len(convs) - 2,
    }


def load_generator(model, weights):
    """Loads official weights into a `Pix2Pix` or `BicycleGAN` generator, and into its EMA."""
    load_state_dict(u_net_targets(model.generator), weights)
    model.ema.reset()


def load(generator, discriminator=None, source_channels=3, **settings):
    """A `Pix2Pix` that generates with released weights.

    Args:
        generator: str. A `<epoch>_net_G.pth` of MSGAN or BicycleGAN.
        discriminator: str or None. Its `net_D.pth` (of MSGAN), to continue training.
        source_channels: int. Only used if the latent is added to the input image alone.
        **settings: other arguments of `Pix2Pix`, such as another `image_size`.

    Raises:
        ZooError: a file cannot be read, or is of another network.
    """
    files = read_state_dicts(weights=generator, discriminator=discriminator)
    return from_arrays(**files, source_channels=source_channels, **settings)


def from_arrays(weights, discriminator=None, source_channels=3, **settings):
    """A `Pix2Pix` with official weights.

    Args:
        weights: dict of official name -> array, of a `net_G.pth`.
        discriminator: the same of its `net_D.pth`, to continue training; None for generation only.
        source_channels: int. Only used if the latent is added to the input image alone.
        **settings: other arguments of `Pix2Pix`, such as another `image_size`.

    Raises:
        ZooError: the arrays are of another network.
    """
    from zoo.models.pix2pix import Pix2Pix

    weights = without_instance_statistics(weights)
    sizes = generator_settings(weights, source_channels)
    if discriminator is not None:
        discriminator = without_instance_statistics(discriminator)
        sizes |= discriminator_settings(discriminator)
    model = make_model(Pix2Pix, sizes, settings, weights)
    load_generator(model, weights)
    if discriminator is not None:
        model.build_for_training()
        load_state_dict(discriminator_targets(model.discriminator), discriminator)
    return model
