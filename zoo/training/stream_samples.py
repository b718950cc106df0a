"""How well a captioning network tells what held-out pictures show: its score, and examples."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from zoo.data import evaluation_batches
from zoo.images.convert import to_uint8
from zoo.training.scores import MatchingScore
from zoo.visualization.caption_page import caption_page
from zoo.visualization.grid import save_png


class CaptionScore(MatchingScore):
    """Mean cross-entropy and accuracy of the words of held-out captions, words before given."""

    least = 1

    def _losses(self, batch):
        return self.model.losses(batch)

    def __call__(self):
        rows = [self._function(batch) for batch in self.batches]
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


class DescriptionSamples:
    """A few held-out pictures, their true captions beside them, their descriptions below.

    Args:
        model: a `Stream`.
        source: the held-out pictures.
        tokenizer, crop: see `evaluation_batches`.
        count: pictures.
    """

    def __init__(self, model, source, tokenizer, crop, count=8):
        self.model = model
        count = min(count, len(source))
        self.captions = [captions[0] for captions in source.captions[:count]]
        batches = evaluation_batches(source, tokenizer, model.image_sizes, count, crop=crop)
        self.pictures = next(iter(batches))["images"][-1].numpy()

    def __call__(self, directory, step):
        """Write `step_N.png`, also as a TensorBoard image."""
        images = to_uint8(self.pictures)
        picture = caption_page(self.captions, images, self.model.describe(images))
        save_png(Path(directory) / f"step_{step:07d}.png", picture)
        tf.summary.image("samples", picture[None])
