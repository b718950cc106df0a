"""Official names of the blocks that StackGAN-v2, AttnGAN and DM-GAN have in common.

The three repositories share these classes of code/model.py, and with them the names in their state
dicts.
"""

from zoo.importers.state_dict import batch_norm, conv, linear, spectral_conv
from zoo.layers.spectral_normalization import SpectralConv2D


def conv_glu_targets(name, block, first=1):
    """Official `upBlock` (first=1: behind the upsampling) or `Block3x3_relu` (first=0)."""
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


def doubling_targets(name, stage):
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
    """Official `nn.Sequential` of convolutions, each with its normalisation and LeakyReLU."""
    targets, position = {}, 0
    for block in blocks:
        spectral = isinstance(block.conv, SpectralConv2D)
        targets |= (spectral_conv if spectral else conv)(f"{name}.{position}", block.conv)
        if block.norm is not None:
            position += 1
            targets |= batch_norm(f"{name}.{position}", block.norm)
        position += 2  # over the LeakyReLU
    return targets


def trunk_targets(discriminator):
    """Official `img_code_*`, which StackGAN-v2, AttnGAN and DM-GAN have in common."""
    halvings = [block for block in discriminator.blocks if block.stride == 2]
    name = "img_code_s16"
    targets = conv_leaky_targets(name, *halvings[:4])
    for i, block in enumerate(halvings[4:]):
        name = f"img_code_s{32 * 2**i}"
        targets |= conv_leaky_targets(name, block)
    for i, block in enumerate(discriminator.blocks[len(halvings) :]):
        targets |= conv_leaky_targets(f"{name}_{i + 1}", block)
    return targets
