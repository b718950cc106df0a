"""The data set of an evaluation: conditions and real images.

Its argument is a source's name (`shapes`), a path (`emoji.zip`), or both (`classes:cifar10.zip`). A
path alone is read in the same way as the preset's training data, if its metadata name them;
otherwise as what its model needs: captioned folder, class folders, pairs, or two domains.
"""

import dataclasses
import functools
import hashlib
import inspect
import re

import numpy as np

from zoo.errors import MissingSplit, ZooError, check_choice
from zoo.evaluation.image_set import from_source
from zoo.evaluation.parts import open_part, word_of
from zoo.text import coverage
from zoo.text.captions import can_read

# What sources advise, and evaluations have no such argument.
_KEEP_GOING = re.compile(r'Pass on_error="skip" to leave out such (images|lines)\.')


@dataclasses.dataclass
class Conditions:
    """The conditions of the generated images.

    Attributes:
        values: the first argument of `model.generate`, one entry per condition; None for an
            unconditional model.
        names: list of str.
        labels: int64 (conditions,), their classes (captions of other labels are mismatched).
        sources: `ImageSet` of the source images of a translation, or None.
        settings: dict, further arguments of `generate`.
        pool: function () -> (list of str, int labels, int images) of all captions from which
            mismatched ones are drawn, or None.
        words: `zoo.text.Coverage` of all captions by the preset's vocabulary, or None.
        images: int (conditions,), the real image that each caption belongs to, or None.
    """

    values: object
    names: list
    labels: np.ndarray
    sources: object = None
    settings: dict = dataclasses.field(default_factory=dict)
    pool: object = None
    words: object = None
    images: object = None

    def __len__(self):
        return len(self.names)

    def part(self, indices):
        """The values at some indices, as `generate` takes them."""
        if self.values is None:
            return None
        if isinstance(self.values, list):
            return [self.values[index] for index in indices]
        values = self.values.load if self.sources is not None else self.values.__getitem__
        return values(np.asarray(indices))

    @property
    def digest(self):
        """SHA-256 of all conditions."""
        digest = hashlib.sha256(repr(sorted(self.settings.items())).encode())
        if self.sources is not None:
            digest.update(self.sources.digest.encode())
        elif isinstance(self.values, np.ndarray):
            digest.update(np.ascontiguousarray(self.values).tobytes())
        else:
            digest.update(repr(self.values).encode())
        return digest.hexdigest()


def check_measurable(model):
    """Raises `ZooError` for a model that generates no images, or has no data set of conditions."""
    if model.condition is None or model.condition.kind == "description":
        raise ZooError(f"A {type(model).__name__} generates no images to evaluate.")
    if model.condition.kind == "word embeddings":
        raise ZooError(
            "This preset reads word embeddings, which no data set here has: generate its images "
            "with recipes.generate --embeddings, then evaluate their folder instead of the preset."
        )


def source_name(source):
    """The name of a source, from its text or of an open one; its class if it has no name."""
    from zoo.data import SOURCES

    if isinstance(source, str):
        return source.partition(":")[0]
    names = {class_name: name for name, class_name in SOURCES.items()}
    return names.get(type(source).__name__, type(source).__name__)


def size_of(model):
    """Side in pixels of a model's images."""
    sizes = getattr(model, "image_sizes", None)
    return int(sizes[-1] if sizes else model.image_size)


class EvaluationDataset:
    """The data set of an evaluation. Its splits are opened on first use.

    Args:
        data: str, a source's name, path or both, or ""; or an open source, which is used for every
            split.
        form: form of its items, see `zoo.data.FORMS`; None reads plain images.
        training: dict, the training settings in the preset's metadata.
        trained_on: dict, the facts about its data, see `zoo.training.run_data.card_facts`.
        crop: "none", "paper", "unfiltered", or "" for that of the training.
        embeddings: bool. Whether to read sentence embeddings instead of captions.
    """

    def __init__(
        self, data, form, training=None, crop="", trained_on=None, embeddings=False
    ):
        from zoo.data import FORMS, SOURCES

        training, self.open_source = training or {}, None
        if not isinstance(data, str):
            self.open_source, self.name, path = data, source_name(data), ""
        else:
            name, colon, path = data.partition(":")
            if not (colon and name in SOURCES):
                name, path = (data, "") if data in SOURCES else ("", data)
            self.name = name or training.get("data.name") or FORMS[form][0]
            check_choice(
                "The data source in the preset's metadata", self.name, SOURCES,
                why="Name another one with `source=NAME:PATH`.",
            )
        self.path = path or training.get("data.directory") or ""
        self.form, self.training = form, training
        self.embeddings = embeddings
        self.crop = crop or training.get("data.crop") or "none"
        self.fraction = training.get("data.held_out_fraction") or 0.0
        self.fingerprint = (trained_on or {}).get("fingerprint")
        self._sources, self._parts = {}, {}

    def source(self, split, size):
        """The source of a split.

        Raises:
            ZooError: if it cannot be opened.
        """
        if (split, size) not in self._sources:
            self._sources[split, size] = self._open(split, size)
        return self._sources[split, size]

    def _open(self, split, size):
        from zoo import data

        known = inspect.signature(getattr(data, data.SOURCES[self.name])).parameters
        recorded = {
            key.removeprefix("data."): value for key, value in self.training.items()
            if key.startswith("data.")
        }
        settings = {key: value for key, value in recorded.items() if key in known}
        settings |= {
            key: value for key, value in {
                "split": split, "size": size, "directory": self.path or None,
                "embeddings": self.embeddings,
            }.items() if key in known
        }
        if not settings.get("count", 1):
            del settings["count"]
        try:
            return data.get_source(self.name, **settings)
        except MissingSplit:
            raise
        except ZooError as error:
            hint = "" if self.path or "directory" not in known else (
                " Give your copy with `source=PATH`, or `source=NAME:PATH`."
            )
            text = _KEEP_GOING.sub("Fix it or take it out.", str(error))
            raise ZooError(f"{text}{hint}") from None

    def _checked(self, source):
        """The source; raises `ZooError` if it has no conditions of the required form."""
        captions = "embeddings" if self.embeddings else "captions"
        needed = {"captions": captions, "pairs": "direction", "domains": "b"}.get(self.form)
        if needed and getattr(source, needed, None) is None:
            missing = captions if self.form == "captions" else self.form
            raise ZooError(
                f"The source {self.name} has no {missing}, which the model needs: give "
                "another source with `source=NAME:PATH`."
            )
        return source

    def held_out(self, size, split="test"):
        """(source, word) of a split, or of its replacement, see `open_part`.

        `split`: the name of a split, or the word of one that was opened before.
        """
        if self.open_source is not None:
            return self._checked(self.open_source), word_of(self.open_source)
        if (split, size) not in self._parts:
            source, word = open_part(
                lambda name: self.source(name, size), split, self.fraction, self.fingerprint
            )
            self._checked(source)
            self._parts[split, size] = self._parts[word, size] = source, word
        return self._parts[split, size]

    def real_images(self, split, size, direction="a2b"):
        """(`ImageSet`, word) of the real images."""
        source, split = self.held_out(size, split)
        name = f"{self.name}, {split}"
        if self.form == "pairs":
            return from_source(
                source, size, name, load=lambda i: source.load(i)[1], method="bicubic"
            ), split
        if self.form == "domains":
            domain = getattr(source, direction[-1])
            return from_source(domain, size, name, method="bicubic"), split
        crop = "none" if self.form == "labels" else self.crop
        return from_source(source, size, name, crop), split

    def conditions(self, model, count, split="test", direction="a2b", repeat=False):
        """(`Conditions`, word): `count` of them, or all, evenly spaced over the images.

        The word says which images they belong to; None if they belong to none. For more conditions
        than images, the second caption of each image is used, then the third, and so on; with
        `repeat` all captions are repeated as often as necessary, the last time evenly spaced ones.
        """
        size, condition = size_of(model), model.condition
        if condition.kind == "nothing":
            return Conditions(None, ["no condition"], np.zeros(1, np.int64)), None
        if condition.kind == "labels":
            labels = list(range(condition.classes))[:count]
            names = condition.class_names or [f"class {label}" for label in labels]
            return Conditions(labels, list(names)[:count], np.array(labels)), None
        source, split = self.held_out(size, split)
        if condition.kind == "images":
            return self._images_to_translate(source, model, count, direction), split
        return self._texts(source, model, count, repeat), split

    def _images_to_translate(self, source, model, count, direction):
        settings = {}
        if self.form == "domains":
            source, settings = getattr(source, direction[0]), {"direction": direction}
        indices = evenly_spaced(len(source), count)
        load = (lambda i: source.load(i)[0]) if self.form == "pairs" else source.load
        images = from_source(source, size_of(model), self.name, load=load, method="bicubic")
        images.labels = None
        images = images.subset(indices)
        names = [f"image {index}" for index in indices]
        return Conditions(images, names, indices, images, settings)

    def _texts(self, source, model, count, repeat):
        rows = source.embeddings if self.embeddings else source.captions
        unknown = self.training.get("data.unknown", "drop")

        def of_number(k):
            """(image, k) of each image that has a caption k which the model can read."""
            texts = [(image, k) for image in range(len(rows)) if k < len(rows[image])]
            if self.embeddings:
                return texts
            return readable(texts, source.captions, model.vocabulary, unknown)

        texts = of_number(0)
        if not texts:
            raise ZooError(
                "The preset's vocabulary can read none of the data set's captions: give other data."
            )
        for k in range(1, max(map(len, rows))):
            if len(texts) < (count or 0):
                texts = texts + of_number(k)
        if repeat and (count or 0) > len(texts):
            whole, rest = divmod(count, len(texts))
            texts = texts * whole + [texts[i] for i in evenly_spaced(len(texts), rest)]
        texts = [texts[index] for index in evenly_spaced(len(texts), count)]
        labels = np.asarray(source.labels)

        def captions_of(texts):
            captions = [(source.captions[image], k) for image, k in texts]
            return [of[min(k, len(of) - 1)] for of, k in captions]

        def pool():
            every = [text for k in range(max(map(len, rows))) for text in of_number(k)]
            images = np.array([image for image, _ in every])
            return captions_of(every), labels[images], images

        own_images = np.array([image for image, _ in texts])
        names, own_labels = captions_of(texts), labels[own_images]
        if self.embeddings:
            return Conditions(np.stack([rows[image][k] for image, k in texts]), names, own_labels)
        words = None
        if model.vocabulary is not None:
            words = coverage(source.captions, model.vocabulary, model.max_words, unknown)
        return Conditions(
            names, names, own_labels, settings={"unknown": unknown}, pool=pool, words=words,
            images=own_images,
        )


def readable(texts, captions, vocabulary, unknown):
    """Those of (image, caption) pairs whose caption a vocabulary can read."""
    known = functools.cache(lambda caption: can_read(caption, vocabulary, unknown))
    return [(image, k) for image, k in texts if known(captions[image][k])]


def evenly_spaced(available, count=None):
    """`count` different indices below `available`, evenly spaced, or all of them."""
    if count is None or count >= available:
        return np.arange(available)
    return np.linspace(0, available - 1, count).round().astype(int)
