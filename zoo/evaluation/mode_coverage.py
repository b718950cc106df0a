"""`mode_coverage`: share of the modes of a condition that a model generates.

The modes are known for the shapes data sets, where a caption, a class or a map leaves some of five
attributes unspecified, and for captioned images whose metadata have a key that a classifier can
predict, such as the `style` of the emoji: a caption's modes are those of its images in the data; of
data that are divided by hash, in both parts. A classifier assigns a mode to each image; its
accuracy on real images is reported as well.
"""

import dataclasses
import functools

import numpy as np

from zoo.data.subset import Subset
from zoo.evaluation.dataset import evenly_spaced
from zoo.evaluation.measures import Measure
from zoo.metrics.mode_coverage import mean_mode_coverage

REAL = 1024  # maximum number of images for the classifier's accuracy
_LARGE = 5000  # conditions; with more of them, one draw of a bootstrap takes seconds


@dataclasses.dataclass
class AttributeSpace:
    """The modes of the images of a data set: one value per attribute.

    Attributes:
        attributes: dict of name -> list of str, the values of each attribute.
        modes_of: function of a condition's index -> int (m, attributes), its modes.
        real: int (images, attributes), the modes of the source's images.
    """

    attributes: dict
    modes_of: object
    real: np.ndarray

    def of(self, name):
        """The `AttributeSpace` of one attribute alone."""
        column = [list(self.attributes).index(name)]
        return AttributeSpace(
            {name: self.attributes[name]},
            lambda index: np.unique(self.modes_of(index)[:, column], axis=0), self.real[:, column],
        )


def mode_coverage(subject, evaluators):
    """One `Measure` per classifier that can predict the modes of the data.

    Args:
        subject: `Subject` of a model. evaluators: `Evaluators`.

    Returns:
        (list of `Measure`, reason why it is empty or None).
    """
    size, data = subject.size[0], subject.data
    source, split = data.held_out(size, subject.source.get("condition_split", "test"))
    readers = list(_readers(subject, source, evaluators))
    if not readers:
        named = any(network.classifier is not None for network in evaluators.networks)
        keys = _text_keys(_whole(source))
        if named or not keys:
            return [], None
        return [], (f"it needs a classifier of the metadata key {' or '.join(keys)}: give "
                    "`encoder=PRESET` of recipes.train_encoder")
    real, split = data.real_images(split, size)
    indices = evenly_spaced(len(real), REAL)
    sample = real.subset(indices)
    return [
        _measure(subject, name, space, assign, digest, (sample, space.real[indices]))
        for name, space, assign, digest in readers
    ], None


def _readers(subject, source, evaluators):
    """(name, `AttributeSpace`, function `ImageSet` -> modes, hash or None) of each classifier."""
    shapes = space_of_shapes(source, subject.conditions, subject.data.form)
    size = subject.size[0]
    if shapes is not None and size >= 16:
        yield "shape-templates", shapes, _by_templates, None
    for network in evaluators.networks:
        if network.classifier is None:
            continue
        names = network.classifier.class_names
        if shapes is not None:
            known = [key for key, values in shapes.attributes.items() if set(values) == set(names)]
            space = shapes.of(known[0]) if known else None
        else:
            space = space_of_records(source, subject.conditions.names, names)
        if space is not None:
            yield network.name, space, _by_network(network, space, evaluators.cache), network.digest


@functools.cache
def _templates(size):
    from zoo.evaluation.shape_attributes import ShapeModes

    return ShapeModes(size)  # takes seconds


def _by_templates(images):
    classifier = _templates(images.shape[0])
    return np.concatenate([classifier.assign(batch) for batch in images.batches()])


def _by_network(network, space, cache):
    (values,) = space.attributes.values()
    index_of = {value: index for index, value in enumerate(values)}
    table = np.array([index_of.get(name, -1) for name in network.classifier.class_names])

    def assign(images):
        return table[cache.features(images, network)["logits"].argmax(1)][:, None]

    return assign


def space_of_shapes(source, conditions, form):
    """The `AttributeSpace` of a shapes source, or None for other sources."""
    if not (hasattr(source, "modes") and hasattr(source, "attributes")):
        return None
    if form == "pairs" and source.direction != "a2b":
        return None  # the generated image is the map
    from zoo.data.sources.shapes import VALUES

    key = conditions.labels.tolist() if form == "pairs" else conditions.names
    classes = getattr(source, "class_names", ())
    if form == "labels" and not set(key) <= set(classes):  # the preset has no class names
        if max(conditions.labels) >= len(classes):
            return None
        key = [classes[label] for label in conditions.labels]
    attributes = {name: list(values) for name, values in VALUES.items()}
    return AttributeSpace(attributes, lambda index: source.modes(key[index]), source.attributes)


def space_of_records(source, captions, class_names):
    """The `AttributeSpace` of captioned images, or None.

    Its attribute is the key of their metadata whose values are all among `class_names`.
    """
    whole = _whole(source)
    for key in _text_keys(whole):
        values = sorted({record[key] for record in whole.records})
        if not set(values) <= set(class_names):
            continue
        real = np.array([values.index(record[key]) for record in source.records])[:, None]
        of_caption = {}
        for texts, record in zip(whole.captions, whole.records, strict=True):
            for text in texts:
                of_caption.setdefault(text, set()).add(values.index(record[key]))
        return AttributeSpace(
            {key: values},
            lambda index, of=of_caption: np.array(sorted(of[captions[index]]))[:, None], real,
        )
    return None


def _whole(source):
    """The data set of which a source is a part, such as that which is held out by hash."""
    return source.source if isinstance(source, Subset) else source


def _text_keys(source):
    """Metadata keys of all images with few different values: str, at most one per five images."""
    records = getattr(source, "records", None) or [{}]
    return [
        key for key in records[0]
        if all(isinstance(record.get(key), str) for record in records)
        and 1 < len({record[key] for record in records}) <= len(records) // 5
    ]


def _measure(subject, name, space, assign, digest, real):
    conditions, samples = subject.shape
    assigned = assign(subject.images).reshape(conditions, samples, -1)
    true = [space.modes_of(index) for index in range(conditions)]
    units = np.stack([_units(*pair) for pair in zip(assigned, true, strict=True)])
    whole = coverage(units)
    accuracy = float((assign(real[0]) == real[1]).all(1).mean())
    protocol = {
        "generated": conditions * samples, "modes": list(space.attributes),
        "modes_of_a_condition": float(np.mean([len(modes) for modes in true])),
        "classifier": {
            "name": name, **({"sha256": digest} if digest else {}), "accuracy": accuracy,
            "accuracy_of": f"{len(real[0])} images of {real[0].name}, all attributes correct",
        },
    }
    more = {key: whole[key] for key in ("ideal_share", "on_caption", "entropy")}
    return Measure(
        f"mode_coverage[{name}]", units, lambda resampled: coverage(resampled)["share"], protocol,
        "higher", {**more, "classifier_accuracy": accuracy}, costly=conditions > _LARGE,
    )


def _units(assigned, true):
    """int (samples, 2): index of each sample among the true modes, or -1; number of true modes."""
    equal = (assigned[:, None] == true).all(-1)  # (samples, m)
    index = np.where(equal.any(1), equal.argmax(1), -1)
    return np.stack([index, np.full(len(index), len(true))], axis=1)


def coverage(units):
    """`mean_mode_coverage` of units (conditions, samples, 2)."""
    return mean_mode_coverage(
        [rows[:, :1] for rows in units], [np.arange(rows[0, 1])[:, None] for rows in units]
    )
