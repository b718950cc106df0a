"""StackGAN++ (arXiv 1710.10916), with mode seeking as a switch."""

from zoo.models.stackgan_v2.generator import StackGANV2Generator
from zoo.models.stackgan_v2.stackgan_v2 import StackGANV2

__all__ = ["StackGANV2", "StackGANV2Generator"]
