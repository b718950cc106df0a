"""The model card: a Markdown page generated from the metadata, so the two always agree."""

from zoo.presets.registry import HERE
from zoo.presets.usage import command_lines, python_lines, recorded_condition

_IN_SECTIONS = {
    "class",
    "condition",
    "data",
    "description",
    "files",
    "format",
    "licence",
    "limitations",
    "name",
    "parameters",
    "pictures",
    "results",
    "saved",
    "source",
    "task",
    "training",
    "training_data",
    "usage",
    "versions",
}


def card(metadata, handle=HERE):
    """Markdown text of a preset's README.

    Args:
        metadata: dict, the content of `metadata.json`. Keys without their own section are listed
            at the end, so that nothing is left out.
        handle: str, by which the examples load the preset, see `zoo.presets.registry.handle_of`.

    Returns:
        str, a function of the arguments alone.
    """
    sections = [
        f"# {_name(metadata)}\n\n{metadata.get('description') or ''}".rstrip(),
        _facts(metadata),
        _usage(metadata, handle),
        _pictures(metadata),
        _results(metadata),
        _table("Training", metadata.get("training")),
        _table("Training data", metadata.get("training_data")),
        _data(metadata),
        _table("Source", metadata.get("source")),
        _limitations(metadata),
        _files(metadata),
        _table("More", {k: v for k, v in metadata.items() if k not in _IN_SECTIONS}),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _name(metadata):
    return metadata.get("name") or "preset"


def _facts(metadata):
    versions = metadata.get("versions") or {}
    size = sum(entry.get("bytes", 0) for entry in metadata.get("files", {}).values())
    rows = {
        "Model": metadata.get("class"),
        "Task": metadata.get("task"),
        "Parameters": f"{metadata.get('parameters') or 0:,}",
        "Size": f"{size / 1e6:.1f} MB",
        "License": _link(metadata.get("licence")) or "not stated",
        "Saved": metadata.get("saved"),
        "Created with": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return _rows(rows)


def _usage(metadata, handle):
    condition = recorded_condition(metadata)
    code = metadata.get("usage") or (condition and python_lines(handle, condition))
    command = condition and command_lines(handle, condition)
    parts = ["## Use"] if code or command else []
    if code:
        parts.append(f"```python\n{code}\n```")
    if command:
        parts.append(f"```\n{command}\n```")
        parts.append(
            "`--preset` takes a built-in name, or the path of this directory. All flags: "
            "`python -m recipes.generate --help`."
        )
    return "\n\n".join(parts)


def _pictures(metadata):
    return "\n\n".join(
        f"![{entry['text']}]({entry['path']})\n\n{entry['text']}"
        for entry in metadata.get("pictures") or []
    )


def _results(metadata):
    results = metadata.get("results")
    if not results:
        return "## Results\n\nNone measured."
    lines = ["## Results", "", "| metric | value | protocol |", "|---|---|---|"]
    for entry in results:
        cells = (entry["metric"], entry["value"], entry["protocol"])
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines)


def _data(metadata):
    if not metadata.get("data"):
        return None
    lines = ["## Data and licenses", ""]
    for entry in metadata["data"]:
        line = f"- {_link(entry)}: {entry['licence']}"
        if entry.get("attribution"):
            line += f". {entry['attribution']}"
        lines.append(line)
    return "\n".join(lines)


def _limitations(metadata):
    text = metadata.get("limitations")
    return f"## Limitations\n\n{text}" if text else None


def _files(metadata):
    lines = ["## Files", "", "| file | bytes | SHA-256 |", "|---|---|---|"]
    for name, entry in metadata.get("files", {}).items():
        lines.append(f"| {name} | {entry.get('bytes', '')} | `{entry['sha256']}` |")
    return "\n".join(lines)


def _table(title, values):
    return f"## {title}\n\n{_rows(values)}" if values else None


def _rows(values):
    lines = ["| | |", "|---|---|"]
    lines += [f"| {key} | {_cell(value)} |" for key, value in values.items() if value is not None]
    return "\n".join(lines)


def _cell(value):
    if isinstance(value, dict):
        value = "; ".join(f"{key}: {_cell(item)}" for key, item in value.items())
    elif isinstance(value, list | tuple):
        value = ", ".join(map(_cell, value))
    return str(value).replace("|", "\\|").replace("\n", " ")


def _link(entry):
    if not entry:
        return None
    name = entry.get("name", "")
    return f"[{name}]({entry['url']})" if entry.get("url") else name
