"""AttnGAN (arXiv 1711.10485), with mode seeking as a switch."""

from zoo.models.attn_gan.attn_gan import AttnGAN
from zoo.models.attn_gan.generator import AttnGANGenerator

__all__ = ["AttnGAN", "AttnGANGenerator"]
