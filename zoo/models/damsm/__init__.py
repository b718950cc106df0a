"""DAMSM: the text and image encoders that judge how well an image fits its caption."""

from zoo.models.damsm.damsm import DAMSM

__all__ = ["DAMSM"]
