"""Which system a released file is of."""

from zoo.errors import ZooError
from zoo.importers.official.files import read_state_dict

_MARKS = {  # a weight that no system before it in this order has
    "h_net2.att.conv_sentence_vis.weight": "mirror_gan",
    "h_net2.att.conv_context.weight": "attn_gan",
    "h_net2.A.weight": "dm_gan",
    "h_net2.jointConv.0.weight": "stackgan_v2",
    "gen.deconv1.weight": "dcgan",
    "deconv1.weight": "dcgan",
    "enc_c.convA.0.model.1.weight": "drit",
    "model.down.0.weight": "pix2pix",
    "model.model.0.weight": "pix2pix",
    "generator_state/batch_stats/GenBlock_0/ConditionalBatchNorm_0/BatchNorm_0/mean": "xmc_gan",
}


def system_of(generator):
    """Which function of this package imports a generator's file: such as "attn_gan".

    Pix2Pix's and BicycleGAN's generators are the same network: both are "pix2pix".

    Args:
        generator: str. The file; of DCGAN, DRIT and XMC-GAN the checkpoint of all networks.

    Raises:
        ZooError: the file cannot be read, or is no generator of a known system.
    """
    weights = read_state_dict(generator)
    for mark, system in _MARKS.items():
        if mark in weights:
            return system
    raise ZooError(
        f"{generator} is no generator of {', '.join(dict.fromkeys(_MARKS.values()))}: it has none "
        f"of {', '.join(_MARKS)}, but starts with {', '.join(list(weights)[:3])}."
    )
