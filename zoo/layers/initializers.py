"""Initializers of the papers' networks, such as the AttnGAN family's (official `weights_init`)."""

import math

import keras
import tensorflow as tf

SMALLEST = 64  # columns from which matrix products are faster


@keras.saving.register_keras_serializable("zoo")
class TallOrthogonal(keras.initializers.Orthogonal):
    """Keras' `Orthogonal` with the same values, up to rounding, in a fraction of the time.

    The QR decomposition of a large random matrix A takes tens of seconds in TensorFlow. With a
    positive diagonal of R, as in Keras, R' is the Cholesky factor of A'A and Q = A / R, which
    are matrix products. A tall random matrix is well conditioned (2.1 with eight times as many
    rows as columns, 5.8 with twice as many), so hardly any precision is lost; if A is nearly
    square or small, Keras' own initializer is used.
    """

    def __call__(self, shape, dtype=None):
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall, narrow = max(rows, columns), min(rows, columns)
        if len(shape) < 2 or narrow < SMALLEST or tall < 2 * narrow:
            return super().__call__(shape, dtype)
        matrix = keras.random.normal((tall, narrow), seed=self.seed, dtype=dtype)
        factor = tf.linalg.cholesky(tf.matmul(matrix, matrix, transpose_a=True))
        inverse = tf.linalg.triangular_solve(factor, tf.eye(narrow, dtype=matrix.dtype))
        if rows < columns:
            matrix = tf.matmul(inverse, matrix, transpose_b=True)
        else:
            matrix = tf.matmul(matrix, inverse, transpose_b=True)
        return self.gain * tf.reshape(matrix, shape)


def orthogonal():
    """Orthogonal, gain 1, on the matrix (outputs, inputs x kernel)."""
    return TallOrthogonal(gain=1.0)


def gamma():
    """Batch-norm scale, N(1, 0.02)."""
    return keras.initializers.RandomNormal(mean=1.0, stddev=0.02)


def uniform(limit):
    """U(-limit, limit)."""
    return keras.initializers.RandomUniform(-limit, limit)


def normal(stddev=0.02):
    """N(0, stddev), DCGAN's choice."""
    return keras.initializers.RandomNormal(mean=0.0, stddev=stddev)


def xavier_normal(gain=0.02):
    """N(0, gain * sqrt(2 / (fan_in + fan_out))); BicycleGAN's choice with gain 0.02."""
    return keras.initializers.VarianceScaling(gain**2, "fan_avg", "untruncated_normal")
