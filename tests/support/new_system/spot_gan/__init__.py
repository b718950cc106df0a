"""SpotGAN, the smallest system built from the zoo's parts."""

from zoo.models.spot_gan.spot_gan import SpotGAN

__all__ = ["SpotGAN"]
