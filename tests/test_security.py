"""Each promise of SECURITY.md names tests, and these exist."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def promises():
    """(promise, cell of its tests) of the table."""
    section = PAGE.split("## What is promised", 1)[1].split("\n## ", 1)[0]
    rows = [re.split(r" \| ", row.strip("| ")) for row in section.splitlines() if row[:2] == "| "]
    return [tuple(row) for row in rows if len(row) == 2 and row[0] != "promise"]


def test_the_table_is_read():
    assert len(promises()) > 15


@pytest.mark.parametrize(("promise", "tests"), promises(), ids=lambda text: text[:40])
def test_a_promise_has_tests(promise, tests):
    named = TEST.findall(tests)
    assert named and not TEST.sub("", tests).strip(", "), f"{promise} names no test: {tests}"
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"{promise}: {file} has no {name}"


def test_the_places_and_settings_exist():
    for place in re.findall(r"`((?:zoo|export|recipes)/[\w/.]+)`", PAGE):
        assert (ROOT / place).exists(), place
    for module, name in re.findall(r"`(zoo(?:\.[a-z_]+)+)(?:\.([A-Z]\w+))?`", PAGE):
        found = importlib.import_module(module)
        assert not name or hasattr(found, name), f"{module}.{name}"
