"""Training systems, one folder per paper: its networks, its training system, its model card.

`zoo.models.AttnGAN` and the others are imported at their first use; `help(zoo.models.AttnGAN)`
lists every argument with the paper's value. A new system adds one line here.
"""

from zoo._lazy import lazy_exports

SYSTEMS = {  # class -> its package
    "AttnGAN": "zoo.models.attn_gan",
    "BicycleGAN": "zoo.models.bicyclegan",
    "CaptionPretraining": "zoo.models.mirror_gan",
    "DAMSM": "zoo.models.damsm",
    "DCGAN": "zoo.models.dcgan",
    "DMGAN": "zoo.models.dm_gan",
    "DRIT": "zoo.models.drit",
    "FeatureEncoder": "zoo.models.feature_encoder",
    "MirrorGAN": "zoo.models.mirror_gan",
    "Pix2Pix": "zoo.models.pix2pix",
    "StackGANV2": "zoo.models.stackgan_v2",
    "XMCGAN": "zoo.models.xmc_gan",
}
__all__ = [*SYSTEMS]
__getattr__, __dir__ = lazy_exports(__name__, SYSTEMS)
