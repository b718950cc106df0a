"""SOA (semantic object accuracy): does a detector find the object that the caption names?

Images of a folder must be in subfolders whose names contain `label_XX`, XX a class id of the
detector, as in tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis; the first
such folder of a path counts. Images of a preset are generated, evaluated and discarded, because
storing all 390,000 would take too much space. Protocol of the paper: see `zoo.metrics.soa` and
`zoo.metrics.soa_captions`.
"""

import functools
import hashlib
import re
from pathlib import Path

import numpy as np

from zoo.errors import ZooError
from zoo.evaluation.measures import Measure
from zoo.metrics.detections import keep_detections
from zoo.metrics.soa import label_accuracy, soa
from zoo.metrics.soa_captions import LABELS, PERSONS, images_of_caption, labels_of_caption
from zoo.text.captions import can_read
from zoo.training.progress import progress_bar

SIZE = 256
_LABEL = re.compile(r"label_(\d+)")
_AT_ONCE = 16  # images
_BY_WORDS = "captions were selected by substrings, not the authors' lists (`soa_captions`)"


class Detector:
    """YOLOv3 with its official weight file.

    Raises:
        ZooError: if the file cannot be read, or is of another network.
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
        """Class ids detected in each of uint8 (batch, h, w, 3): a list of int arrays."""
        import tensorflow as tf

        from zoo.images.resample import resize

        x = tf.cast(resize(images, SIZE, SIZE), tf.float32) / 255.0
        return [rows[:, 6].astype(int) for rows in keep_detections(self._graph(x).numpy())]

    def record(self):
        return {"name": self.name, "sha256": self.digest,
                "input": f"{SIZE} pixels, bilinear with anti-aliasing, [0, 1]"}


# --- folders --------------------------------------------------------------------------------------


def labels_of(names):
    """The label of each path; None if one has none."""
    matches = [_LABEL.search(name) for name in names]
    return [int(match[1]) for match in matches] if matches and all(matches) else None


def object_accuracy(images, detector):
    """SOA-C and SOA-I of an `ImageSet` with `file_names`: list of `Measure`.

    Raises:
        ZooError: if an image is in no folder `label_XX`.
    """
    labels = labels_of(images.file_names)
    if labels is None:
        raise ZooError(f"{images.name}: SOA needs images in folders label_00, label_01 ...")
    total = -(-len(images) // _AT_ONCE)
    batches = progress_bar(images.batches(_AT_ONCE), total, "SOA: batch")
    detected = [ids for batch in batches for ids in detector(batch)]
    labels = np.array(labels)
    counts = {
        int(label): label_accuracy(label, [detected[i] for i in np.flatnonzero(labels == label)])
        for label in np.unique(labels)
    }
    return _measures(counts, detector, {})


# --- presets --------------------------------------------------------------------------------------


def lists_of_captions(folder):
    """The authors' captions from `label_XX_name.pkl` files: dict of label -> list of str.

    Raises:
        ZooError: if there is no such file, or one cannot be read.
    """
    from zoo.data.sources.pickles import load_list

    files = sorted(path for path in Path(folder).glob("*.pkl") if _LABEL.match(path.name))
    captions = {}
    for path in files:
        rows = load_list(path, dict)
        if not rows or not all(isinstance(row.get("caption"), str) for row in rows):
            raise ZooError(f'{path}: expected a list of captions, each a dict with "caption".')
        captions[int(_LABEL.match(path.name)[1])] = [row["caption"] for row in rows]
    if not captions:
        raise ZooError(
            f"{folder} contains no label_XX_name.pkl: give the folder SOA/captions of SOA's "
            "repository as `soa_captions`."
        )
    return captions


def captions_by_words(source):
    """All captions of a source by the labels that they mention: dict of label -> list of str."""
    captions = {}
    for texts in source.captions:
        for text in texts:
            for label in labels_of_caption(text):
                captions.setdefault(label, []).append(text)
    return captions


def accuracy_of_preset(subject, evaluators, seed):
    """(list of `Measure`, None or the reason why it is empty) of images for SOA's captions.

    Args:
        subject: `Subject` of a model.
        evaluators: `Evaluators`; `captions_per_label` limits the captions.
    """
    if subject.kind != "captions":
        return [], "it needs captions, or a set of images in folders label_00, label_01 ..."
    unknown, vocabulary = subject.conditions.settings["unknown"], subject.model.vocabulary
    if evaluators.soa_captions:
        lists, how = lists_of_captions(evaluators.soa_captions), "the authors' lists"
    else:
        source, split = subject.data.held_out(subject.size[0], subject.source["condition_split"])
        lists, how = captions_by_words(source), f"substrings, of {subject.data.name} {split}"
    counts, captions, lost = {}, 0, 0
    for label, texts in sorted(lists.items()):
        kept = [text for text in texts if can_read(text, vocabulary, unknown)]
        lost += len(texts) - len(kept)
        kept = _some(kept, label, evaluators.captions_per_label, seed)
        if kept:
            captions += len(kept)
            counts[label] = _count_hits(subject, evaluators, label, kept, unknown, seed)
    if not counts:
        return [], "no caption of the data mentions a label of the detector"
    protocol = {
        "conditions": captions, "samples_per_condition": "3, for persons 1", "selection": how,
        "seed": seed,
    }
    notes = [] if evaluators.soa_captions else [_BY_WORDS]
    if lost:
        notes.append(f"{lost} captions were left out, because the preset's vocabulary has none of "
                     "their words")
    return _measures(counts, evaluators.detector, protocol, notes), None


def _some(texts, label, limit, seed):
    """The captions to use for a label, a random subset if there are too many."""
    most = min(filter(None, (limit, PERSONS if label == 0 else None)), default=len(texts))
    if len(texts) <= most:
        return texts
    indices = np.random.RandomState([seed, label]).permutation(len(texts))[:most]
    return [texts[index] for index in np.sort(indices)]


def _count_hits(subject, evaluators, label, texts, unknown, seed):
    """(hits, images) of a label's captions; detections are cached, images are not."""
    each, detector = images_of_caption(label), evaluators.detector
    at_once = max(1, _AT_ONCE // each)

    def batches():
        for start in range(0, len(texts), at_once):
            part = texts[start : start + at_once]
            seeds = [seed + (start + k) * each for k in range(len(part))]
            images = subject.model.generate(part, each, seed=seeds, unknown=unknown)
            yield np.array([label in ids for ids in detector(images)], np.uint8)

    parts = ("soa 2", subject.digest, detector.digest, label, each, seed, unknown,
             hashlib.sha256("\n".join(texts).encode()).hexdigest())
    what = f"SOA, {LABELS[label] if label < len(LABELS) else label}: images"
    hits = evaluators.cache.rows("soa", parts, len(texts) * each, batches, what)
    return int(np.sum(hits)), len(hits)


# --- results --------------------------------------------------------------------------------------


def _measures(counts, detector, protocol, notes=()):
    """SOA-C and SOA-I of a dict of label -> (hits, images)."""
    labels = sorted(counts)
    hits, totals = (np.array([counts[label][k] for label in labels]) for k in (0, 1))
    scores, whole = soa(hits, totals), len(labels) == len(LABELS)
    protocol = {
        **protocol, "generated": int(totals.sum()), "labels": len(labels),
        "network": detector.record(), "objectness": 0.5, "overlap": 0.4,
    }
    warnings = [*notes, *([] if whole else [missing_labels(len(labels))])]
    more = {key: scores[key] for key in ("soa_c_top40", "soa_c_bot40") if whole}
    more["hits_of_label"] = {
        f"label_{label:02d}": [int(hit), int(total)]
        for label, hit, total in zip(labels, hits, totals, strict=True)
    }
    return [
        Measure(f"{metric}[{detector.name}]", np.array([[scores[metric]]]),
                lambda units: units[0, 0], protocol, "higher", extra, list(warnings),
                resampled=False)
        for metric, extra in (("soa_c", more), ("soa_i", {}))
    ]


def missing_labels(labels):
    """The warning about fewer labels than in the paper."""
    return f"{labels} labels of SOA instead of {len(LABELS)}"


def deviations(subject, evaluators):
    """Deviations from SOA's protocol that are known in advance: a list of str."""
    if evaluators.detector is None:
        return []
    if subject.model is None:
        labels = labels_of(subject.images.file_names)
        few = labels is not None and len(set(labels)) < len(LABELS)
        return [missing_labels(len(set(labels)))] if few else []
    result = [] if evaluators.soa_captions else [_BY_WORDS]
    if evaluators.captions_per_label:
        result.append(f"at most {evaluators.captions_per_label} captions per label of SOA")
    return result
