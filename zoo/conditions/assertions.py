"""Assertions of served functions, whose errors are single sentences about an input."""

import tensorflow as tf


def require(condition, *message):
    """An assertion whose error is `message` only: words, and tensors shown as numbers."""
    return tf.debugging.Assert(condition, list(message), summarize=8)


def require_range(name, values, low, high):
    """All of `values`, integers, are from `low` to `high`."""
    fits = (values >= low) & (values <= high)
    first = tf.boolean_mask(values, ~fits)[:1]
    message = f"{name} must be from {low} to {high}; there is"
    return require(tf.reduce_all(fits), message, first)
