"""What a preset is measured on: its conditions, drawn from a data set, and the real images.

`--data` is a source's name (`shapes`), a path (`emoji.zip`), or both (`classes:cifar10.zip`). A
path alone is read as the preset's own training data were, as far as its metadata say; else as what
its model needs: captioned folder, class folders, pairs, or two domains.
"""

import dataclasses
import functools
import hashlib
import inspect

import numpy as np

from zoo.errors import MissingSplit, ZooError
from zoo.evaluation.image_set import from_source
from zoo.evaluation.parts import open_part, word_of
from zoo.text import coverage
from zoo.text.captions import can_read


@dataclasses.dataclass
class Conditions:
    """What images are made of.

    Attributes:
        values: what `model.generate` takes first, one entry a condition; None of a model without.
        names: list of str.
        labels: int64 (conditions,), class of each (of captions: who may be a wrong caption).
        sources: `ImageSet` of what is translated, or None.
        settings: dict, more arguments of `generate`.
        pool: function () -> (list of str, int labels, int images) of all captions that wrong
            ones may be drawn from, or None.
        words: `zoo.text.Coverage` of all captions by the preset's vocabulary, or None.
    """

    values: object
    names: list
    labels: np.ndarray
    sources: object = None
    settings: dict = dataclasses.field(default_factory=dict)
    pool: object = None
    words: object = None

    def __len__(self):
        return len(self.names)

    def part(self, places):
        """The values at some places, as `generate` takes them."""
        if self.values is None:
            return None
        if isinstance(self.values, list):
            return [self.values[place] for place in places]
        values = self.values.load if self.sources is not None else self.values.__getitem__
        return values(np.asarray(places))

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
    """Raises `ZooError` for a model that makes no images, or draws from what no data set has."""
    if model.condition is None or model.condition.kind == "description":
        raise ZooError(f"A {type(model).__name__} makes no images that could be measured.")
    if model.condition.kind == "word embeddings":
        raise ZooError(
            "This preset reads vectors of words, which no data set here has: make its images "
            "with recipes.generate --embeddings, then measure the folder with --images."
        )


def source_name(source):
    """The name of a source: of `--data`, or of an opened source; its class where it has none."""
    from zoo.data import SOURCES

    if isinstance(source, str):
        return source.partition(":")[0]
    names = {class_name: name for name, class_name in SOURCES.items()}
    return names.get(type(source).__name__, type(source).__name__)


def size_of(model):
    """Pixels of a side of a model's images."""
    sizes = getattr(model, "image_sizes", None)
    return int(sizes[-1] if sizes else model.image_size)


class EvaluationDataset:
    """The data set of an evaluation, whose splits are opened when they are needed.

    Args:
        data: str, as `--data`, or ""; or an opened source, which is taken for every split.
        form: what it holds, see `zoo.data.FORMS`; None reads plain images.
        training: dict, what the preset's metadata say of its training.
        trained_on: dict, what they say of its data, see `zoo.training.run_data.card_facts`.
        crop: "none", "paper", or "" for the one of the training.
        embeddings: bool. Whether sentence embeddings are read instead of captions.
    """

    def __init__(
        self, data, form, training=None, crop="", seed=0, trained_on=None, embeddings=False
    ):
        from zoo.data import FORMS, SOURCES

        training, self.given = training or {}, None
        if not isinstance(data, str):
            self.given, data = data, source_name(data)
        name, colon, path = data.partition(":")
        if not (colon and name in SOURCES):
            name, path = (data, "") if data in SOURCES else ("", data)
        self.name = name or training.get("data.name") or FORMS[form][0]
        self.path = path or training.get("data.directory") or ""
        self.form, self.training, self.seed = form, training, seed
        self.embeddings = embeddings
        self.crop = crop or training.get("data.crop") or "none"
        self.fraction = training.get("data.held_out_fraction") or 0.0
        self.fingerprint = (trained_on or {}).get("fingerprint")
        self._sources, self._parts = {}, {}

    def source(self, split, size):
        """The source of a split.

        Raises:
            ZooError: it cannot be opened.
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
                " Give your copy with --data=PATH, or --data=NAME:PATH."
            )
            raise ZooError(f"{error}{hint}") from None

    def _fitting(self, source):
        """The source; raises `ZooError` where it has no conditions of this kind."""
        needed = {"captions": "captions", "embeddings": "embeddings", "pairs": "direction",
                  "domains": "b"}.get(self.kind)
        if needed and getattr(source, needed, None) is None:
            raise ZooError(
                f"The source {self.name} has no conditions of a model of {self.kind}: give "
                "another one with --data=NAME:PATH."
            )
        return source

    def held_out(self, size, split="test"):
        """(source, word) of what is asked for, or there is instead, see `open_part`.

        `split`: "train", "test" or "val", or the word of what was opened before.
        """
        if self.given is not None:
            return self._fitting(self.given), word_of(self.given)
        if (split, size) not in self._parts:
            source, word = open_part(
                lambda name: self.source(name, size), split, self.fraction, self.fingerprint
            )
            self._fitting(source)
            self._parts[split, size] = self._parts[word, size] = source, word
        return self._parts[split, size]

    def real_images(self, split, size, direction="a2b"):
        """(`ImageSet`, word): what generated images are compared with."""
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
        """(`Conditions`, word): `count` of them, or all, evenly spread over the images.

        The word says which images they are of, None where they are of none. More than there are
        images take a second caption of each, a third, and so on; with `repeat` all of them again
        and again.
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
            return self._pictures_to_translate(source, model, count, direction), split
        return self._texts(source, model, count, repeat), split

    def _pictures_to_translate(self, source, model, count, direction):
        settings = {}
        if self.form == "domains":
            source, settings = getattr(source, direction[0]), {"direction": direction}
        places = spread(len(source), count)
        load = (lambda i: source.load(i)[0]) if self.form == "pairs" else source.load
        pictures = from_source(source, size_of(model), self.name, load=load, method="bicubic")
        pictures.labels = None
        pictures = pictures.subset(places)
        names = [f"picture {place}" for place in places]
        return Conditions(pictures, names, places, pictures, settings)

    def _texts(self, source, model, count, repeat):
        rows = source.embeddings if self.embeddings else source.captions
        unknown = self.training.get("data.unknown", "drop")
        def of_number(k):
            """(image, k) of each image with a caption k that the model can read."""
            texts = [(place, k) for place in range(len(rows)) if k < len(rows[place])]
            if self.embeddings:
                return texts
            return readable(texts, source.captions, model.vocabulary, unknown)

        texts = of_number(0)
        if not texts:
            raise ZooError("The preset's vocabulary reads none of the data set's first captions.")
        for k in range(1, max(map(len, rows))):
            if len(texts) < (count or 0):
                texts = texts + of_number(k)
        if repeat:
            texts = texts * max(1, -(-(count or 0) // len(texts)))
        texts = [texts[place] for place in spread(len(texts), count)]
        labels = np.asarray(source.labels)

        def words(places):
            captions = [(source.captions[place], k) for place, k in places]
            return [of[min(k, len(of) - 1)] for of, k in captions]

        def pool():
            every = [text for k in range(max(map(len, rows))) for text in of_number(k)]
            places = np.array([place for place, _ in every])
            return words(every), labels[places], places

        names, own = words(texts), labels[[place for place, _ in texts]]
        if self.embeddings:
            return Conditions(np.stack([rows[place][k] for place, k in texts]), names, own)
        read = None
        if model.vocabulary is not None:
            read = coverage(source.captions, model.vocabulary, model.max_words, unknown)
        return Conditions(
            names, names, own, settings={"unknown": unknown}, pool=pool, words=read
        )


def readable(texts, captions, vocabulary, unknown):
    """Those (image, caption) whose captions a vocabulary can read."""
    known = functools.cache(lambda caption: can_read(caption, vocabulary, unknown))
    return [(place, k) for place, k in texts if known(captions[place][k])]


def spread(available, count=None):
    """`count` different places, or all, evenly spread over `available`."""
    if count is None or count >= available:
        return np.arange(available)
    return np.linspace(0, available - 1, count).round().astype(int)
