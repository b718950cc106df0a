"""Batching of images, shared by label-to-image and image-to-image systems.

As in `zoo.data.batches.text_to_image`, the batch of step n depends only on the seed and n, so
starting at `start_step` gives the same batches as an uninterrupted run.

References: pix2pix, arXiv 1611.07004, and BicycleGAN, arXiv 1711.11586, data/aligned_dataset.py;
DRIT, arXiv 1808.00948, src/dataset.py. Checked against the official code of HelenMao/MSGAN and
junyanz/BicycleGAN. Known deviations: every position of a crop is equally likely (Pix2Pix in MSGAN
never uses the last one); evaluation uses center crops without flips (in the official tests of
pix2pix and BicycleGAN, crops and flips are random).
"""

import dataclasses

import numpy as np
import tensorflow as tf

from zoo.data.batches.text_to_image import check_numbers, shuffled_indices
from zoo.errors import ZooError


@dataclasses.dataclass(frozen=True)
class Batching:
    """Batching settings that all tasks share.

    Attributes:
        image_size: int, side of the images of a batch, pixels.
        batch_size: int, at most the number of images of an endless data set.
        seed: int.
        start_step: int, the step of the first batch.
        training: False takes center crops without flips; the order is random nevertheless.
        load_size: int, pixels: an image is resized to this square and a random square of
            `image_size` is cropped; None is `image_size`, without a crop.
        pad: int, pixels: an image is resized to `image_size`, mirrored at its edges by so many
            pixels, and cropped at a random position; excludes `load_size`.
        flip: flips images horizontally with probability 1/2.
        cache: decodes and resizes every image once, at its first use, and keeps it in memory.
        rows: ints, the rows of each batch that are read, in this order; None: all.
    """

    image_size: int
    batch_size: int
    seed: int = 0
    start_step: int = 0
    training: bool = True
    load_size: int | None = None
    pad: int = 0
    flip: bool = False
    cache: bool = False
    rows: tuple | None = None

    @property
    def side(self):
        """Side of the images before the crop, pixels."""
        return self.image_size + 2 * self.pad if self.load_size is None else self.load_size

    def check(self, *sources):
        """Raises `ZooError` for invalid numbers, or a source without images."""
        check_numbers(
            self.rows, batch_size=self.batch_size, seed=self.seed, start_step=self.start_step,
            image_size=self.image_size, load_size=self.load_size, pad=self.pad,
        )
        if self.pad and (self.load_size is not None or not 0 < self.pad < self.image_size):
            raise ZooError(
                f"pad must be from 0 to image_size - 1, and 0 with a load_size, got pad {self.pad} "
                f"and load_size {self.load_size}."
            )
        if not 1 <= self.image_size <= self.side:
            raise ZooError(
                "image_size must be 1 or more and at most load_size, got image_size "
                f"{self.image_size} and load_size {self.side}."
            )
        if not all(map(len, sources)):
            raise ZooError("The data source has no images.")

    @tf.autograph.experimental.do_not_convert
    def indices(self, step, count):
        """int64 [B]: indices of the images of a step's batch; each of `count` once per epoch."""
        return self._own(shuffled_indices(step, self.batch_size, count, self.seed))

    @tf.autograph.experimental.do_not_convert
    def drawn_indices(self, step, count, salt):
        """int64 [B]: indices of images drawn at random, with replacement."""
        key = _key(self.seed ^ salt, step)
        shape = [self.batch_size]
        return self._own(tf.random.stateless_uniform(shape, key, 0, count, tf.int64, alg="philox"))

    @tf.autograph.experimental.do_not_convert
    def moves(self, step, salt=0):
        """Random crop positions, float [B, 2] or None, and flips, bool [B] or None."""
        if not self.training:
            return None, None
        key = _key(self.seed ^ salt, step)
        uniform = self._own(tf.random.stateless_uniform([self.batch_size, 3], key, alg="philox"))
        return uniform[:, :2], uniform[:, 2] < 0.5 if self.flip else None

    def _own(self, values):
        """The values of the rows that are read, of those of the whole batch."""
        return values if self.rows is None else tf.gather(values, self.rows)

    def endless(self, batch_of, count):
        """Endless `tf.data.Dataset` of `batch_of(step)`.

        Args:
            batch_of: function of a step, int64 scalar tensor -> dict of tensors.
            count: int, images per epoch.

        Raises:
            ZooError: a negative start, or a batch larger than an epoch.
        """
        if self.batch_size > count:
            raise ZooError(
                f"batch_size {self.batch_size} is larger than the number of images ({count}): "
                "use a smaller batch."
            )
        steps = tf.data.Dataset.range(self.start_step, np.iinfo(np.int64).max)
        return steps.map(batch_of, tf.data.AUTOTUNE, deterministic=True).prefetch(2)

    def once(self, batch_of, count):
        """Finite `tf.data.Dataset` of `batch_of(indices)`, in order; the last may be smaller."""
        indices = tf.data.Dataset.range(count).batch(self.batch_size)
        return indices.map(batch_of, tf.data.AUTOTUNE, deterministic=True).prefetch(2)


def _key(seed, step):
    return tf.stack([tf.constant(seed, tf.int64), step])
