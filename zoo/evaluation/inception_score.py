"""Inception score of generated images from the logits of a classifier."""

import numpy as np

from zoo.evaluation.measures import Measure
from zoo.metrics.class_probabilities import class_logits, class_probabilities
from zoo.metrics.inception_score import inception_score


def measure_inception_score(outputs, network, shape, protocol, seed):
    """Inception score as a `Measure`; the images are shuffled before they are split.

    Args:
        outputs: dict of float32 `logits` (n, classes) and `features` (n, d), ordered by condition.
        network: `FeatureNetwork` of the outputs.
        shape: (conditions, images per condition).
        protocol: `Protocol`: its `splits` and `remainder`, and `official_logits`: True omits the
            last bias if the kernel of the network is known, as in OpenAI's script.
        seed: int, of the order.
    """
    biased = not (protocol.official_logits and network.logit_kernel is not None)
    logits = outputs["logits"] if biased else class_logits(
        outputs["features"], network.logit_kernel
    )
    probabilities = class_probabilities(logits)
    splits, warnings = min(protocol.splits, len(probabilities)), []
    if splits < protocol.splits:
        warnings.append(f"{splits} splits instead of {protocol.splits}: there are no more images")
    if protocol.official_logits and biased:
        warnings.append(
            "the logits include the bias, which the official script omits: the kernel of "
            f"{network.name} is unknown"
        )

    def score(units):
        rows = units.reshape(-1, units.shape[-1])
        rows = rows[np.random.RandomState(seed).permutation(len(rows))]
        return inception_score(rows, splits, protocol.remainder)

    return Measure(
        f"inception_score[{network.name}]", probabilities.reshape(*shape, -1),
        lambda units: score(units)[0],
        {"generated": len(probabilities), "splits": splits, "remainder": protocol.remainder,
         "order": "shuffled by the seed", "bias": biased, "classes": probabilities.shape[1],
         "network": network.record(), "family": network.family}, "higher",
        {"std_over_splits": score(probabilities.reshape(*shape, -1))[1]} if splits > 1 else {},
        warnings,
        costly=probabilities.size > 10**7,
    )
