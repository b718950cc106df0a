"""MirrorGAN (arXiv 1903.05854), with mode seeking as a switch, and STREAM, its captioning."""

from zoo.models.mirror_gan.generator import MirrorGANGenerator
from zoo.models.mirror_gan.mirror_gan import MirrorGAN
from zoo.models.mirror_gan.stream import CaptionPretraining

__all__ = ["MirrorGAN", "MirrorGANGenerator", "CaptionPretraining"]
