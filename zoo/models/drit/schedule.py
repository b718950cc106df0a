"""What DRIT trains when: pure functions of a step's number, for ints and integer tensors.

Checked against HelenMao/MSGAN DRIT-Mode-Seeking/train.py.
"""


def is_full_step(step, every=3, steps_per_epoch=None):
    """Whether a step trains everything, or (False) the content discriminator alone.

    Args:
        step: the number of the step, from 0 on.
        every: int. One step in so many is a full one: the last of each group.
        steps_per_epoch: int or None. With it the count starts anew each epoch, and the last two
            steps of an epoch are always full.

    Returns:
        bool, or a boolean tensor.
    """
    if steps_per_epoch is None:
        return (step + 1) % every == 0
    place = step % steps_per_epoch
    return ((place + 1) % every == 0) | (place >= steps_per_epoch - 2)
