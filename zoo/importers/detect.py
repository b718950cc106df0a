"""Which system a released file is of."""

from zoo.errors import ZooError
from zoo.importers.files import read_state_dict
from zoo.importers.registry import importers


def system_of(generator, files=()):
    """The name of the system that a generator's file is of, such as "attn_gan".

    Pix2Pix's and BicycleGAN's generators are the same network: with "encoder" among `files` it is
    "bicyclegan", else "pix2pix".

    Args:
        generator: str. The file; of DCGAN, DRIT and XMC-GAN the checkpoint of all networks.
        files: names of the other files that there are, as in `Importer.files`.

    Raises:
        ZooError: the file cannot be read, or is no generator of a known system.
    """
    weights = read_state_dict(generator)
    known = {n: m.IMPORTER for n, m in importers().items() if m.IMPORTER.marks}
    found = {name: one for name, one in known.items() if one.reads(weights)}
    if not found:
        marks = dict.fromkeys(mark for one in known.values() for mark in one.marks)
        raise ZooError(
            f"{generator} is no generator of {', '.join(known)}: it has none of "
            f"{', '.join(marks)}, but starts with {', '.join(list(weights)[:3])}."
        )

    def missing_then_used(name):
        needed = set(found[name].files) - {"generator"}
        return len(needed - set(files)), -len(needed)

    return min(found, key=missing_then_used)
