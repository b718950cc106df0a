"""How an evaluation departs from its protocol, and how it is run."""

import dataclasses

from zoo.errors import ZooError, check_choice, nearest
from zoo.evaluation.image_set import CROPS

FOLDS = ("exact", "official")
DIRECTIONS = ("a2b", "b2a")
_LEAST = {
    "conditions": 1, "samples_per_condition": 1, "real": 2, "bins": 1, "size": 1, "batch_size": 1,
    "bootstrap": 0, "seed": 0,
}
_MOST = {"seed": 2**32 - 1, "size": 4096, "bootstrap": 10**6}


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that `evaluate` takes besides the model, the data, the protocol and the networks.

    The first five replace what the protocol says; fewer images than it has are noted next to every
    number, or refused with `strict`.

    Attributes:
        conditions: int or None, how many conditions.
        samples_per_condition: int or None, images per condition.
        real: int or None, real images, drawn at random.
        bins: int or None, bins of NDB.
        folds: "exact", "official" or "", the rule of R-precision's folds, see
            `zoo.metrics.r_precision`.
        size: int or None, pixels to which images of a folder are scaled.
        crop: "none", "paper" or "", how captioned images become square; "" as in the model's
            training.
        direction: "a2b" or "b2a", of a model of two domains.
        seed: int from 0 to 2**32 - 1, of the latents, of what is drawn, and of NDB's bins.
        per_class: bool or None, whether each class is measured alone, too; None as the protocol.
        batch_size: int or None, images that are generated at a time.
        bootstrap: int or None, draws of the 95 % intervals; 0 for none; None for 100, but none
            where the features have more than 512 numbers.
        strict: bool, whether fewer images than the protocol has are an error.
    """

    conditions: int | None = None
    samples_per_condition: int | None = None
    real: int | None = None
    bins: int | None = None
    folds: str = ""
    size: int | None = None
    crop: str = ""
    direction: str = "a2b"
    seed: int = 0
    per_class: bool | None = None
    batch_size: int | None = None
    bootstrap: int | None = None
    strict: bool = False

    def check(self, shown="`{}`"):
        """Raises `ZooError` where a value is out of its range.

        Args:
            shown: str, how messages write the name of an option, such as "--{}".
        """
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ZooError(f"{shown.format(name)} must be at least {least}, got {value}.")
        for name, most in _MOST.items():
            value = getattr(self, name)
            if value is not None and value > most:
                raise ZooError(f"{shown.format(name)} must be at most {most:,}, got {value:,}.")
        for name, choices in (("folds", FOLDS), ("crop", CROPS), ("direction", DIRECTIONS)):
            value = getattr(self, name)
            if value:
                check_choice(shown.format(name), value, choices)

    def applied(self, protocol):
        """The `Protocol` with the counts of these options."""
        changes = {
            "conditions": self.conditions, "samples": self.samples_per_condition,
            "real": self.real, "bins": self.bins, "folds": self.folds or None,
        }
        changes = {name: value for name, value in changes.items() if value is not None}
        return dataclasses.replace(protocol, **changes)


def make_options(settings):
    """`Options` of a dict of keyword arguments, checked.

    Raises:
        ZooError: an unknown name, or a value out of its range.
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
