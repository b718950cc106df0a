"""AttnGAN's official checkpoints (taoxugit/AttnGAN) by name.

`text_encoder200.pth`, `image_encoder200.pth`, `bird_AttnGAN2.pth`, `netG_epoch_*.pth`,
`netD0..2.pth` are plain state
dicts: read them with PyTorch (`torch.load(path, weights_only=True)`), turn the tensors into NumPy
    arrays, and
give them to `zoo.importers.state_dict.load_state_dict` with the targets of the network.
"""

from zoo.importers.state_dict import Target, batch_norm, conv, linear


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


def attention_stage_targets(name, stage):
    """Official `NEXT_STAGE_G`."""
    targets = {f"{name}.att.conv_context.weight": Target(stage.attention.keys.kernel, "conv1x1")}
    for i, block in enumerate(stage.residuals):
        targets |= residual_targets(f"{name}.residual.{i}", block)
    return targets | conv_glu_targets(f"{name}.upsample", stage.up)


def generator_targets(generator):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in an `AttnGANGenerator`."""
    targets = augmentation_targets("ca_net", generator.augmentation)
    targets |= initial_stage_targets("h_net1", generator.initial)
    for i, stage in enumerate(generator.refinements):
        targets |= attention_stage_targets(f"h_net{i + 2}", stage)
    if generator.single_image:
        return targets | conv("img_net.img.0", generator.heads[0])
    for i, head in enumerate(generator.heads):
        targets |= conv(f"img_net{i + 1}.img.0", head)
    return targets


def discriminator_targets(discriminator):
    """Official `D_NET64`, `D_NET128`, `D_NET256` names -> targets in a `StageDiscriminator`."""
    names = ["img_code_s16.0", "img_code_s16.2", "img_code_s16.5", "img_code_s16.8"]
    for stage in range(len(names), discriminator.image_size.bit_length() - 3):
        names.append(f"img_code_s{2 ** (stage + 1)}.0")
    last = f"img_code_s{discriminator.image_size // 4}"
    names += [f"{last}_{i + 1}.0" for i in range(len(discriminator.blocks) - len(names))]
    targets = {}
    for name, block in zip(names, discriminator.blocks, strict=True):
        targets |= conv(name, block.conv)
        if block.normalize:
            prefix, position = name.rsplit(".", 1)
            targets |= batch_norm(f"{prefix}.{int(position) + 1}", block.norm)
    head = discriminator.conditional_head
    targets |= conv("COND_DNET.jointConv.0", head.joint.conv)
    targets |= batch_norm("COND_DNET.jointConv.1", head.joint.norm)
    targets |= conv("COND_DNET.outlogits.0", head.logit)
    if discriminator.unconditional:
        targets |= conv("UNCOND_DNET.outlogits.0", discriminator.unconditional_head.logit)
    return targets
