"""How a preset is used, in Python and on the command line, by what its model draws from.

The model card is made from the metadata alone, so these keep a record of the model's condition.
"""

import json
import shlex

from zoo.conditions.kinds import KINDS, condition_class

GENERATE = "python -m recipes.generate"


def condition_record(model):
    """What a model draws from, for `metadata["condition"]`.

    Returns:
        dict of plain values: `kind`, one of `zoo.conditions.kinds.KINDS`; `features` of an
        embedding, `max_words` of those of words, `examples` of labels, `directions` of a
        translation, and `samples` 1 where there is no latent. None of a model that neither draws
        nor describes anything.
    """
    condition = getattr(model, "condition", None)
    if condition is None:
        return None
    fixed = getattr(model, "latent_dim", None) == 0
    return {**condition.record(), **({"samples": 1} if fixed else {})}


def recorded_condition(metadata):
    """The `condition` of a preset's metadata; of older ones, which have none, what their task and
    class let suppose; or None."""
    if metadata.get("condition"):
        return metadata["condition"]
    for kind in KINDS:  # the first of a task is its usual one
        found = condition_class(kind)
        if found.task == metadata.get("task"):
            return found.record_of_old(metadata)
    return None


def python_lines(name, record):
    """Lines of Python that use the preset `name`."""
    return (
        "import zoo\n\n"
        f"model = zoo.from_preset({json.dumps(name)})  # or the path of this directory\n"
        f"{condition_class(record['kind']).python_example(record)}"
    )


def command_lines(name, record):
    """The command that uses the preset `name`; one line per direction."""
    start = f"{GENERATE} --preset={shlex.quote(name)}"
    return "\n".join(
        f"{start} {flags}" for flags in condition_class(record["kind"]).command_examples(record)
    )
