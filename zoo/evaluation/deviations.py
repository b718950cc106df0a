"""Deviations of an evaluation from its protocol, which are noted next to every number."""

import numpy as np

from zoo.evaluation import soa
from zoo.evaluation.protocols import count_deviations

LARGER = 1.25  # ratio of the sides from which on the objects of a crop have another size


def protocol_deviations(subject, real, available, protocol, requested, evaluators, per_class=None):
    """Deviations from a protocol: a list of str.

    Args:
        real: `ImageSet` of the real images. available: int, number of all real images.
        protocol: `Protocol` with its own counts; requested: with the counts of this evaluation.
        evaluators: `Evaluators`.
        per_class: bool or None, the option of this name.
    """
    conditions, samples = subject.shape
    classes = None
    if subject.kind == "labels":
        classes = subject.model.condition.classes
    elif subject.kind in (None, "nothing"):
        conditions = samples = None
        if protocol.conditions is None and real.class_names:  # a folder, with all classes
            classes = len(real.class_names)
            if subject.kind is None and subject.images.labels is not None:
                counts = np.bincount(subject.images.labels, minlength=classes)
                conditions, samples = int((counts > 0).sum()), int(counts.min())
    deviations = count_deviations(
        protocol, conditions, samples, subject.count, len(real), classes, available
    )
    if subject.kind == "labels" and conditions < classes:
        deviations.append(
            f"the real images are of all classes, the generated ones of {conditions} of {classes}"
        )
    if protocol.network == "inception" and not any(n.family for n in evaluators.networks):
        deviations.append(
            "an encoder of this zoo instead of Inception: not comparable with the FID of a paper"
        )
    if "lpips" in protocol.needs and evaluators.lpips is None:
        deviations.append("no LPIPS, because `lpips_trunk` and `lpips_heads` were not given")
    splits = protocol.equal_values("condition_split")
    if requested.condition_split not in splits:
        deviations.append(
            f'conditions of the split "{requested.condition_split}" instead of '
            + " or ".join(f'"{split}"' for split in splits)
        )
    bins = protocol.equal_values("bins")
    if requested.bins not in bins:
        deviations.append(
            f"{requested.bins} bins of NDB instead of {' or '.join(map(str, bins))}"
        )
    if requested.folds != protocol.folds:
        deviations.append(f'"{requested.folds}" folds of R-precision, not "{protocol.folds}"')
    if per_class not in (None, protocol.per_class):
        deviations.append(
            "each class is evaluated separately, too, and NDB only so" if per_class
            else "classes are not evaluated separately"
        )
    return deviations + _other_scale(subject) + soa.deviations(subject, evaluators)


def _other_scale(subject):
    """The deviation of a model that was trained on crops of much larger images, as a list."""
    training, side = getattr(subject.data, "training", {}), subject.size[0]
    loaded = training.get("data.load_size") or 0
    if loaded <= LARGER * side:
        return []
    return [f"images are resized to {side} pixels, training cropped {side} of {loaded}: another "
            "scale"]
