"""One backward pass for several optimizers equals a separate one for each."""

import keras
import numpy as np
import tensorflow as tf

from zoo.models.base.system import System


class Pair(System):
    """y = a b x, with one optimizer per factor."""

    def __init__(self, together, **kwargs):
        super().__init__(**kwargs)
        self.together = together
        self.a, self.b = (keras.Variable(v, dtype="float32") for v in (2.0, 3.0))

    @property
    def optimizer_groups(self):
        return {"optimizer": {"a_optimizer": [self.a], "b_optimizer": [self.b]}}

    def step(self):
        with tf.GradientTape(persistent=not self.together) as tape:
            loss = tf.convert_to_tensor(self.a) ** 2 * tf.convert_to_tensor(self.b)
        if self.together:
            self.apply_joint_gradients(tape, loss, self.optimizer_groups["optimizer"])
        else:
            for name, variables in self.optimizer_groups["optimizer"].items():
                self.apply_gradients(name, tape, loss, variables)


def stepped(together, optimizer):
    pair = Pair(together)
    pair.compile(optimizer=optimizer)
    pair.step()
    return pair


def values(pair):
    return [float(pair.a), float(pair.b)]


def test_the_same_steps():
    for optimizer in (keras.optimizers.SGD, keras.optimizers.Adam):
        together, apart = (stepped(t, optimizer(0.01)) for t in (True, False))
        np.testing.assert_allclose(values(together), values(apart), rtol=1e-6)
    # 2 a b and a^2 at a = 2, b = 3
    np.testing.assert_allclose(
        values(stepped(True, keras.optimizers.SGD(0.01))), [2 - 0.12, 3 - 0.04], rtol=1e-6
    )


def test_each_optimizer_has_its_own_scale():
    """mixed_float16 scales the loss for one optimizer; the others' gradients are rescaled."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        pair = Pair(True)
        pair.compile(optimizer=keras.optimizers.SGD(0.01))
        pair.b_optimizer.dynamic_scale.assign(64.0)
        pair.step()
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_allclose(values(pair), [2 - 0.12, 3 - 0.04], rtol=1e-5)
