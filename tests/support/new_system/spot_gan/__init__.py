"""SpotGAN, the smallest system that the zoo's parts carry."""

from zoo.models.spot_gan.spot_gan import SpotGAN

__all__ = ["SpotGAN"]
