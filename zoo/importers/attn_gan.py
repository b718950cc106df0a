"""AttnGAN's official checkpoints (taoxugit/AttnGAN) by name.

`text_encoder200.pth`, `image_encoder200.pth`, `bird_AttnGAN2.pth`, `netG_epoch_*.pth`,
`netD0..2.pth` are plain state
dicts: read them with PyTorch (`torch.load(path, weights_only=True)`), turn the tensors into NumPy
    arrays, and
give them to `zoo.importers.state_dict.load_state_dict` with the targets of the network.
"""

from zoo.importers.state_dict import Target, batch_norm, conv, linear, spectral_conv
from zoo.layers.spectral_normalization import SpectralConv2D


def text_encoder_targets(encoder):
    """Official `RNN_ENCODER` names -> targets in an `RNNTextEncoder`."""
    targets = {"encoder.weight": Target(encoder.embedding.embeddings)}
    for rnn, suffix in ((encoder.forward_rnn, "l0"), (encoder.backward_rnn, "l0_reverse")):
        cell = rnn.cell
        if encoder.cell == "gru":
            layout, biases = "gru", [Target(cell.bias, "gru_bias", row) for row in (0, 1)]
        else:
            layout, biases = "linear", [Target(cell.bias), Target(cell.recurrent_bias)]
        targets |= {
            f"rnn.weight_ih_{suffix}": Target(cell.kernel, layout),
            f"rnn.weight_hh_{suffix}": Target(cell.recurrent_kernel, layout),
            f"rnn.bias_ih_{suffix}": biases[0],
            f"rnn.bias_hh_{suffix}": biases[1],
        }
    return targets


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


def attention_stage_targets(name, stage):
    """Official `NEXT_STAGE_G`."""
    keys = Target(stage.attention.keys.kernel, "conv1x1")
    return {f"{name}att.conv_context.weight": keys} | doubling_targets(name, stage)


def staged_targets(generator, stage_targets):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in a `StagedGenerator`.

    Args:
        stage_targets: function of a name that ends in a dot and a refinement stage.
    """
    targets = augmentation_targets("ca_net", generator.augmentation)
    targets |= initial_stage_targets("h_net1", generator.initial)
    for i, stage in enumerate(generator.refinements):
        targets |= stage_targets(f"h_net{i + 2}.", stage)
    if generator.single_image:
        return targets | conv("img_net.img.0", generator.heads[0])
    for i, head in enumerate(generator.heads):
        targets |= conv(f"img_net{i + 1}.img.0", head)
    return targets


def generator_targets(generator):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in an `AttnGANGenerator`."""
    return staged_targets(generator, attention_stage_targets)


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


def discriminator_targets(discriminator):
    """Official `D_NET64`, `D_NET128`, `D_NET256` names -> targets in a `StageDiscriminator`.

    Batch norm has AttnGAN's names, spectral normalisation DM-GAN's.
    """
    targets = trunk_targets(discriminator)
    if discriminator.conditional:
        head = discriminator.conditional_head
        targets |= conv_leaky_targets("COND_DNET.jointConv", head.joint)
        targets |= conv("COND_DNET.outlogits.0", head.logit)
    if discriminator.unconditional:
        targets |= conv("UNCOND_DNET.outlogits.0", discriminator.unconditional_head.logit)
    return targets
