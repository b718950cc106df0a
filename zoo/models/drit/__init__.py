"""DRIT (arXiv 1808.00948), with mode seeking as a switch."""

from zoo.models.drit.attribute_encoder import AttributeEncoder
from zoo.models.drit.content_encoder import ContentEncoder
from zoo.models.drit.drit import DRIT
from zoo.models.drit.generator import DRITGenerator

__all__ = ["DRIT", "AttributeEncoder", "ContentEncoder", "DRITGenerator"]
