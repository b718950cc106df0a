"""Schedule of DRIT's steps: pure functions of the step's number, an int or integer tensor.

Checked against HelenMao/MSGAN DRIT-Mode-Seeking/train.py.
"""


def is_full_step(step, every=3, steps_per_epoch=None):
    """Whether a step trains everything, or (False) only the content discriminator.

    Args:
        step: the number of the step, counted from 0.
        every: int. One step in so many is a full one: the last of each group.
        steps_per_epoch: int or None. If given, the count restarts each epoch, and the last two
            steps of an epoch are always full.

    Returns:
        bool, or a boolean tensor.
    """
    if steps_per_epoch is None:
        return (step + 1) % every == 0
    index = step % steps_per_epoch
    return ((index + 1) % every == 0) | (index >= steps_per_epoch - 2)
