"""Usage examples of a preset, in Python and on the command line, for its kind of condition.

The model card is generated from the metadata alone, so the metadata has a record of the condition.
"""

import json
import shlex

from zoo.conditions.kinds import KINDS, condition_class

GENERATE = "python -m recipes.generate"


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
    the task and class; or None."""
    if metadata.get("condition"):
        return metadata["condition"]
    for kind in KINDS:  # the first kind of a task is its usual one
        cls = condition_class(kind)
        if cls.task == metadata.get("task"):
            return cls.record_of_old(metadata)
    return None


def python_lines(name, record):
    """Lines of Python code that use the preset `name`."""
    return (
        "import zoo\n\n"
        f"model = zoo.from_preset({json.dumps(name)})  # or the path of this directory\n"
        f"{condition_class(record['kind']).python_example(record)}"
    )


def command_lines(name, record):
    """The command that uses the preset `name`, one line per direction."""
    start = f"{GENERATE} --preset={shlex.quote(name)}"
    return "\n".join(
        f"{start} {flags}" for flags in condition_class(record["kind"]).command_examples(record)
    )
