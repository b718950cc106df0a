"""Limits on lengths: a file, a function and the folder of recipes can each be read at once."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("zoo", "zoo_cli", "recipes", "export", "examples", "tests")
FILE, FUNCTION, RECIPES = 350, 60, 22  # lines, lines without the docstring, files


def files():
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def long_functions(text):
    """(name, lines) of each function of a file that has more than `FUNCTION` lines."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                lines -= node.body[0].end_lineno - node.body[0].lineno + 1
            if lines > FUNCTION:
                yield node.name, lines


def test_lengths_of_files_and_functions():
    wrong = []
    for path in files():
        text, name = path.read_text("utf-8"), path.relative_to(ROOT)
        if text.count("\n") > FILE:
            wrong.append(f"{name}: {text.count(chr(10))} lines")
        if text.count("\n") > FUNCTION:
            wrong += [f"{name}: {function} has {n} lines" for function, n in long_functions(text)]
    assert not wrong, "\n".join(wrong)


def test_the_recipes_are_recipes_and_programs():
    assert len(list((ROOT / "recipes").rglob("*.py"))) <= RECIPES


def test_the_check_counts_without_the_docstring():
    body = "    x = 1\n" * (FUNCTION - 1)
    text = f'def f():\n    """One.\n\n    Two.\n    """\n{body}'
    assert list(long_functions(text)) == []
    assert list(long_functions(f"{text}    x = 2\n")) == [("f", FUNCTION + 1)]
