"""Targets and settings shared by the importers of StackGAN-v2, AttnGAN, DM-GAN and MirrorGAN.

Their repositories share these classes of code/model.py, and therefore names in the state dicts.
"""

from zoo.importers.damsm import text_encoder_targets
from zoo.importers.state_dict import (
    batch_norm,
    conv,
    count_of,
    linear,
    load_state_dict,
    size_of,
    spectral_conv,
)
from zoo.layers.spectral_normalization import SpectralConv2D

FIRST_SIZE = 64  # pixels of the first stage: the official generators upsample 4x4 four times


def conv_glu_targets(name, block, first=1):
    """Official `upBlock` (first=1: after the upsampling) or `Block3x3_relu` (first=0)."""
    return conv(f"{name}.{first}", block.conv) | batch_norm(f"{name}.{first + 1}", block.norm)


def residual_targets(name, block):
    """Official `ResBlock`."""
    return (
        conv_glu_targets(f"{name}.block", block.gated, first=0)
        | conv(f"{name}.block.3", block.conv)
        | batch_norm(f"{name}.block.4", block.norm)
    )


def augmentation_targets(name, layer):
    """Official `CA_NET`."""
    return linear(f"{name}.fc", layer.linear)


def initial_stage_targets(name, stage):
    """Official `INIT_STAGE_G`."""
    targets = linear(f"{name}.fc.0", stage.linear) | batch_norm(f"{name}.fc.1", stage.norm)
    for i, block in enumerate(stage.up_blocks):
        targets |= conv_glu_targets(f"{name}.upsample{i + 1}", block)
    return targets


def refinement_targets(name, stage):
    """The residual blocks and the up-block of an official `NEXT_STAGE_G`.

    `name` ends in a dot, or is empty.
    """
    targets = {}
    for i, block in enumerate(stage.residuals):
        targets |= residual_targets(f"{name}residual.{i}", block)
    return targets | conv_glu_targets(f"{name}upsample", stage.up)


def staged_targets(generator, stage_targets):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in a `StagedGenerator`.

    Args:
        stage_targets: function of a name that ends in a dot and a refinement stage.
    """
    targets = initial_stage_targets("h_net1", generator.initial)
    if generator.condition_dim:
        targets |= augmentation_targets("ca_net", generator.augmentation)
    for i, stage in enumerate(generator.refinements):
        targets |= stage_targets(f"h_net{i + 2}.", stage)
    if generator.single_image:
        return targets | conv("img_net.img.0", generator.heads[0])
    for i, head in enumerate(generator.heads):
        targets |= conv(f"img_net{i + 1}.img.0", head)
    return targets


def conv_leaky_targets(name, *blocks):
    """Official `nn.Sequential` of convolutions, each with its normalization and LeakyReLU."""
    targets, position = {}, 0
    for block in blocks:
        spectral = isinstance(block.conv, SpectralConv2D)
        targets |= (spectral_conv if spectral else conv)(f"{name}.{position}", block.conv)
        if block.norm is not None:
            position += 1
            targets |= batch_norm(f"{name}.{position}", block.norm)
        position += 2  # skips the LeakyReLU
    return targets


def trunk_targets(discriminator):
    """Official `img_code_*`, shared by StackGAN-v2, AttnGAN and DM-GAN."""
    downsampling = [block for block in discriminator.blocks if block.stride == 2]
    name = "img_code_s16"
    targets = conv_leaky_targets(name, *downsampling[:4])
    for i, block in enumerate(downsampling[4:]):
        name = f"img_code_s{32 * 2**i}"
        targets |= conv_leaky_targets(name, block)
    for i, block in enumerate(discriminator.blocks[len(downsampling) :]):
        targets |= conv_leaky_targets(f"{name}_{i + 1}", block)
    return targets


# --- files ----------------------------------------------------------------------------------------


def generator_settings(weights):
    """The arguments that follow from a staged generator's arrays, except for its filters."""
    condition = 0
    if "ca_net.fc.weight" in weights:
        condition = size_of(weights, "ca_net.fc.weight", 0) // 4
    return {
        "stage_sizes": [FIRST_SIZE * 2**i for i in range(count_of(weights, r"h_net(\d+)\."))],
        "residual_blocks": count_of(weights, r"h_net2\.residual\.(\d+)\."),
        "condition_dim": condition,
        "latent_dim": size_of(weights, "h_net1.fc.0.weight", 1) - condition,
    }


def load_weights(model, generator_targets, weights, text):
    """Loads the arrays into a model's text encoder, its generator and the generator's EMA.

    Args:
        generator_targets: function of a generator -> targets.
        weights, text: dicts of official name -> array, of the generator and of the text encoder.

    Returns:
        the model.
    """
    load_state_dict(text_encoder_targets(model.text_encoder), text)
    load_state_dict(generator_targets(model.generator), weights)
    model.ema.reset()
    return model
