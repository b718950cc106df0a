"""Mixin for encoders on top of a frozen pre-trained network."""

import keras

from zoo.images.matrix_resize import resize_bilinear


class FrozenTrunk:
    """Mixin for layers with a `trunk` that is never trained and reads images of one `size`.

    `trainable_variables` are those of the layer's other parts only, whatever `trainable` a parent
    sets. The trunk's batch norms still use and update batch statistics when `training=True`. The
    layer sets `trunk` and `align_corners`, the mode of resizing (see `zoo.images.matrix_resize`).
    """

    size = None

    @property
    def trainable(self):
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        keras.layers.Layer.trainable.fset(self, value)
        self.trunk.trainable = False

    def resize(self, images):
        """Images of any size -> (batch, size, size, 3)."""
        return resize_bilinear(images, self.size, self.size, self.align_corners)

    def get_config(self):
        return {**super().get_config(), "align_corners": self.align_corners}
