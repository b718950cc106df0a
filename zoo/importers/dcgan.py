"""MSGAN's DCGAN checkpoints by name (HelenMao/MSGAN DCGAN-Mode-Seeking).

A checkpoint is a dict whose `gen` and `dis` are these state dicts.
"""

from zoo.importers.state_dict import batch_norm, conv, conv_transpose


def generator_targets(generator):
    """Official `generator` names -> targets in a `DCGANGenerator`."""
    targets = {}
    for i, (deconv, norm) in enumerate(zip(generator.deconvs, generator.norms, strict=True)):
        targets |= conv_transpose(f"deconv{i + 1}", deconv) | batch_norm(f"deconv{i + 1}_bn", norm)
    return targets | conv_transpose(f"deconv{len(generator.deconvs) + 1}", generator.head)


def discriminator_targets(discriminator):
    """Official `discriminator` names -> targets in a `DCGANDiscriminator`."""
    targets = {}
    for i, layer in enumerate((*discriminator.convs, discriminator.logit)):
        targets |= conv(f"conv{i + 1}", layer)
    for i, norm in enumerate(discriminator.norms):
        targets |= batch_norm(f"conv{i + 2}_bn", norm)
    return targets


def generator_sizes(state_dict, classes=10):
    """The arguments of `DCGAN` that an official generator's arrays tell, given `classes`."""
    layers = sum(name.startswith("deconv") and name.endswith("_bn.weight") for name in state_dict)
    last = state_dict[f"deconv{layers + 1}.weight"]
    return {
        "classes": classes,
        "latent_dim": state_dict["deconv1.weight"].shape[0] - classes,
        "filters": last.shape[0],
        "image_size": 4 * 2**layers,
    }
