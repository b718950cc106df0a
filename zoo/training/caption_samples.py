"""Sample grids and explaining panels of a text-to-image run: files and TensorBoard images."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from zoo.visualization.attention_panel import panel
from zoo.visualization.caption_page import caption_page
from zoo.visualization.explain import explanations, labels_of
from zoo.visualization.grid import grid, save_png


class CaptionSamples:
    """Pictures of fixed captions from fixed noise, so that two steps of a run can be compared.

    Args:
        model: a text-to-image system with `generate`.
        captions: list of str, a row each; float (rows, features) for a model of embeddings; None
            for one without condition.
        images_per_caption: pictures a row.
        seed: of the noise.
        unknown: "drop" | "unk", what unknown words become.
        labels: list of str, what is written at each row; by default the captions.
    """

    def __init__(
        self, model, captions, images_per_caption=6, seed=0, unknown="drop", labels=None
    ):
        self.model, self.captions, self.labels = model, captions, labels or labels_of(captions)
        self.images_per_caption, self.seed, self.unknown = images_per_caption, seed, unknown

    def __call__(self, directory, step):
        """Write `step_N.png`, with attention `step_N_explain.png`, and both as TensorBoard images.

        The second has what the pictures' own making shows, without the strips of one noise alone.
        A model that can say what pictures show adds `step_N_described.png`.
        """
        images, details = self.model.generate(
            self.captions, images_per_caption=self.images_per_caption, seed=self.seed,
            unknown=self.unknown, return_details=True,
        )
        written = {"": grid(images, self.images_per_caption, labels=self.labels)}
        if "attention" in details:
            written["_explain"] = panel(explanations(self.labels, self.seed, images, details))
        if hasattr(self.model, "describe"):
            told = self.model.describe(images)
            written["_described"] = caption_page(self.labels, images, told)
        for name, picture in written.items():
            save_png(Path(directory) / f"step_{step:07d}{name}.png", picture)
            tf.summary.image(f"samples{name}", np.asarray(picture)[None])
        tf.summary.text("captions", tf.constant(self.labels))
