"""DAMSM: the text and image encoders that judge how well a picture fits its caption."""

from zoo.models.damsm.damsm import DAMSM

__all__ = ["DAMSM"]
