"""LSTM cell with the parameters of the papers' framework."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("zoo")
class LSTMCell(keras.layers.LSTMCell):
    """`keras.layers.LSTMCell` with two bias vectors, one per kernel.

    The output depends on their sum only, but an optimizer updates both, so that the effective bias
    changes twice as fast as a single one would, and both count in a clipped gradient norm.
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.recurrent_bias = self.add_weight(
            (4 * self.units,), self.bias_initializer, name="recurrent_bias"
        )

    def call(self, inputs, states, training=False):
        hidden, carry = states
        gates = ops.matmul(inputs, self.kernel) + self.bias
        gates += ops.matmul(hidden, self.recurrent_kernel) + self.recurrent_bias
        gate_in, gate_forget, candidate, gate_out = ops.split(gates, 4, axis=-1)
        carry = ops.sigmoid(gate_forget) * carry + ops.sigmoid(gate_in) * ops.tanh(candidate)
        hidden = ops.sigmoid(gate_out) * ops.tanh(carry)
        return hidden, [hidden, carry]
