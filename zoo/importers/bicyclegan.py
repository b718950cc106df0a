"""BicycleGAN's official checkpoints (junyanz/BicycleGAN) by name.

`latest_net_G.pth` and `latest_net_E.pth` were released for each data set; `<epoch>_net_D.pth` and
`<epoch>_net_D2.pth` come from training. All are plain state dicts. The generator's names are
`zoo.importers.pix2pix.u_net_targets`.
"""

import re

from zoo.errors import ZooError
from zoo.importers.pix2pix import (
    discriminator_targets as scales_targets,
)
from zoo.importers.pix2pix import (
    generator_settings,
    load_generator,
    without_instance_statistics,
)
from zoo.importers.state_dict import batch_norm, conv, linear, load_state_dict
from zoo.layers.batch_normalization import BatchNormalization
from zoo.models.bicyclegan.encoder import ResNetEncoder


def discriminator_targets(network):
    """Official `D_NLayersMulti` names -> targets in a `MultiScalePatchDiscriminator`."""
    return scales_targets(network, "model_{}")


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
            place = 2 + (2 + (norm is not None)) * i
            targets |= conv(f"conv.{place}", layer) | _norm(f"conv.{place + 1}", norm)
    return targets | linear("fc.0", network.mu) | linear("fcVar.0", network.log_var)


def basic_block_targets(name, block):
    """Official `BasicBlock`; `name` ends in a dot, or is empty."""
    behind = block.norm_1 is not None  # norms move what stands behind them
    return (
        _norm(f"{name}conv.0", block.norm_1)
        | conv(f"{name}conv.{1 + behind}", block.conv_1)
        | _norm(f"{name}conv.3", block.norm_2)
        | conv(f"{name}conv.{3 + 2 * behind}.0", block.conv_2)
        | conv(f"{name}shortcut.1", block.shortcut)
    )


def _norm(name, layer):
    return batch_norm(name, layer) if isinstance(layer, BatchNormalization) else {}


def bicyclegan(generator, encoder, **settings):
    """A `BicycleGAN` that generates with official weights.

    Args:
        generator, encoder: dicts of official name -> array, of a `net_G.pth` and its `net_E.pth`.
        **settings: other arguments of `BicycleGAN`.

    Raises:
        ZooError: the arrays are of other networks, or do not belong together.
    """
    from zoo.models.bicyclegan import BicycleGAN

    generator, encoder = (without_instance_statistics(w) for w in (generator, encoder))
    if "conv.0.weight" not in encoder or "fc.0.weight" not in encoder:
        raise ZooError(
            "The checkpoint is no encoder of BicycleGAN: it lacks conv.0.weight or fc.0.weight, "
            f"and starts with {', '.join(list(encoder)[:3])}."
        )
    sizes = generator_settings(generator)
    resnet = any("shortcut" in name for name in encoder)
    pattern = r"conv\.(\d+)\.shortcut" if resnet else r"conv\.(\d+)\.weight"
    found = {m[1] for name in encoder if (m := re.match(pattern, name))}
    if not resnet:  # not the batch norms
        found = {i for i in found if encoder[f"conv.{i}.weight"].ndim == 4}
    halvings = len(found) + resnet
    model = BicycleGAN(
        **{
            **sizes,
            "image_size": 8 * 2**halvings,
            "encoder": "resnet" if resnet else "conv",
            "encoder_filters": encoder["conv.0.weight"].shape[0],
            **settings,
        }
    )
    load_generator(model, generator)
    load_state_dict(encoder_targets(model.encoder), encoder)
    return model
