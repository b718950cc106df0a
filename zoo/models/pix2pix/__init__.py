"""Pix2Pix with a latent (arXiv 1611.07004, 1711.11586), with mode seeking as a switch."""

from zoo.models.pix2pix.pix2pix import Pix2Pix

__all__ = ["Pix2Pix"]
