"""Sample grids and attention pictures of a text-to-image run: files and TensorBoard images."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from recipes.pictures import attention_picture, grid, save_png, stack


class CaptionSamples:
    """Pictures of fixed captions from fixed noise, so that two steps of a run can be compared.

    Args:
        model: a text-to-image system with `generate`.
        captions: the captions, a row each.
        images_per_caption: pictures a row.
        seed: of the noise.
        unknown: "drop" | "unk", what unknown words become.
    """

    def __init__(self, model, captions, images_per_caption=6, seed=0, unknown="drop"):
        self.model, self.captions = model, list(captions)
        self.images_per_caption, self.seed, self.unknown = images_per_caption, seed, unknown

    def __call__(self, directory, step):
        """Write `step_N.png`, `step_N_attention.png` and both as TensorBoard images."""
        count = self.images_per_caption
        images, details = self.model.generate(
            self.captions, images_per_caption=count, seed=self.seed, unknown=self.unknown,
            return_details=True,
        )
        first = range(0, len(images), count)
        written = {
            "": grid(images, count, labels=self.captions),
            "_attention": stack([
                attention_picture(images[row], details["attention"][row], details["tokens"][row])
                for row in first
            ]),
        }
        for name, picture in written.items():
            save_png(Path(directory) / f"step_{step:07d}{name}.png", picture)
            tf.summary.image(f"samples{name}", np.asarray(picture)[None])
        tf.summary.text("captions", tf.constant(self.captions))
