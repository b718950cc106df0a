"""`cell_agreement`: whether images generated from label maps show what the maps say.

For presets that translate label maps, such as those of facades. A reader, an encoder trained on
real photos and their label maps, names the class of every cell of a generated image; the measure is
the share of the cells whose class is that of the label map. The reader's own share for the real
photos of the same label maps is reported with it: no generator can be expected to exceed it.
"""

import numpy as np

from zoo.data.label_maps import cells_of, far_share
from zoo.evaluation.image_set import from_source
from zoo.evaluation.measures import Measure
from zoo.metrics.cell_scores import cell_scores


def cell_agreement(subject, evaluators):
    """One `Measure` per reader of cells.

    Args:
        subject: `Subject` of a model. evaluators: `Evaluators`.

    Returns:
        (list of `Measure`, reason why it is empty or None).
    """
    readers = [n for n in evaluators.networks if getattr(n.classifier, "cells", None)]
    if not readers or subject.kind != "images" or subject.data.form != "pairs":
        return [], None
    maps = list(subject.conditions.sources.batches())
    colors = readers[0].classifier.cells["colors"]
    far = [float(far_share(batch, colors)) for batch in maps]
    if np.average(far, weights=[len(batch) for batch in maps]) > 0.5:
        return [], ("the source images are no label maps: most of their pixels have none of the "
                    "reader's colors")
    photos = _photos(subject)
    return [_measure(subject, network, maps, photos, evaluators.cache) for network in readers], None


def _photos(subject):
    """`ImageSet` of the real photos of the label maps, in the order of the conditions."""
    size, word = subject.size[0], subject.source["condition_split"]
    source, _ = subject.data.held_out(size, word)
    photos = from_source(source, size, f"{subject.data.name}, {word}",
                         load=lambda index: source.load(index)[1], method="bicubic")
    return photos.subset(subject.conditions.labels)


def _measure(subject, network, maps, photos, cache):
    reader, (conditions, samples) = network.classifier, subject.shape
    colors, grid = reader.cells["colors"], reader.grid
    true = np.concatenate([cells_of(batch, colors, grid) for batch in maps])

    def named(images):
        return np.asarray(cache.features(images, network)["cell_logits"]).argmax(-1)

    made = named(subject.images).reshape(conditions, samples, grid, grid)
    units = (made == true[:, None]).mean((2, 3))
    real = cell_scores(named(photos), true, len(colors))
    protocol = {
        "generated": conditions * samples, "classes": len(colors), "cells": f"{grid} x {grid}",
        "network": network.record(), "accuracy_of_real": f"{len(photos)} photos of {photos.name}",
        "baseline_of": "the most frequent class alone",
    }
    more = {"real_accuracy": real["accuracy"], "baseline": real["majority_share"]}
    return Measure(f"cell_agreement[{network.name}]", units, lambda u: u.mean(), protocol, "higher",
                   more)
