"""The tables of presets in the README and the docs are those of the metadata."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("table", ROOT / "examples" / "preset_table.py")
program = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(program)


def test_the_pages_have_the_present_table():
    for path, text in program.pages().items():
        assert path.read_text("utf-8") == text, f"run examples/preset_table.py: {path} is old"


def test_generators_come_first():
    rows = [{"name": name, "task": task, "description": "it", "size": 1_234_567}
            for name, task in (("a", "image-classification"), ("b", "label-to-image"))]
    assert program.table(rows, "up")[2:] == [
        "| [`b`](up/b/README.md) | it | 1.2 |", "| [`a`](up/a/README.md) | it | 1.2 |"]


def test_a_page_needs_its_marks():
    assert program.with_table(f"x\n{program.START}\nold\n{program.END}\ny", ["new"]) == (
        f"x\n{program.START}\nnew\n{program.END}\ny")
    with pytest.raises(ValueError, match="Expected one"):
        program.with_table("no marks", [])
