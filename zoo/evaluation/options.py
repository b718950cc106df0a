"""Options of an evaluation: overrides of its protocol, and runtime settings."""

import dataclasses
from numbers import Integral

import numpy as np

from zoo.errors import ZooError, check_choice
from zoo.evaluation.arguments import from_keywords
from zoo.evaluation.image_set import CROPS, LARGEST
from zoo.presets.config_limits import MAX_WORDS

FOLDS = ("exact", "official")
DIRECTIONS = ("a2b", "b2a")
_LEAST = {
    "conditions": 1, "samples_per_condition": 1, "real": 2, "bins": 1, "size": 1, "batch_size": 1,
    "bootstrap": 0, "seed": 0, "max_words": 1,
}
_INTEGER = (Integral, "a whole number")
_KINDS = {
    **dict.fromkeys(("per_class", "strict"), (bool, "True or False")),
    **dict.fromkeys(("folds", "crop", "direction", "condition_split"), (str, "a string")),
}
_MOST = {"seed": 2**32 - 1, "size": LARGEST, "bootstrap": 10**6, "max_words": MAX_WORDS}
# Options of images that a model generates for the evaluation.
_OF_MODELS = (
    "conditions", "samples_per_condition", "condition_split", "batch_size", "folds", "max_words",
)


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of `evaluate` besides the model, the data, the protocol and the networks.

    The first six override the protocol; deviations are noted next to every number, or rejected
    with `strict`.

    Attributes:
        conditions: int or None, number of conditions.
        samples_per_condition: int or None, images per condition.
        real: int or None, number of real images, selected at random.
        bins: int or None, number of NDB bins.
        folds: "exact", "official" or "", the rule of R-precision's folds, see
            `zoo.metrics.r_precision`; "" for the protocol's.
        condition_split: str, the split whose conditions are used: "train", "test" or another one of
            the data set, such as "combinations" of the emoji; "" for the protocol's. Labels belong
            to no split.
        size: int or None, the size of a set of images, to which `from_path` resized it.
        crop: "none", "paper", "unfiltered" or "", how captioned images are made square; "" as in
            the model's training.
        direction: "a2b" or "b2a", for a model of two domains.
        max_words: int or None, the words of a caption that a preset reads; None for its own number.
        seed: int from 0 to 2**32 - 1, of latents, random selections and NDB's bins.
        per_class: bool or None, whether each class is evaluated separately too; None as in the
            protocol.
        batch_size: int or None, images that are generated at a time.
        bootstrap: int or None, draws of the 95 % intervals; 0 for none; None for 100, but none
            for features with more than 512 dimensions.
        strict: bool, whether deviations from the protocol are an error.
    """

    conditions: int | None = None
    samples_per_condition: int | None = None
    real: int | None = None
    bins: int | None = None
    folds: str = ""
    condition_split: str = ""
    size: int | None = None
    crop: str = ""
    direction: str = "a2b"
    max_words: int | None = None
    seed: int = 0
    per_class: bool | None = None
    batch_size: int | None = None
    bootstrap: int | None = None
    strict: bool = False

    def check(self):
        """Raises `ZooError` for a value of another type or out of range."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            kind, words = _KINDS.get(field.name, _INTEGER)
            if not isinstance(value, kind) or isinstance(value, bool) and kind is Integral:
                raise ZooError(f"`{field.name}` must be {words}, got {value!r}.")
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ZooError(f"`{name}` must be at least {least}, got {value}.")
        for name, most in _MOST.items():
            value = getattr(self, name)
            if value is not None and value > most:
                raise ZooError(f"`{name}` must be at most {most:,}, got {value:,}.")
        for name, choices in (("folds", FOLDS), ("crop", CROPS), ("direction", DIRECTIONS)):
            value = getattr(self, name)
            if value:
                check_choice(f"`{name}`", value, choices)

    def check_used(self, form, kind, size):
        """Raises `ZooError` for an option that would change nothing.

        Args:
            form: str, the form of the data, see `zoo.data.form_of`; "" for a folder of images.
            kind: str, the kind of the model's condition; None for a set of images.
            size: (height, width) of the images.
        """
        if kind is None:
            self._check_images(size)
        elif self.size is not None:
            raise ZooError(
                f"`size` ({self.size}) resizes the images of a folder; a model's images have their "
                "own size, to which the real ones are resized: leave it out."
            )
        if self.condition_split and kind in ("labels", "nothing"):
            raise ZooError(
                f"`condition_split` ({self.condition_split}) selects captions or images as "
                f"conditions; this model is conditioned on {kind}, which has no splits: leave it "
                "out."
            )
        if self.direction != "a2b" and form != "domains":
            raise ZooError(
                f"`direction` ({self.direction}) is for data of two domains: leave it out. A model "
                "of pairs has the direction of its training."
            )
        if self.crop and form != "captions":
            raise ZooError(
                f"`crop` ({self.crop}) is for images with captions: leave it out, these are "
                "resized to a square."
            )

    def _check_images(self, size):
        """The part of `check_used` for a set of images of a `size`."""
        for name in _OF_MODELS:
            if getattr(self, name) not in (None, ""):
                raise ZooError(
                    f"`{name}` ({getattr(self, name)}) is for the images that a model generates; "
                    "all images of a set are evaluated, without conditions: leave it out."
                )
        if self.size is not None and (self.size, self.size) != tuple(size):
            raise ZooError(
                f"`size` is {self.size}, but the set has images of {size[1]} x {size[0]} pixels: "
                "resize them when you open them, zoo.evaluation.from_path(path, size)."
            )

    def check_folds(self, protocol, kind, damsm):
        """Raises `ZooError` for `folds` without R-precision.

        Args:
            protocol: `Protocol`. kind: str or None, see `check_used`.
            damsm: the DAMSM that would measure it, or None.
        """
        if not self.folds or protocol.precision and kind == "captions" and damsm is not None:
            return
        why = "the protocol does not measure it" if not protocol.precision else (
            "it needs a model of captions" if kind != "captions" else
            "it needs a DAMSM, an `encoder`"
        )
        raise ZooError(
            f"`folds` ({self.folds}) is the rule of R-precision, which is not measured here, "
            f"because {why}: leave it out."
        )

    def applied(self, protocol):
        """The `Protocol` with the counts of these options."""
        changes = {
            "conditions": self.conditions, "samples": self.samples_per_condition,
            "real": self.real, "bins": self.bins, "folds": self.folds or None,
            "condition_split": self.condition_split or None,
        }
        changes = {name: value for name, value in changes.items() if value is not None}
        return dataclasses.replace(protocol, **changes)


def make_options(settings):
    """Checked `Options` from a dict of keyword arguments; NumPy's integers become int.

    Raises:
        ZooError: for an unknown name, or a value out of range.
    """
    integer = {n: int(v) for n, v in settings.items() if isinstance(v, np.integer)}
    settings = {**settings, **integer}
    options = from_keywords(Options, settings, "evaluate")
    options.check()
    return options
