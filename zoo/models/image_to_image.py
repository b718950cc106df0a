"""Pictures in, pictures out: what the image-to-image systems share."""

import numpy as np
import tensorflow as tf

from zoo.images.read import read_pictures, to_float
from zoo.models.base.conditional_gan import ConditionalGAN, to_uint8


class ImageToImage(ConditionalGAN):
    """A conditional GAN whose condition is a picture.

    Batches are dicts of float32 (batch, size, size, channels) in [-1, 1]: `source`, what the model
    is given, and `target`, what it is to draw.
    """

    task = "image-to-image"
    condition_fields = ("source",)
    directions = ()  # names of the ways to translate, of a system that has several

    def call(self, inputs, training=False):
        """The generator (in training) or its moving average, on a dict of `source`, `latents`."""
        return (self.generator if training else self.generating)(inputs, training=training)

    def sample(self, source, seeds=None, latents=None):
        """Pictures of pictures; a row depends on its own source and seed, or latent, alone.

        Shapes: source float (batch, h, w, channels) in [-1, 1], seeds int64 (batch,), or in their
        place latents float (batch, latent_dim) -> float (batch, h, w, target channels) in [-1, 1].
        """
        inputs = {"source": source}
        if self.latent_dim:
            inputs["latents"] = self.latents(seeds) if latents is None else latents
        return self(inputs, training=False)["images"]

    def generate(self, images, samples_per_condition=1, seed=0, batch_size=4):
        """Pictures of pictures.

        Args:
            images: what `zoo.images.read` reads: arrays of uint8 or of floats in [-1, 1], a
                file, a list of both, or a folder; in any size, scaled to the model's.
            samples_per_condition: int, at least 1. Sample k of a picture uses the seed `seed + k`.
            seed: int, or a list of one int for each picture.
            batch_size: int. Pictures made at a time; the result does not depend on it.

        Returns:
            uint8 (pictures * samples_per_condition, size, size, target channels), a picture's
            samples in a row.

        Raises:
            ZooError: no pictures, one that cannot be read, or a wrong argument.
        """
        return self.pictures_of(images, samples_per_condition, seed, batch_size)

    def condition_rows(self, conditions):
        source = read_pictures(conditions, self.image_size, self.source_channels)
        return {"source": PictureRows(source)}, len(source)

    def row_specs(self):
        shape = [None, self.image_size, self.image_size, self.source_channels]
        return {**super().row_specs(), "source": tf.TensorSpec(shape, tf.float32)}

    def rows_to_outputs(self, rows):
        return {"images": to_uint8(tf.cast(self.sample(**rows), tf.float32))}


class PictureRows:
    """Each picture `times` in a row, as float32 in [-1, 1]; made when a slice is taken."""

    def __init__(self, pictures, times=1):
        self.pictures = pictures
        self.times = times

    def repeat(self, times, axis=0):
        """As that of an array, along the rows."""
        return PictureRows(self.pictures, self.times * times)

    def __len__(self):
        return len(self.pictures) * self.times

    def __getitem__(self, part):
        return to_float(self.pictures[np.arange(len(self))[part] // self.times])
