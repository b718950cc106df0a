"""DM-GAN (arXiv 1904.01310), and with mode seeking DM-GAN + MS (arXiv 2008.08976)."""

from zoo.models.dm_gan.dm_gan import DMGAN
from zoo.models.dm_gan.generator import DMGANGenerator

__all__ = ["DMGAN", "DMGANGenerator"]
