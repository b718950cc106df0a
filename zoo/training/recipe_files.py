"""The recipes that are installed with the library, and how a recipe's file is found."""

import ast
import fnmatch
import os
import re
import tokenize
from pathlib import Path

from zoo.errors import ZooError, nearest

_ENTRY = re.compile(r"  (\w+(?:, \w+)*)(?:  +(\S.*))?")  # of the section "Datasets:"
FOLDER = Path(__file__).resolve().parents[2] / "recipes/"


def names():
    """Sorted file names of the installed recipes: those whose module defines `get_config`."""
    return sorted(path.name for path in FOLDER.glob("*.py") if _defines_get_config(path))


def variants(pattern=None):
    """The variants of the installed recipes, as their docstrings describe them.

    Args:
        pattern: str or None. Only variants whose name, such as "dm_gan:birds_ms", contains this
            text, or matches it if it has `*` or `?`.

    Returns:
        list of (name, description), both str, in the order of the docstrings.

    Raises:
        ZooError: no name matches; the message suggests the nearest one.
    """
    rows = []
    for file in names():
        with tokenize.open(FOLDER / file) as opened:
            docstring = ast.get_docstring(ast.parse(opened.read()), clean=False) or ""
        rows += [(f"{file.removesuffix('.py')}:{name}", text)
                 for name, text in described(docstring).items()]
    if pattern is None:
        return rows
    mask = pattern if set(pattern) & set("*?[") else f"*{pattern}*"
    found = [row for row in rows if fnmatch.fnmatchcase(row[0], mask)]
    if not found:
        raise ZooError(
            f'No variant of a recipe matches "{pattern}".'
            f"{nearest(pattern, [name for name, _ in rows])} zoo recipes lists them."
        )
    return found


def described(docstring):
    """dict of variant to its description, from the section "Datasets:" of a recipe's docstring."""
    rows, current = {}, []
    for line in docstring.partition("\nDatasets:\n")[2].splitlines():
        if not line.startswith("  "):
            break
        if entry := _ENTRY.fullmatch(line):
            current = entry[1].split(", ")
            rows.update(dict.fromkeys(current, entry[2] or ""))
        else:
            for name in current:
                rows[name] = f"{rows[name]} {line.strip()}".strip()
    return rows


def find(path, flag=None):
    """The file of a recipe, in the working directory or next to the installed recipes.

    Args:
        path: str, as given: "recipes/attn_gan.py", "attn_gan.py" or "attn_gan".
        flag: str, name of the flag for messages; None for those of `zoo.training.load_recipe`.

    Raises:
        ZooError: if there is no such file, or it is not a recipe.
    """
    call = 'zoo.training.load_recipe("recipes/attn_gan.py:shapes")'
    example = f"Example: --{flag}=recipes/attn_gan.py:shapes" if flag else f"Example: {call}"
    start = f"--{flag}: " if flag else "The recipe cannot be opened: "
    if not path:
        raise ZooError(f"{start}the name is empty: give a recipe. {example}")
    candidates = (path, FOLDER.parent / path, FOLDER / path, FOLDER / f"{path}.py")
    existing = [candidate for candidate in candidates if os.path.lexists(candidate)]
    file = next((candidate for candidate in existing if os.path.isfile(candidate)), None)
    if file is not None and str(file).endswith(".py"):
        inside = Path(file).resolve().parent == FOLDER
        if inside and not _defines_get_config(Path(file)):
            raise ZooError(
                f'{start}"{path}" is a program or helper, not a recipe. Recipes: '
                f"{', '.join(names())}. {example}"
            )
        return str(file)
    if existing:
        what = "not a Python file" if file is not None else "a folder" if os.path.isdir(
            existing[0]) else "not a regular file"
        raise ZooError(f'{start}"{path}" is {what}, but a recipe is a .py file. {example}')
    known = names()
    raise ZooError(
        f'{start}there is no recipe file "{path}". Recipes: {", ".join(known)}.'
        f"{nearest(Path(path).name, known)} {example}"
    )


def _defines_get_config(path):
    try:
        with tokenize.open(path) as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(isinstance(n, ast.FunctionDef) and n.name == "get_config" for n in tree.body)
