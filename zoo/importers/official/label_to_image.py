"""The system that draws classes: DCGAN."""

from zoo.errors import ZooError
from zoo.importers import dcgan as names
from zoo.importers.official.files import network, read_state_dict
from zoo.importers.state_dict import load_state_dict, make_model


def dcgan(checkpoint, class_names=None, classes=None, training=False, **settings):
    """A `DCGAN` that generates with released weights.

    Args:
        checkpoint: str. MSGAN's checkpoint, such as `00199.pth`, of which `gen` is read, and of
            `dis` how many classes there are; or the state dict of `gen` alone.
        class_names: list of str or None. The classes' names, which no file holds.
        classes: int or None. Their number, where the file has no `dis` and there are no names.
        training: bool. Whether to load the discriminator too, to train on.
        **settings: other arguments of `DCGAN`.

    Raises:
        ZooError: the file cannot be read, is of another network, or does not tell its classes.
    """
    from zoo.models.dcgan import DCGAN

    arrays = read_state_dict(checkpoint)
    generator, judge = network(arrays, "gen") or arrays, network(arrays, "dis")
    classes = _classes(judge, class_names, classes)
    sizes = names.generator_sizes(generator, classes)
    model = make_model(DCGAN, {**sizes, "class_names": class_names}, settings, arrays)
    load_state_dict(names.generator_targets(model.generator), generator)
    model.ema.reset()
    if training:
        model.build_for_training()
        load_state_dict(names.discriminator_targets(model.discriminator), judge)
    return model


def _classes(judge, class_names, classes):
    """The number of classes, on which everything that is given agrees."""
    told = {
        "discriminator": names.discriminator_classes(judge) if judge else None,
        "class_names": len(class_names) if class_names else None,
        "classes": classes,
    }
    told = {name: number for name, number in told.items() if number is not None}
    if not told:
        raise ZooError(
            "The checkpoint holds a generator alone, whose inputs are latent and classes in one: "
            "give the names of the classes, or how many there are."
        )
    if len(set(told.values())) > 1:
        counts = ", ".join(f"{number} by {name}" for name, number in told.items())
        raise ZooError(f"The numbers of classes differ: {counts}.")
    return next(iter(told.values()))
