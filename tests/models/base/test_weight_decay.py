"""Weight decay in the gradient, on one device and on two."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.base.test_system import Line, line_batches
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from zoo.models.base.weight_decay import coupled_weight_decay

RATE = 0.5


class DecayedLine(Line):
    """`Line` with weight decay."""

    def training_step(self, batch):
        variables = self.dense.trainable_variables
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.dense(batch["x"]) - batch["y"]) ** 2)
        decay = coupled_weight_decay(variables, RATE)
        self.apply_gradients("line_optimizer", tape, loss, variables, decay)
        return {"loss": loss}


def train(strategy, steps=3):
    with strategy.scope():
        model = DecayedLine()
        model.compile(optimizer=keras.optimizers.SGD(0.1))
        model.dense.bias.assign([2.0])
    step = tf.function(lambda b: strategy.run(model.train_step, (b,)), autograph=False)
    for batch in line_batches(steps):
        data = tf.data.Dataset.from_tensors(batch).unbatch().batch(8)
        step(next(iter(strategy.experimental_distribute_dataset(data))))
    return model.dense.kernel.numpy(), model.dense.bias.numpy()


def test_a_step_goes_down_loss_and_squared_weights():
    kernel, bias = train(tf.distribute.get_strategy(), steps=1)
    (batch,) = line_batches(1)
    error = 2 * (batch["x"].sum(1, keepdims=True) + 2.0 - batch["y"]) / 8
    np.testing.assert_allclose(kernel, 1 - 0.1 * (batch["x"].T @ error + RATE), atol=1e-6)
    np.testing.assert_allclose(bias, 2 - 0.1 * (error.sum(0) + RATE * 2), atol=1e-6)


def test_two_replicas_decay_as_one_does(two_devices):  # noqa: F811
    alone = train(tf.distribute.get_strategy())
    for one, two in zip(alone, train(two_devices), strict=True):
        np.testing.assert_allclose(two, one, atol=1e-6)


def test_adam_scales_the_decay_too():
    """Without a loss's gradient, a step of Adam has the same size for every weight."""
    variable = keras.Variable([1.0, -0.01])
    optimizer = keras.optimizers.Adam(0.1, epsilon=1e-8)
    gradients = coupled_weight_decay([variable], 0.1)([tf.zeros(2)])
    optimizer.apply_gradients(zip(gradients, [variable], strict=True))
    np.testing.assert_allclose(variable.numpy(), [0.9, 0.09], rtol=1e-3)


def test_rate_zero_is_no_transform():
    assert coupled_weight_decay([keras.Variable([1.0])], 0.0) is None


def test_gradients_and_variables_must_belong_together():
    with pytest.raises(ValueError):
        coupled_weight_decay([keras.Variable([1.0])], 0.1)([tf.zeros(1), tf.zeros(1)])
