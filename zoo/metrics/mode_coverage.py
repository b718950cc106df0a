"""Mode coverage: the share of a caption's true modes that a generator covers.

It needs data whose true modes are known, such as `zoo.data.Shapes`, and a classifier of the modes
of images. Modes are counted as in the mode collapse literature (VEEGAN, arXiv 1705.07761; PacGAN,
arXiv 1712.04086), but per caption.
Protocol: a reported number names the number of samples, since few samples cannot cover many modes;
`ideal_share` is the expectation for a perfect generator.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers


def mode_coverage(assigned_modes, true_modes):
    """Compares the modes of one caption's samples with the caption's true modes.

    A row of `assigned_modes` that is not a true mode, such as a row of -1 for a sample that the
    classifier does not recognize, does not match the caption.

    Args:
        assigned_modes: ints (n, attributes), the mode of each sample.
        true_modes: ints (m, attributes), the modes that match the caption, all different.

    Returns:
        dict:
            covered: int, true modes with at least one sample.
            share: covered / m.
            ideal_share: 1 - (1 - 1 / m)^n, the expected share for n uniform draws from the true
                modes.
            on_caption: share of the samples that are in a true mode.
            entropy: entropy of the modes of these samples, in nats; log m if they are uniform, 0
                for a single mode or if no sample matches the caption.

    Raises:
        ZooError: other shapes, no row, or a duplicate true mode.
    """
    assigned, true = (real_numbers(x, "An array of modes") for x in (assigned_modes, true_modes))
    if assigned.ndim != 2 or true.ndim != 2 or assigned.shape[1] != true.shape[1]:
        raise ZooError(
            "mode_coverage needs modes (n, attributes) and true modes (m, attributes), got "
            f"{assigned.shape} and {true.shape}."
        )
    if not (len(assigned) and len(true)):
        raise ZooError("mode_coverage needs at least one sample and one true mode.")
    if len(np.unique(true, axis=0)) != len(true):
        raise ZooError("true_modes must all be different, got one of them twice.")
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
    """Mean of each number of `mode_coverage` over captions, with equal weights.

    Args:
        assigned_modes: a sequence with one array (n, attributes) per caption.
        true_modes: a sequence with one array (m, attributes) per caption.

    Returns:
        dict of floats.

    Raises:
        ZooError: no caption, sequences of different lengths, or arrays of other shapes.
    """
    if len(assigned_modes) != len(true_modes) or not len(true_modes):
        raise ZooError(
            "mean_mode_coverage needs samples and true modes of the same captions, at least one, "
            f"got {len(assigned_modes)} and {len(true_modes)}."
        )
    rows = [mode_coverage(*pair) for pair in zip(assigned_modes, true_modes, strict=True)]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
