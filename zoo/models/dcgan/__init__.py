"""Label-conditional DCGAN (arXiv 1511.06434), with mode seeking as a switch."""

from zoo.models.dcgan.dcgan import DCGAN
from zoo.models.dcgan.discriminator import DCGANDiscriminator
from zoo.models.dcgan.generator import DCGANGenerator

__all__ = ["DCGAN", "DCGANDiscriminator", "DCGANGenerator"]
