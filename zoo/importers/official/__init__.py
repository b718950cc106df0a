"""Models of the zoo from the files that the authors of the papers released.

    from zoo.importers import official

    model = official.attn_gan(
        generator="bird_AttnGAN2.pth", text_encoder="text_encoder200.pth",
        captions="captions.pickle")
    model = official.bicyclegan(generator="latest_net_G.pth", encoder="latest_net_E.pth")
    model = official.drit("01200.pth")
    model = official.xmc_gan("ckpt-100.flax", text_encoder={"kind": "hub"})
    model.save_to_preset("drit_yosemite")

Every size that the arrays tell is read from them; a wrong file, or files that do not belong
together, is a `ZooError`. The models generate; XMC-GAN and those of labels and pictures can be
trained on, too, if the discriminators are asked for.
"""

from zoo.importers.official.files import read_state_dict
from zoo.importers.official.image_to_image import bicyclegan, drit, pix2pix
from zoo.importers.official.label_to_image import dcgan
from zoo.importers.official.pretraining import damsm, load_inception_trunk, stream
from zoo.importers.official.recognition import system_of
from zoo.importers.official.text_to_image import (
    attn_gan,
    dm_gan,
    mirror_gan,
    stackgan_v2,
    xmc_gan,
)

__all__ = [
    "attn_gan",
    "bicyclegan",
    "damsm",
    "dcgan",
    "dm_gan",
    "drit",
    "load_inception_trunk",
    "mirror_gan",
    "pix2pix",
    "read_state_dict",
    "stackgan_v2",
    "stream",
    "system_of",
    "xmc_gan",
]
