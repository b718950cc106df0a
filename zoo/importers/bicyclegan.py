"""BicycleGAN's official checkpoints (junyanz/BicycleGAN) by name.

`latest_net_G.pth` and `latest_net_E.pth` were released for each data set; `<epoch>_net_D.pth` and
`<epoch>_net_D2.pth` come from training. All are plain state dicts. The generator's names are
`zoo.importers.pix2pix.u_net_targets`.
"""

import re

import numpy as np

from zoo.errors import ZooError
from zoo.importers import pix2pix
from zoo.importers.files import read_state_dicts
from zoo.importers.pix2pix import (
    discriminator_settings,
    generator_settings,
    load_generator,
    without_instance_statistics,
)
from zoo.importers.pix2pix import (
    discriminator_targets as scales_targets,
)
from zoo.importers.registry import Importer
from zoo.importers.state_dict import (
    batch_norm,
    conv,
    linear,
    load_state_dict,
    make_model,
    size_of,
)
from zoo.layers.batch_normalization import BatchNormalization
from zoo.models.bicyclegan.encoder import POOL, ResNetEncoder

IMPORTER = Importer(
    repository="junyanz/BicycleGAN",
    files=("generator", "encoder"),
    marks=pix2pix.IMPORTER.marks,  # the same network; the encoder distinguishes the two
)
SCALE = "model_{}"  # one discriminator of `D_NLayersMulti`, by its number


def discriminator_targets(network):
    """Official `D_NLayersMulti` names -> targets in a `MultiScalePatchDiscriminator`."""
    return scales_targets(network, SCALE)


def encoder_targets(network):
    """Official `E_ResNet` or `E_NLayers` names -> targets in the encoder of that kind."""
    if isinstance(network, ResNetEncoder):
        targets = conv("conv.0", network.stem)
        for i, block in enumerate(network.residuals):
            targets |= basic_block_targets(f"conv.{i + 1}.", block)
    else:
        targets = conv("conv.0", network.convs[0])
        layers = list(zip(network.convs, network.norms, strict=True))[1:]
        for i, (layer, norm) in enumerate(layers):
            index = 2 + (2 + (norm is not None)) * i
            targets |= conv(f"conv.{index}", layer) | _norm(f"conv.{index + 1}", norm)
    return targets | linear("fc.0", network.mu) | linear("fcVar.0", network.log_var)


def basic_block_targets(name, block):
    """Official `BasicBlock`; `name` ends in a dot, or is empty."""
    shift = block.norm_1 is not None  # norms shift the indices of the layers after them
    return (
        _norm(f"{name}conv.0", block.norm_1)
        | conv(f"{name}conv.{1 + shift}", block.conv_1)
        | _norm(f"{name}conv.3", block.norm_2)
        | conv(f"{name}conv.{3 + 2 * shift}.0", block.conv_2)
        | conv(f"{name}shortcut.1", block.shortcut)
    )


def _norm(name, layer):
    return batch_norm(name, layer) if isinstance(layer, BatchNormalization) else {}


def encoder_settings(weights):
    """The arguments of `BicycleGAN` that follow from an encoder's arrays.

    Raises:
        ZooError: the arrays are of another network.
    """
    if "conv.0.weight" not in weights or "fc.0.weight" not in weights:
        raise ZooError(
            "The checkpoint is not an encoder of BicycleGAN: it lacks conv.0.weight or "
            f"fc.0.weight, and starts with {', '.join(list(weights)[:3])}."
        )
    resnet = any("shortcut" in name for name in weights)
    pattern = r"conv\.(\d+)\.shortcut" if resnet else r"conv\.(\d+)\.weight"
    blocks = {m[1] for name in weights if (m := re.match(pattern, name))}
    if not resnet:  # without the batch norms
        blocks = {i for i in blocks if np.ndim(weights[f"conv.{i}.weight"]) == 4}
    return {
        "image_size": POOL * 2 ** (len(blocks) + resnet),
        "encoder": "resnet" if resnet else "conv",
        "encoder_filters": size_of(weights, "conv.0.weight", 0),
    }


def load(generator, encoder, discriminator=None, discriminator_2=None, **settings):
    """A `BicycleGAN` that generates with released weights.

    Args:
        generator, encoder: str. A `<epoch>_net_G.pth` and its `net_E.pth`.
        discriminator, discriminator_2: str or None. Their `net_D.pth` and `net_D2.pth`, to
            continue training; with `use_same_D` there is only the first.
        **settings: other arguments of `BicycleGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    files = read_state_dicts(
        generator=generator,
        encoder=encoder,
        discriminator=discriminator,
        discriminator_2=discriminator_2,
    )
    return from_arrays(**files, **settings)


def from_arrays(generator, encoder, discriminator=None, discriminator_2=None, **settings):
    """A `BicycleGAN` with official weights.

    Args:
        generator, encoder: dicts of official name -> array, of a `net_G.pth` and its `net_E.pth`.
        discriminator, discriminator_2: the same of `net_D.pth` and `net_D2.pth`, to continue
            training; None for generation only. The first alone is used in both cycles, the second
            one alone is an error.
        **settings: other arguments of `BicycleGAN`.

    Raises:
        ZooError: the arrays are of other networks, or do not belong together.
    """
    from zoo.models.bicyclegan import BicycleGAN

    generator, encoder = (without_instance_statistics(w) for w in (generator, encoder))
    if discriminator is None and discriminator_2 is not None:
        raise ZooError(
            "discriminator_2 (net_D2.pth) was given without discriminator (net_D.pth): give both, "
            "or the first alone if it was trained with use_same_D."
        )
    sizes = encoder_settings(encoder)
    latent_dim = size_of(encoder, "fc.0.weight", 0)
    sizes = generator_settings(generator, latent_dim=latent_dim) | sizes
    discriminators = [w for w in (discriminator, discriminator_2) if w is not None]
    discriminators = [without_instance_statistics(weights) for weights in discriminators]
    if discriminators:
        inputs = size_of(discriminators[0], "model_0.0.weight", 1)
        sizes |= discriminator_settings(discriminators[0], SCALE)
        sizes["conditional_discriminators"] = inputs > sizes["target_channels"]
        sizes["use_same_discriminator"] = len(discriminators) == 1
    model = make_model(BicycleGAN, sizes, settings, generator, encoder, *discriminators)
    load_generator(model, generator)
    load_state_dict(encoder_targets(model.encoder), encoder)
    if discriminators:
        model.build_for_training()
        for name, weights in zip(model.discriminator_names, discriminators, strict=True):
            load_state_dict(discriminator_targets(getattr(model, name)), weights)
    return model
