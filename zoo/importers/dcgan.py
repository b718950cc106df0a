"""DCGAN's checkpoints from MSGAN (HelenMao/MSGAN DCGAN-Mode-Seeking).

A checkpoint is a dict whose `gen` and `dis` are these state dicts.
"""

from zoo.errors import ZooError
from zoo.importers.files import network, read_state_dict
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
from zoo.models.base.arguments import check

IMPORTER = Importer(
    repository="HelenMao/MSGAN",
    files=("generator",),
    options=("class_names",),
    marks=("gen.deconv1.weight", "deconv1.weight"),
)


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
    """The arguments of `DCGAN` that follow from an official generator's arrays and `classes`.

    Raises:
        ZooError: the arrays are of another network, or have no room for that many classes.
    """
    layers = count_of(state_dict, r"deconv(\d+)_bn\.weight$")
    inputs = size_of(state_dict, "deconv1.weight", 0)
    if not 0 < classes < inputs:
        raise ZooError(
            f"The generator has {inputs} inputs, for the latent and the classes together, which "
            f"leaves no room for {classes} classes."
        )
    return {
        "classes": classes,
        "latent_dim": inputs - classes,
        "filters": size_of(state_dict, f"deconv{layers + 1}.weight", 0),
        "image_size": 4 * 2**layers,
    }


def discriminator_classes(state_dict):
    """Number of classes of an official discriminator: its input channels besides the colors."""
    return size_of(state_dict, "conv1.weight", 1) - 3


def load(checkpoint, class_names=None, classes=None, training=False, **settings):
    """A `DCGAN` that generates with released weights.

    Args:
        checkpoint: str. MSGAN's checkpoint, such as `00199.pth`, whose `gen` is loaded and whose
            `dis` gives the number of classes; or the state dict of `gen` alone.
        class_names: list of str or None. Names of the classes, which no file contains.
        classes: int or None. Number of classes, if the file has no `dis` and there are no names.
        training: bool. Whether to load the discriminator too, to continue training.
        **settings: other arguments of `DCGAN`.

    Raises:
        ZooError: the file cannot be read, is of another network, or the number of classes is
            unknown.
    """
    from zoo.models.dcgan import DCGAN

    arrays = read_state_dict(checkpoint)
    generator, dis = network(arrays, "gen") or arrays, network(arrays, "dis")
    classes = _classes(dis, class_names, classes)
    sizes = generator_sizes(generator, classes)
    model = make_model(DCGAN, {**sizes, "class_names": class_names}, settings, arrays)
    load_state_dict(generator_targets(model.generator), generator)
    model.ema.reset()
    if training:
        model.build_for_training()
        load_state_dict(discriminator_targets(model.discriminator), dis)
    return model


def _classes(dis, class_names, classes):
    """The number of classes, on which all sources must agree."""
    check("DCGAN", "class_names", class_names)
    if classes is not None:
        check("DCGAN", "classes", classes, default=10)
    counts = {
        "discriminator": discriminator_classes(dis) if dis else None,
        "class_names": len(class_names) if class_names else None,
        "classes": classes,
    }
    counts = {name: number for name, number in counts.items() if number is not None}
    if not counts:
        raise ZooError(
            "The checkpoint has only a generator, whose inputs combine latent and classes: give "
            "the names of the classes, or their number."
        )
    if len(set(counts.values())) > 1:
        text = ", ".join(f"{number} by {name}" for name, number in counts.items())
        raise ZooError(f"The numbers of classes differ: {text}.")
    return next(iter(counts.values()))
