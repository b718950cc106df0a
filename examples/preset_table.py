r"""Writes the tables of built-in presets into README.md and docs/presets.md, from their metadata.

    python examples/preset_table.py

A table is between the lines `<!-- presets -->` and `<!-- end of presets -->`.
"""

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- presets -->", "<!-- end of presets -->"
PAGES = ("README.md", "docs/presets.md")


def table(rows, link):
    """The lines of a table of presets.

    Args:
        rows: the presets, as `zoo.list_presets` returns them.
        link: str, from the page's folder to the folder of the presets.
    """
    lines = ["| preset | what it does | MB |", "|---|---|---|"]
    order = sorted(rows, key=lambda row: (not row["task"].endswith("-to-image"), row["name"]))
    return lines + [
        f"| [`{row['name']}`]({link}/{row['name']}/README.md) | {row['description']} | "
        f"{row['size'] / 1e6:.1f} |" for row in order
    ]


def with_table(text, lines):
    """A page's text with these lines between the marks.

    Raises:
        ValueError: if the page has not exactly one pair of marks.
    """
    if text.count(START) != 1 or text.count(END) != 1:
        raise ValueError(f"Expected one {START} and one {END}.")
    before, rest = text.split(START)
    return "\n".join([f"{before}{START}", *lines, END]) + rest.split(END)[1]


def pages():
    """dict of the pages' paths -> their text with the present table."""
    import zoo

    presets, texts = ROOT / "zoo" / "presets", {}
    for name in PAGES:
        path = ROOT / name
        lines = table(zoo.list_presets(), os.path.relpath(presets, path.parent))
        texts[path] = with_table(path.read_text("utf-8"), lines)
    return texts


def main():
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    for page, content in pages().items():
        page.write_text(content, "utf-8")
        print(f"Written to {page}")


if __name__ == "__main__":
    main()
