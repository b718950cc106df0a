"""BicycleGAN (arXiv 1711.11586), with mode seeking as a switch."""

from zoo.models.bicyclegan.bicyclegan import BicycleGAN
from zoo.models.bicyclegan.encoder import ConvEncoder, ResNetEncoder

__all__ = ["BicycleGAN", "ConvEncoder", "ResNetEncoder"]
