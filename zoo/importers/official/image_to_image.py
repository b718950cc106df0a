"""The systems that draw pictures of pictures: Pix2Pix, BicycleGAN, DRIT."""

from zoo.importers import bicyclegan as bicyclegan_names
from zoo.importers import drit as drit_names
from zoo.importers import pix2pix as pix2pix_names
from zoo.importers.official.files import network, part, read_state_dict
from zoo.importers.state_dict import load_state_dict, make_model


def pix2pix(generator, discriminator=None, source_channels=3, **settings):
    """A `Pix2Pix` that generates with released weights.

    Args:
        generator: str. A `<epoch>_net_G.pth` of MSGAN or BicycleGAN.
        discriminator: str or None. Its `net_D.pth` (of MSGAN's), to train on.
        source_channels: int. Only read where the latent is added to the picture alone.
        **settings: other arguments of `Pix2Pix`, such as another `image_size`.

    Raises:
        ZooError: a file cannot be read, or is of another network.
    """
    files = _read({"weights": generator, "discriminator": discriminator})
    return pix2pix_names.pix2pix(**files, source_channels=source_channels, **settings)


def bicyclegan(generator, encoder, discriminator=None, discriminator_2=None, **settings):
    """A `BicycleGAN` that generates with released weights.

    Args:
        generator, encoder: str. A `<epoch>_net_G.pth` and its `net_E.pth`.
        discriminator, discriminator_2: str or None. Their `net_D.pth` and `net_D2.pth`, to train
            on; with `use_same_D` there is only the first.
        **settings: other arguments of `BicycleGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    files = {
        "generator": generator,
        "encoder": encoder,
        "discriminator": discriminator,
        "discriminator_2": discriminator_2,
    }
    return bicyclegan_names.bicyclegan(**_read(files), **settings)


def drit(checkpoint, training=False, **settings):
    """A `DRIT` that generates with released weights, of either variant.

    Args:
        checkpoint: str. A checkpoint of MSGAN or DRIT, such as `01200.pth`.
        training: bool. Whether to load the discriminators too, to train on.
        **settings: other arguments of `DRIT`, such as another `image_size` (216): no array tells
            the size of the pictures.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """
    from zoo.models.drit import DRIT

    arrays = drit_names.without_normalized(read_state_dict(checkpoint))
    sizes = drit_names.system_sizes(arrays)
    if training:
        judges = {name: network(arrays, name) for name in ("disA", "disContent")}
        sizes["discriminators"] = drit_names.discriminator_sizes(judges["disA"])
        sizes["content_discriminator"] = drit_names.content_discriminator_sizes(
            judges["disContent"]
        )
    model = make_model(DRIT, sizes, settings, arrays)
    if training:
        model.build_for_training()
    needed = drit_names.NETWORKS if training else drit_names.GENERATING
    load_state_dict(drit_names.system_targets(model, training), part(arrays, *needed))
    return model


def _read(files):
    """The arrays of the files that are given, by name."""
    return {name: read_state_dict(path) for name, path in files.items() if path is not None}
