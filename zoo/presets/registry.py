"""The presets that ship with the package."""

import os

from zoo import storage
from zoo.errors import ZooError, nearest

FOLDER = os.path.dirname(os.path.abspath(__file__))
METADATA = "metadata.json"
EXAMPLES = (
    'a built-in name ("attn_gan_emoji_64"), a directory ("./my_preset"), a path that TensorFlow '
    'reads ("gs://bucket/my_preset"), "hf://owner/name" or "kaggle://owner/model/keras/variation"'
)


def list_presets(task=None):
    """Lists the built-in presets. Does not import TensorFlow.

    Args:
        task: str or None. Only presets of this task, for example "text-to-image".

    Returns:
        list of dict, sorted by name: `name`, `task`, `class`, `description`, `parameters` (count),
        `size` (bytes of all its verified files), `licence`.

    Raises:
        ZooError: a task that no preset has; the message lists those that exist.
    """
    rows = [_row(name) for name in builtin_names()]
    if task is None:
        return rows
    selected = [row for row in rows if row["task"] == task]
    tasks = sorted({row["task"] for row in rows})
    if not selected:
        raise ZooError(
            f'No preset has the task "{task}". Tasks: {", ".join(tasks) or "none yet"}.'
            f"{nearest(task, tasks)}"
        )
    return selected


def builtin_names():
    """Sorted names of the presets that ship with the package."""
    return sorted(
        entry.name
        for entry in os.scandir(FOLDER)
        if entry.is_dir() and os.path.isfile(os.path.join(entry.path, METADATA))
    )


def builtin_directory(name):
    """The folder of a built-in preset."""
    return os.path.join(FOLDER, name)


def unknown_handle(handle):
    """The `ZooError` for an unknown handle; lists the built-in presets and the forms of handles."""
    names = builtin_names()
    return ZooError(
        f'There is no preset "{handle}". Built-in presets: {", ".join(names) or "none"}.'
        f"{nearest(handle, names)} A preset must be {EXAMPLES}."
    )


def _row(name):
    metadata = storage.read_json(os.path.join(FOLDER, name, METADATA))
    return {
        "name": name,
        "task": metadata.get("task"),
        "class": metadata.get("class"),
        "description": metadata.get("description"),
        "parameters": metadata.get("parameters"),
        "size": sum(entry["bytes"] for entry in metadata["files"].values()),
        "licence": (metadata.get("licence") or {}).get("name"),
    }
