"""SOA of a folder of pictures: does a detector find what each picture was made to show?

The pictures lie in folders whose names hold `label_XX`, XX a class id of the detector, as in
tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis; the first such folder of a
path counts. Protocol of the paper: see `zoo.metrics.soa`.
"""

import functools
import re

import numpy as np

from recipes.evaluation.measures import Measure
from zoo.errors import ZooError
from zoo.metrics.detections import keep_detections
from zoo.metrics.soa import label_accuracy, soa

SIZE = 256
_LABEL = re.compile(r"label_(\d+)")


class Detector:
    """YOLOv3 from its official weight file.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """

    name = "yolov3"

    def __init__(self, path):
        from zoo.importers.yolo import load_detector
        from zoo.storage import sha256

        self.network, self.digest = load_detector(path, size=SIZE), sha256(path)

    @functools.cached_property
    def _graph(self):
        import tensorflow as tf

        return tf.function(self.network, autograph=False, reduce_retracing=True)

    def __call__(self, images):
        """Class ids found in each of uint8 (batch, h, w, 3): a list of int arrays."""
        import tensorflow as tf

        from zoo.resampling import resize

        x = tf.cast(resize(images, SIZE, SIZE), tf.float32) / 255.0
        return [rows[:, 6].astype(int) for rows in keep_detections(self._graph(x).numpy())]

    def record(self):
        return {"name": self.name, "sha256": self.digest,
                "input": f"{SIZE} pixels, bilinear with anti-aliasing, [0, 1]"}


def labels_of(names):
    """The label of each path; None where one has none."""
    found = [_LABEL.search(name) for name in names]
    return [int(match[1]) for match in found] if found and all(found) else None


def object_accuracy(pictures, detector):
    """SOA-C and SOA-I of a `PictureSet` with `file_names`.

    Returns:
        list of `Measure`.

    Raises:
        ZooError: a picture lies in no folder `label_XX`.
    """
    labels = labels_of(getattr(pictures, "file_names", []))
    if labels is None:
        raise ZooError(f"{pictures.name}: SOA takes pictures in folders label_00, label_01 ...")
    detected = [ids for batch in pictures.batches(16) for ids in detector(batch)]
    names, labels = sorted(set(labels)), np.array(labels)
    counts = [
        label_accuracy(name, [detected[i] for i in np.flatnonzero(labels == name)])
        for name in names
    ]
    hits, totals = map(np.array, zip(*counts, strict=True))
    scores = soa(hits, totals)
    protocol = {
        "generated": len(pictures), "labels": len(names), "network": detector.record(),
        "objectness": 0.5, "overlap": 0.4,
    }
    by_label = {f"label_{n:02d}": [int(h), int(t)] for n, h, t in zip(names, hits, totals,
                                                                      strict=True)}
    warnings = [] if len(names) == 80 else [f"{len(names)} labels instead of 80"]
    parts = {key: scores[key] for key in ("soa_c_top40", "soa_c_bot40") if len(names) == 80}
    return [
        Measure(f"{metric}[{detector.name}]", np.array([[scores[key]]]), lambda units: units[0, 0],
                protocol, "higher", more, list(warnings), resampled=False)
        for metric, key, more in (
            ("soa_c", "soa_c", {**parts, "hits_of_label": by_label}), ("soa_i", "soa_i", {}),
        )
    ]
