"""Class labels, by number or by name."""

import json
import re
import shlex
import unicodedata

import numpy as np
import tensorflow as tf

from zoo.conditions.assertions import require_range
from zoo.conditions.base import Condition
from zoo.conditions.records import LIMITS, SERVING_DEFAULT, Given, Signature, parts, shown
from zoo.errors import ZooError, nearest
from zoo.networks.build import symbolic_input

_NUMBER = re.compile(r"-?[0-9]{1,18}")


class Labels(Condition):
    """Labels of classes, as numbers or `class_names` (list of str or None)."""

    kind, task = "labels", "label-to-image"
    argument = data_form = "labels"
    flags = ("labels",)
    fields = {"labels": tf.TensorSpec([None], tf.int64)}

    def __init__(self, classes, class_names=None):
        self.classes = classes
        self.class_names = _check_class_names(class_names, classes)

    def parse(self, conditions):
        """From an int or str, or a list or array of them.

        Names are compared in the normal form NFC, because some systems list the folders of classes
        in another one.
        """
        if isinstance(conditions, bytes | bytearray | set | frozenset | dict):
            raise ZooError(
                f"A label of this model must be {self._accepted()}, got a "
                f"{type(conditions).__name__}: {shown(conditions)}. Give several as a list."
            )
        single = (
            isinstance(conditions, str | int | np.integer)
            or getattr(conditions, "ndim", None) == 0
        )
        try:
            labels = [conditions] if single else list(conditions)
        except TypeError:
            labels = [conditions]
        if not labels:
            raise ZooError("No labels were given. Give at least one, such as generate([0]).")
        return {"labels": np.array([self._number(label) for label in labels], "int64")}

    def _number(self, label):
        names = self.class_names
        if isinstance(label, str) and names is not None:
            same = [name for name in names if name == label] or [
                name for name in names if _normal(name) == _normal(label)
            ]
            if len(same) == 1:
                return names.index(same[0])
            raise ZooError(
                f"There is no class {label!r}. The classes are {', '.join(names)}."
                f"{nearest(label, names)}"
            )
        dtype = np.asarray(label).dtype.kind
        if np.ndim(label) or dtype not in "iu" or not 0 <= label < self.classes:
            raise ZooError(f"A label of this model must be {self._accepted()}, got {label!r}.")
        return int(label)

    def _accepted(self):
        also = " or one of its class names" if self.class_names is not None else ""
        return f"an integer from 0 to {self.classes - 1}{also}"

    def symbolic(self):
        return {"labels": symbolic_input(2, dtype="int64")}

    def serve(self, folder, limits=LIMITS):
        inputs = [tf.TensorSpec([None], tf.int64, name="labels")]

        def check(labels):
            return [require_range("labels", labels, 0, self.classes - 1)]

        return {SERVING_DEFAULT: Signature(inputs, lambda labels: {"labels": labels}, check)}, []

    def requests(self, size):
        return {SERVING_DEFAULT: {"labels": np.arange(size, dtype=np.int64) % self.classes}}

    def record(self):
        names = self.class_names or list(range(self.classes))
        ambiguous = any(";" in str(name) for name in names)  # separates them on the command line
        return {"kind": self.kind, "examples": [0, 1][:self.classes] if ambiguous else names[:2]}

    def known(self):
        names = self.class_names or []
        some = ": " + ", ".join(names[:12]) + (", ..." if names[12:] else "") if names else ""
        return f"labels of {self.classes} classes, 0 to {self.classes - 1}{some}"

    def hint(self):
        names = f" or names ({', '.join(self.class_names)})" if self.class_names else ""
        if any(map(_NUMBER.fullmatch, self.class_names or ())):
            names += (
                "; a number is the class of this name, or the index where there is no such name "
                "(in Python, an integer is always the index)"
            )
        return f'reads labels, numbers from 0 to {self.classes - 1}{names}: give --labels="0;1"'

    def load(self, name, labels=None):
        names = self.class_names or []
        values = range(self.classes) if labels is None else [
            int(p) if p not in names and _NUMBER.fullmatch(p) else p for p in parts(labels)
        ]
        values = self.parse(values)["labels"].tolist()
        return Given(values, [names[label] if names else f"class {label}" for label in values])

    @classmethod
    def record_of_old(cls, metadata):
        return {"kind": cls.kind, "examples": [0, 1]}

    @classmethod
    def example_argument(cls, record):
        return json.dumps(record.get("examples")), ""

    @classmethod
    def example_flag(cls, record):
        examples = ";".join(map(str, record.get("examples", [])))
        plain = not set(examples) & set('"$`\\!')
        return f'--labels="{examples}"' if plain else f"--labels={shlex.quote(examples)}"


def _normal(name):
    return unicodedata.normalize("NFC", name)


def _check_class_names(class_names, classes):
    if class_names is None:
        return None
    names = list(class_names)
    if len(names) != classes or not all(isinstance(name, str) for name in names):
        raise ZooError(
            f"`class_names` must be a list of {classes} strings, one per class, "
            f"got {class_names!r}."
        )
    if len(set(names)) != classes:
        raise ZooError(f"`class_names` must be unique, got {class_names!r}.")
    return names
