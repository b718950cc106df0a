"""A dense layer along the last axis of images and word sequences."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("zoo")
class PointwiseDense(keras.layers.Dense):
    """A dense layer along the last axis: a 1x1 convolution, as one matrix product.

    The same as `keras.layers.Dense`, which for more than two axes computes the shapes in the graph:
    25 operations, each of which takes time at the start of a process, instead of three.

    Shapes: (..., any) -> (..., units).
    """

    def call(self, inputs, training=None):
        outputs = super().call(ops.reshape(inputs, (-1, inputs.shape[-1])), training=training)
        leading = inputs.shape[:-1]
        if list(leading).count(None) > 1:
            leading = ops.shape(inputs)[:-1]
        return ops.reshape(outputs, (*(-1 if n is None else n for n in leading), self.units))
