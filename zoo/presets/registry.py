"""The presets that ship with the package."""

import fnmatch
import html
import os

from zoo import storage
from zoo.errors import ZooError, nearest

FOLDER = os.path.dirname(os.path.abspath(__file__))
METADATA = "metadata.json"
HERE = "path/of/this/directory"  # in the examples of a card: presets are moved and copied
WIDTH = 120  # characters of a line of the printed table
EXAMPLES = (
    'a built-in name ("attn_gan_emoji_64"), a directory ("./my_preset"), a path that TensorFlow '
    'reads ("gs://bucket/my_preset"), "hf://owner/name" or "kaggle://owner/model/keras/variation"'
)


def list_presets(task=None, pattern=None):
    """Lists the built-in presets. Does not import TensorFlow.

    Args:
        task: str or None. Only presets of this task, for example "text-to-image".
        pattern: str or None. Only presets whose name contains this text, or matches it if it has
            `*` or `?`: "emoji", "attn_gan_*".

    Returns:
        `PresetTable`, a list of dict that prints as a table, sorted by name: `name`, `task`,
        `class`, `description`, `parameters` (count), `size` (bytes of all its verified files),
        `licence`.

    Raises:
        ZooError: a task or pattern that no preset has; the message lists those that exist.
    """
    rows = [_row(name) for name in builtin_names()]
    if task is not None:
        tasks = sorted({row["task"] for row in rows})
        rows = [row for row in rows if row["task"] == task]
        if not rows:
            raise ZooError(
                f'No preset has the task "{task}". Tasks: {", ".join(tasks) or "none yet"}.'
                f"{nearest(task, tasks)}"
            )
    if pattern is not None:
        names = [row["name"] for row in rows]
        rows = [row for row in rows if _matches(row["name"], str(pattern))]
        if not rows:
            raise ZooError(
                f'No preset\'s name matches "{pattern}". Presets: {", ".join(names)}.'
                f"{nearest(pattern, names)}"
            )
    return PresetTable(rows)


def without_mode_seeking(name):
    """The built-in preset that differs from the built-in `name` in mode seeking alone, or None."""
    names, other = builtin_names(), name.replace("_ms_", "_")
    if other == name or not {name, other} <= set(names):
        return None
    return other if _shared_settings(name) == _shared_settings(other) else None


def _shared_settings(name):
    """The settings of a built-in preset's training that a preset with mode seeking has too."""
    training = storage.read_json(os.path.join(builtin_directory(name), METADATA))["training"]
    own = ("model.mode_seeking_weight", "command", "time", "hardware", "log of step 100")
    return {key: value for key, value in training.items() if key not in own}


def _matches(name, pattern):
    return fnmatch.fnmatch(name, pattern if set("*?[") & set(pattern) else f"*{pattern}*")


class PresetTable(list):
    """A list of rows of presets (dict) that prints as a table, also in a notebook."""

    def __repr__(self):
        cells = [("name", "task", "MB", "description"), *map(_cells, self)]
        widths = [max(len(row[k]) for row in cells) for k in range(3)]
        lines = (
            f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}"
            for row in cells
        )
        return "\n".join(line[:WIDTH].rstrip() for line in lines)

    def _repr_html_(self):
        head, *rows = [("name", "task", "MB", "description"), *map(_cells, self)]
        row_html = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
        return (
            "<table><tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"
            + "".join(f"<tr>{row}</tr>" for row in row_html) + "</table>"
        )


def _cells(row):
    texts = (row["name"], row["task"], f"{row['size'] / 1e6:.1f}", row["description"])
    return tuple(" ".join(str(text or "").split()) for text in texts)


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


def handle_of(directory):
    """The handle in the examples of a card: the name of a preset that ships with the package, which
    loads it anywhere; of another directory, str or path, `HERE`."""
    folder, name = os.path.split(os.path.realpath(directory))
    return name if folder == os.path.realpath(FOLDER) else HERE


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
