"""Mode coverage: how many of a caption's right images a generator makes.

It needs a world whose true modes are known, such as `zoo.data.Shapes`, and a classifier of its
images, such as `zoo.data.ShapeModes`. The counting follows the counts of modes in the mode
collapse literature (VEEGAN, arXiv 1705.07761; PacGAN, arXiv 1712.04086), taken caption by caption.
Protocol: the number of samples belongs to a reported number, since few samples cannot reach many
modes; `ideal_share` tells what a perfect generator would reach.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers


def mode_coverage(assigned_modes, true_modes):
    """Compares the modes of one caption's samples with the caption's true modes.

    A row of `assigned_modes` that is no true mode, such as a row of -1 for a sample that shows
    nothing of its world, is off the caption.

    Args:
        assigned_modes: ints (n, attributes), the mode of each sample.
        true_modes: ints (m, attributes), the modes that the caption leaves possible, all
            different.

    Returns:
        dict:
            covered: int, true modes that one sample at least lies in.
            share: covered / m.
            ideal_share: 1 - (1 - 1 / m)^n, the share to expect of n draws that are uniform over
                the true modes.
            on_caption: share of the samples that lie in a true mode.
            entropy: of the modes of these samples, in nats; log m when they are uniform, 0 when
                there is one mode or no sample on the caption.

    Raises:
        ZooError: other shapes, no row, or a true mode that comes twice.
    """
    assigned, true = (real_numbers(x, "An array of modes") for x in (assigned_modes, true_modes))
    if assigned.ndim != 2 or true.ndim != 2 or assigned.shape[1] != true.shape[1]:
        raise ZooError(
            "mode_coverage needs modes (n, attributes) and true modes (m, attributes), but "
            f"{assigned.shape} and {true.shape} came."
        )
    if not (len(assigned) and len(true)):
        raise ZooError("mode_coverage needs one sample and one true mode at least.")
    if len(np.unique(true, axis=0)) != len(true):
        raise ZooError("true_modes must all be different, but one of them comes twice.")
    counts = (assigned[:, None] == true).all(-1).sum(0)  # (m,)
    covered, hits = int((counts > 0).sum()), int(counts.sum())
    rates = counts[counts > 0] / max(hits, 1)
    return {
        "covered": covered,
        "share": covered / len(true),
        "ideal_share": float(1 - (1 - 1 / len(true)) ** len(assigned)),
        "on_caption": hits / len(assigned),
        "entropy": float(abs(np.sum(rates * np.log(rates)))),
    }


def mean_mode_coverage(assigned_modes, true_modes):
    """Mean of each number of `mode_coverage` over captions, each caption counting the same.

    Args:
        assigned_modes: a sequence with an array (n, attributes) for each caption.
        true_modes: a sequence with an array (m, attributes) for each caption.

    Returns:
        dict of floats.

    Raises:
        ZooError: no caption, sequences of different lengths, or arrays of other shapes.
    """
    if len(assigned_modes) != len(true_modes) or not len(true_modes):
        raise ZooError(
            "mean_mode_coverage needs samples and true modes of the same captions, one at least, "
            f"but {len(assigned_modes)} and {len(true_modes)} came."
        )
    rows = [mode_coverage(*pair) for pair in zip(assigned_modes, true_modes, strict=True)]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
