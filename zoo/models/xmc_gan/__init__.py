"""XMC-GAN (arXiv 2101.04702), with mode seeking as a switch."""

from zoo.models.xmc_gan.discriminator import XMCGANDiscriminator
from zoo.models.xmc_gan.flax_adam import FlaxAdam
from zoo.models.xmc_gan.generator import XMCGANGenerator
from zoo.models.xmc_gan.xmc_gan import XMCGAN

__all__ = ["XMCGAN", "FlaxAdam", "XMCGANDiscriminator", "XMCGANGenerator"]
