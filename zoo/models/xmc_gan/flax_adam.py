"""Adam as in Flax."""

import keras
from keras import ops

from zoo.errors import ZooError


@keras.saving.register_keras_serializable("zoo")
class FlaxAdam(keras.optimizers.Adam):
    """Adam (arXiv 1412.6980, algorithm 1) with epsilon added to the *corrected* second moment.

    Keras adds epsilon to the uncorrected moment, which makes it thirty times as large in the first
    step. This matters where gradients are close to epsilon. Checked against flax.optim.Adam.
    """

    corrected_epsilon = True  # for `zoo.models.base.fused_adam`

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.amsgrad:
            raise ZooError("FlaxAdam has no `amsgrad`, as Flax's Adam: leave it out.")

    def update_step(self, gradient, variable, learning_rate):
        """w <- w - rate * m' / (sqrt(v') + epsilon), m' and v' the corrected moments."""
        gradient = ops.cast(gradient, variable.dtype)
        step = ops.cast(self.iterations + 1, "float64")  # 1 - 0.999 is inexact in float32
        index = self._get_variable_index(variable)
        corrected = []
        for moment, beta, value in (
            (self._momentums[index], self.beta_1, gradient),
            (self._velocities[index], self.beta_2, ops.square(gradient)),
        ):
            self.assign_add(moment, (value - moment) * (1 - beta))
            share = 1 - ops.power(ops.cast(beta, "float64"), step)
            corrected.append(moment / ops.cast(share, variable.dtype))
        change = corrected[0] / (ops.sqrt(corrected[1]) + self.epsilon)
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * change)
