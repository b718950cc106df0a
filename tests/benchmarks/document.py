"""docs/benchmarks.md: each program replaces its own part and leaves the others as they are."""

from pathlib import Path

from zoo.storage import write_bytes_atomically

HEAD = """# Benchmarks

Written by `make bench`, one part per program. Do not edit the figures by hand.
"""


def read_part(path, name):
    """The text of a part, "" if there is none."""
    content = Path(path).read_text("utf-8") if Path(path).exists() else ""
    begin, end = _marks(name)
    return content.partition(begin)[2].partition(end)[0]


def write_part(path, name, text):
    """Writes a part between two marks; a new part goes to the end, a new file gets `HEAD`.

    Args:
        name: str, of the part's program.
        text: str, Markdown that begins with a heading of the second level.
    """
    path = Path(path)
    content = path.read_text("utf-8") if path.exists() else HEAD
    begin, end = _marks(name)
    part = f"{begin}\n{text.strip()}\n{end}\n"
    before, found, rest = content.partition(f"{begin}\n")
    if found:
        rest = rest.partition(f"{end}\n")[2]
        content = before + part + rest
    else:
        content = f"{content.rstrip()}\n\n{part}"
    write_bytes_atomically(str(path), content.encode())
    print(f"written to {path}")


def _marks(name):
    return [f"<!-- {word} of {name} -->" for word in ("begin", "end")]
