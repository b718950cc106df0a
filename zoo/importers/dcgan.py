"""MSGAN's DCGAN checkpoints by name (HelenMao/MSGAN DCGAN-Mode-Seeking).

A checkpoint is a dict whose `gen` and `dis` are these state dicts.
"""

from zoo.errors import ZooError
from zoo.importers.state_dict import batch_norm, conv, conv_transpose, count_of, size_of


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
    """The arguments of `DCGAN` that an official generator's arrays tell, given `classes`.

    Raises:
        ZooError: the arrays are of another network, or have no room for that many classes.
    """
    layers = count_of(state_dict, r"deconv(\d+)_bn\.weight$")
    inputs = size_of(state_dict, "deconv1.weight", 0)
    if not 0 < classes < inputs:
        raise ZooError(
            f"The generator reads {inputs} numbers, latent and classes together, which leaves no "
            f"room for {classes} classes."
        )
    return {
        "classes": classes,
        "latent_dim": inputs - classes,
        "filters": size_of(state_dict, f"deconv{layers + 1}.weight", 0),
        "image_size": 4 * 2**layers,
    }


def discriminator_classes(state_dict):
    """How many classes an official discriminator was trained with: its inputs beside colours."""
    return size_of(state_dict, "conv1.weight", 1) - 3
