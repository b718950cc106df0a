"""Small image classifiers whose features are used in metrics."""

from zoo.models.feature_encoder.feature_encoder import FeatureEncoder

__all__ = ["FeatureEncoder"]
