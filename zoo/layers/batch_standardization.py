"""Batch normalisation without weights, for layers that bring their own scale and shift."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("zoo")
class BatchStandardization(keras.layers.Layer):
    """Every channel at mean 0 and variance 1 over batch and space.

    The rule is Flax' `BatchNorm`: the running variance follows the *biased* batch variance (compare
    `zoo.layers.batch_normalization`). It runs on the fused kernel where that exists.

    Args:
        epsilon: float. Added to the variance.
        momentum: float. Share of the running statistics that an update keeps.
        synchronized: bool. Average E[x] and E[x^2] over the replicas of a `tf.distribute` strategy.

    Call arguments: `training`, batch statistics in place of the running ones; `update`, whether
    these follow, by default as `training`.

    Shapes: (batch, h, w, channels) to the same.
    """

    def __init__(self, epsilon=1e-5, momentum=0.9, synchronized=False, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.momentum = momentum
        self.synchronized = synchronized

    def build(self, input_shape):
        shape = (input_shape[-1],)
        # replicas write the mean of their statistics, so that all keep the same and resume the same
        running = {"trainable": False, "autocast": False, "aggregation": "mean"}
        self.moving_mean = self.add_weight(shape, "zeros", name="moving_mean", **running)
        self.moving_variance = self.add_weight(shape, "ones", name="moving_variance", **running)

    def call(self, inputs, training=False, update=None):
        x = tf.convert_to_tensor(inputs)
        if not training:
            return self._apply(x, self.moving_mean, self.moving_variance)
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        shared = self.synchronized and replicas > 1
        if x.dtype == tf.float64 or shared:
            mean, variance = self._statistics(x, shared)
            y = self._apply(x, mean, variance)
        else:
            y, mean, variance = self._fused(x)
        if update is None or update:
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        return y

    def _fused(self, x):
        """(result, mean, biased variance); the kernel gives n / (n - 1) times the last."""
        one = tf.ones([x.shape[-1]])
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            x, one, tf.zeros_like(one), epsilon=self.epsilon, is_training=True
        )
        count = tf.cast(tf.size(x) // tf.shape(x)[-1], variance.dtype)
        return y, mean, variance * (count - 1) / count

    def _statistics(self, x, shared):
        x = tf.cast(x, self.variable_dtype)
        moments = [tf.reduce_mean(x, [0, 1, 2]), tf.reduce_mean(tf.square(x), [0, 1, 2])]
        context = tf.distribute.get_replica_context()
        if shared and context is not None:
            moments = context.all_reduce("mean", moments)
        mean, square = moments
        return mean, tf.maximum(square - tf.square(mean), 0)

    def _apply(self, x, mean, variance):
        mean, variance = tf.cast(mean, x.dtype), tf.cast(variance, x.dtype)
        return tf.nn.batch_normalization(x, mean, variance, None, None, self.epsilon)

    def _follow(self, running, value):
        running.assign(running * self.momentum + value * (1 - self.momentum))

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "momentum": self.momentum,
            "synchronized": self.synchronized,
        }
