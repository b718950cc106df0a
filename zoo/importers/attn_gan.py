"""AttnGAN's official checkpoints (taoxugit/AttnGAN) by name.

`text_encoder200.pth`, `image_encoder200.pth`, `bird_AttnGAN2.pth`, `netG_epoch_*.pth`,
`netD0..2.pth` are plain state
dicts: read them with PyTorch (`torch.load(path, weights_only=True)`), turn the tensors into NumPy
    arrays, and
give them to `zoo.importers.state_dict.load_state_dict` with the targets of the network.
"""

from zoo.importers.staged import (
    conv_leaky_targets,
    doubling_targets,
    staged_targets,
    trunk_targets,
)
from zoo.importers.state_dict import Target, conv


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


def attention_stage_targets(name, stage):
    """Official `NEXT_STAGE_G`."""
    keys = Target(stage.attention.keys.kernel, "conv1x1")
    return {f"{name}att.conv_context.weight": keys} | doubling_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in an `AttnGANGenerator`."""
    return staged_targets(generator, attention_stage_targets)


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
