"""DAMSM: text and image encoders that score how well an image fits its caption."""

from zoo.models.damsm.damsm import DAMSM

__all__ = ["DAMSM"]
