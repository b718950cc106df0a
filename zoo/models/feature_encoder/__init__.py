"""Small encoders whose features measure images."""

from zoo.models.feature_encoder.feature_encoder import FeatureEncoder

__all__ = ["FeatureEncoder"]
