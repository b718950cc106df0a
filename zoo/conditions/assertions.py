"""Assertions for served functions, whose errors are single sentences about an input."""

import tensorflow as tf


def require(condition, *message):
    """An assertion whose error is only `message`: strings, and tensors printed as numbers."""
    return tf.debugging.Assert(condition, list(message), summarize=8)


def require_bytes(name, texts, most):
    """An assertion that all strings in `texts` have at most `most` bytes."""
    lengths = tf.strings.length(texts)
    message = f"{name} must have at most {most} bytes each; there is one of"
    return require(tf.reduce_all(lengths <= most), message, tf.reduce_max(lengths))


def require_range(name, values, low, high):
    """An assertion that all integers in `values` are from `low` to `high`."""
    fits = (values >= low) & (values <= high)
    first = tf.boolean_mask(values, ~fits)[:1]
    message = f"{name} must be from {low} to {high}; there is"
    return require(tf.reduce_all(fits), message, first)
