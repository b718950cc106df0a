"""Usage examples of a preset, in Python and on the command line, for its kind of condition.

The model card is generated from the metadata, so the metadata has a record of the condition.
"""

import json
import shlex

from zoo.conditions.kinds import KINDS, condition_class
from zoo.errors import ZooError, check_choice
from zoo.presets.registry import HERE

GENERATE = "python -m recipes.generate"
_FORMS = (  # of the values of a record
    ("examples", (list, tuple), "a list"), ("directions", (list, tuple), "a list"),
    ("samples", int, "a whole number"), ("caption", str, "a text"),
)


def condition_record(model):
    """A record of a model's condition, for `metadata["condition"]`.

    Returns:
        dict of plain values: `kind`, one of `zoo.conditions.kinds.KINDS`; `features` of
        embeddings, `max_words` of word embeddings, `examples` of labels, `directions` of a
        translation, and `samples` 1 for a model without a latent. None for a model that neither
        generates nor captions images.
    """
    condition = getattr(model, "condition", None)
    if condition is None:
        return None
    fixed = getattr(model, "latent_dim", None) == 0
    return {**condition.record(), **({"samples": 1} if fixed else {})}


def recorded_condition(metadata):
    """The `condition` of a preset's metadata; for older presets without one, it is derived from
    the task and class; or None.

    Raises:
        ZooError: the record has no known kind, or values of another type.
    """
    if record := metadata.get("condition"):
        check_choice("The kind of a condition", record.get("kind"), KINDS)
        for key, kind, name in _FORMS:
            if record.get(key) is not None and not isinstance(record[key], kind):
                raise ZooError(
                    f'metadata["condition"]["{key}"] must be {name}, got {record[key]!r}: correct '
                    "it, or leave it out."
                )
        return record
    for kind in KINDS:  # the first kind of a task is its usual one
        cls = condition_class(kind)
        if cls.task == metadata.get("task"):
            return cls.record_of_old(metadata)
    return None


def python_lines(handle, record):
    """Lines of Python code that use the preset `handle`."""
    return (
        "import zoo\n\n"
        f"model = zoo.from_preset({json.dumps(handle)}){_or_here(handle)}\n"
        f"{condition_class(record['kind']).python_example(record)}"
    )


def _or_here(handle):
    return "" if handle == HERE else "  # or the path of this directory"


def command_lines(handle, record):
    """The command that uses the preset `handle`, one line per direction."""
    start = f"{GENERATE} --preset={shlex.quote(handle)}"
    return "\n".join(
        f"{start} {flags}" for flags in condition_class(record["kind"]).command_examples(record)
    )
