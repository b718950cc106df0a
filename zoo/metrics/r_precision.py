"""R-precision: the share of images whose own caption is nearer than mismatched captions.

Paper: AttnGAN, arXiv 1711.10485, section 4 (with R = 1). Checked against DM-GAN code/trainer.py,
the scoring lines of `sampling`.
Protocol of the papers: 30,000 images; image and sentence codes of the DAMSM; 100 candidates, the
true caption and 99 captions of other classes; hits are shuffled, then divided into ten folds.
Known deviation: the official code omits the last hit of each fold (an off-by-one slice);
`folds="official"` reproduces this, `folds="exact"` uses all hits.
"""

import numpy as np

from zoo.errors import ZooError, check_choice
from zoo.metrics.arrays import real_numbers, whole_number


def cosine_scores(image_codes, candidate_codes):
    """Cosine of each image with each of its candidate captions.

    The product of the two norms is at least 1e-8.

    Shapes: image_codes (n, d), candidate_codes (n, c, d) -> float64 (n, c).

    Raises:
        ZooError: other shapes, no rows, NaN or infinity.
    """
    images = real_numbers(image_codes, "R-precision's array of image codes")
    captions = real_numbers(candidate_codes, "R-precision's array of candidate codes")
    if images.ndim != 2 or captions.ndim != 3 or captions.shape[::2] != images.shape:
        raise ZooError(
            "R-precision needs image codes (n, d) and candidate codes (n, candidates, d), got "
            f"{images.shape} and {captions.shape}."
        )
    for name, codes in (("image codes", images), ("candidate codes", captions)):
        if not codes.size:
            raise ZooError(f"R-precision needs at least one image and candidate, got no {name}.")
    norms = np.linalg.norm(images, axis=1)[:, None] * np.linalg.norm(captions, axis=2)
    return np.einsum("nd,ncd->nc", images, captions) / np.maximum(norms, 1e-8)


def r_precision_hits(image_codes, candidate_codes):
    """1 if candidate 0, the true caption, is the nearest, else 0; a tie counts as a hit.

    Shapes: image_codes (n, d), candidate_codes (n, c, d) -> int64 (n,).

    Raises:
        ZooError: see `cosine_scores`.
    """
    return (cosine_scores(image_codes, candidate_codes).argmax(1) == 0).astype(np.int64)


def r_precision(hits, folds="exact", count=10):
    """Mean and population standard deviation of the hit rates of `count` folds.

    Fold k of n hits has the hits k n // count to (k + 1) n // count. Shuffle the hits first: the
    deviation is defined over random folds.

    Args:
        hits: (n,), each 0 or 1.
        folds: "exact", or "official" for folds without their last hit.
        count: int, number of folds.

    Returns:
        (mean, standard deviation), floats from 0 to 1.

    Raises:
        ZooError: another shape, other values, too few hits, or an unknown `folds`.
    """
    check_choice("folds", folds, ("official", "exact"))
    hits, short = np.asarray(hits), int(folds == "official")
    if hits.ndim != 1 or not np.isin(hits, (0, 1)).all():
        raise ZooError(f"hits must be zeros and ones of the shape (n,), got {hits.shape}.")
    count, hits = whole_number(count, "count"), hits.astype(np.float64)
    if len(hits) < count * (1 + short):
        raise ZooError(
            f'{count} "{folds}" folds need at least {count * (1 + short)} hits, got {len(hits)}.'
        )
    edges = [i * len(hits) // count for i in range(count + 1)]
    rates = [hits[a : b - short].mean() for a, b in zip(edges, edges[1:], strict=False)]
    return float(np.mean(rates)), float(np.std(rates))
