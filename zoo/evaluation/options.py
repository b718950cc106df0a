"""Options of an evaluation: overrides of its protocol, and runtime settings."""

import dataclasses
from numbers import Integral

from zoo.errors import ZooError, check_choice, nearest
from zoo.evaluation.image_set import CROPS

FOLDS = ("exact", "official")
DIRECTIONS = ("a2b", "b2a")
_LEAST = {
    "conditions": 1, "samples_per_condition": 1, "real": 2, "bins": 1, "size": 1, "batch_size": 1,
    "bootstrap": 0, "seed": 0,
}
_INTEGER = (Integral, "a whole number")
_KINDS = {
    **dict.fromkeys(("per_class", "strict"), (bool, "True or False")),
    **dict.fromkeys(("folds", "crop", "direction", "condition_split"), (str, "a string")),
}
_MOST = {"seed": 2**32 - 1, "size": 4096, "bootstrap": 10**6}


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
            `zoo.metrics.r_precision`.
        condition_split: str, the split whose conditions are used: "train", "test" or another one of
            the data set, such as "combinations" of the emoji; "" for the protocol's.
        size: int or None, pixels to which images of a folder are resized.
        crop: "none", "paper" or "", how captioned images are made square; "" as in the model's
            training.
        direction: "a2b" or "b2a", for a model of two domains.
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
    seed: int = 0
    per_class: bool | None = None
    batch_size: int | None = None
    bootstrap: int | None = None
    strict: bool = False

    def check(self, name_format="`{}`"):
        """Raises `ZooError` for a value of another type or out of range.

        Args:
            name_format: str, format of an option's name in messages, such as "--{}".
        """
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            kind, words = _KINDS.get(field.name, _INTEGER)
            if not isinstance(value, kind) or isinstance(value, bool) and kind is Integral:
                name = name_format.format(field.name)
                raise ZooError(f"{name} must be {words}, got {value!r}.")
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ZooError(f"{name_format.format(name)} must be at least {least}, got {value}.")
        for name, most in _MOST.items():
            value = getattr(self, name)
            if value is not None and value > most:
                name = name_format.format(name)
                raise ZooError(f"{name} must be at most {most:,}, got {value:,}.")
        for name, choices in (("folds", FOLDS), ("crop", CROPS), ("direction", DIRECTIONS)):
            value = getattr(self, name)
            if value:
                check_choice(name_format.format(name), value, choices)

    def check_used(self, form, of_model):
        """Raises `ZooError` for an option that would change nothing.

        Args:
            form: str, the form of the data, see `zoo.data.form_of`; "" for a folder of images.
            of_model: bool, whether a model generates the images.
        """
        if self.size is not None and of_model:
            raise ZooError(
                f"`size` ({self.size}) resizes the images of a folder; a model's images have their "
                "own size, to which the real ones are resized: leave it out."
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
    """Checked `Options` from a dict of keyword arguments.

    Raises:
        ZooError: for an unknown name, or a value out of range.
    """
    known = [field.name for field in dataclasses.fields(Options)]
    for name in settings:
        if name not in known:
            raise ZooError(
                f"`evaluate` has no option `{name}`: expected {', '.join(known)}."
                f"{nearest(name, known)}"
            )
    options = Options(**settings)
    options.check()
    return options
