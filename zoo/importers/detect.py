"""Detects the system that a released file belongs to."""

from zoo.errors import ZooError
from zoo.importers.files import read_state_dict
from zoo.importers.registry import importers


def system_of(generator, files=()):
    """The name of the system that a generator's file belongs to, such as "attn_gan".

    Pix2Pix's and BicycleGAN's generators are the same network: with "encoder" among `files` it is
    "bicyclegan", else "pix2pix".

    Args:
        generator: str. The file; for DCGAN, DRIT and XMC-GAN the checkpoint of all networks.
        files: names of the other available files, as in `Importer.files`.

    Raises:
        ZooError: the file cannot be read, or is not a generator of a known system.
    """
    weights = read_state_dict(generator)
    known = {n: m.IMPORTER for n, m in importers().items() if m.IMPORTER.marks}
    matching = {name: one for name, one in known.items() if one.reads(weights)}
    if not matching:
        marks = dict.fromkeys(mark for one in known.values() for mark in one.marks)
        raise ZooError(
            f"{generator} is not a generator of {', '.join(known)}: it has none of "
            f"{', '.join(marks)}, but starts with {', '.join(list(weights)[:3])}."
        )

    def missing_then_used(name):
        needed = set(matching[name].files) - {"generator"}
        return len(needed - set(files)), -len(needed)

    return min(matching, key=missing_then_used)
