"""Adam's step as one TensorFlow operation per variable.

Keras' step consists of about ten operations per variable, most of which read and write memory as
large as the variable: several percent of a training step on a CPU.
"""

import types

import keras
import tensorflow as tf

DTYPES = (tf.float32, tf.float64)


def fuse(optimizer):
    """Makes a Keras Adam take its steps with the operation `ResourceApplyAdam`.

    The optimizer, its variables, their names and its configuration remain Keras' own, and so does
    all that Keras does around the step: clipping, weight decay, gradient accumulation, averages
    and loss scaling.

    Args:
        optimizer: a Keras optimizer. It is left unchanged unless it is an Adam without `amsgrad`,
            or of a subclass with the attribute `corrected_epsilon`: True if epsilon is added to the
            bias-corrected second moment, as in arXiv 1412.6980, not to the moment itself.

    Returns:
        The same object.
    """
    plain = type(optimizer) is keras.optimizers.Adam
    if (plain or hasattr(optimizer, "corrected_epsilon")) and not optimizer.amsgrad:
        optimizer._distributed_tf_update_step = types.MethodType(_update_all, optimizer)
    return optimizer


def _update_all(optimizer, distribution, gradients_and_variables, learning_rate):
    """Replaces the Keras method of the same arguments; the scalars are computed once for all."""
    scalars = {dtype: _scalars(optimizer, learning_rate, dtype) for dtype in DTYPES}

    def update(variable, gradient):
        if variable.dtype not in DTYPES or isinstance(gradient, tf.IndexedSlices):
            optimizer.update_step(gradient, variable, learning_rate)
        else:
            _apply(optimizer, gradient, variable, scalars[variable.dtype])

    for gradient, variable in gradients_and_variables:
        distribution.extended.update(variable, update, args=(gradient,), group=False)


def _scalars(optimizer, learning_rate, dtype):
    """dict of the operation's scalar arguments.

    Each beta is rounded to `dtype`, in its powers too: 1 - beta_2 and 1 - beta_2^t then have the
    same rounding error, which cancels in the step.
    """
    betas = [tf.constant(beta, dtype) for beta in (optimizer.beta_1, optimizer.beta_2)]
    step = tf.cast(tf.convert_to_tensor(optimizer.iterations) + 1, tf.float64)
    shares = [1 - tf.cast(beta, tf.float64) ** step for beta in betas]  # inexact in float32
    rate = tf.cast(learning_rate, tf.float64) * tf.sqrt(shares[1]) / shares[0]
    epsilon = tf.constant(optimizer.epsilon, tf.float64)
    if getattr(optimizer, "corrected_epsilon", False):
        epsilon = epsilon * tf.sqrt(shares[1])
    none = tf.zeros([], dtype)  # the bias correction is in `lr`
    return {
        "beta1_power": none,
        "beta2_power": none,
        "beta1": betas[0],
        "beta2": betas[1],
        "lr": tf.cast(rate, dtype),
        "epsilon": tf.cast(epsilon, dtype),
    }


def _apply(optimizer, gradient, variable, scalars):
    """m <- beta_1 m + (1 - beta_1) g, v <- beta_2 v + (1 - beta_2) g^2 and
    w <- w - rate m / (sqrt(v) + epsilon), in place."""
    index = optimizer._get_variable_index(variable)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=optimizer._momentums[index].value.handle,
        v=optimizer._velocities[index].value.handle,
        grad=tf.cast(gradient, variable.dtype),
        **scalars,
    )
