"""Learning rate schedules of the image-to-image systems.

Checked against HelenMao/MSGAN, Pix2Pix and DRIT (`get_scheduler` of their networks.py), and
junyanz/BicycleGAN.
"""

import tensorflow as tf

from zoo.errors import ZooError


def linear_decay(epoch, epochs, constant_epochs):
    """1 for the first epochs, then decreasing linearly: 1 - max(0, epoch - n) / (N - n + 1).

    Args:
        epoch: int tensor, the number of the epoch. DRIT and MSGAN's Pix2Pix count from 0,
            BicycleGAN from 1.
        epochs: int. N.
        constant_epochs: int. n.

    Returns:
        float32 scalar tensor; not below 0.
    """
    late = tf.cast(tf.maximum(epoch - constant_epochs, 0), tf.float32)
    return tf.maximum(0.0, 1.0 - late / (epochs - constant_epochs + 1))


def check_decay(model):
    """Raises `ZooError` if a model's decay would end before it begins: its rates would grow."""
    if model.steps_per_epoch is not None and model.constant_epochs > model.epochs:
        raise ZooError(
            f"{type(model).__name__}: `constant_epochs` must be at most `epochs`, the length of "
            f"the whole schedule, got {model.constant_epochs} of {model.epochs} epochs."
        )


def linear_decay_factor(model, first_epoch=0):
    """`linear_decay` at a model's iteration, from its `steps_per_epoch`, `epochs` and
    `constant_epochs`; None if it has no `steps_per_epoch`.

    Args:
        first_epoch: int. The number of the first epoch.
    """
    if model.steps_per_epoch is None:
        return None
    epoch = first_epoch + model.iteration.value // model.steps_per_epoch
    return linear_decay(epoch, model.epochs, model.constant_epochs)
