"""The recipes that are installed with the library, and how a recipe's file is found."""

import ast
import os
import tokenize
from pathlib import Path

from zoo.errors import ZooError, nearest

FOLDER = Path(__file__).resolve().parents[2] / "recipes/"


def names():
    """Sorted file names of the installed recipes: those whose module defines `get_config`."""
    return sorted(path.name for path in FOLDER.glob("*.py") if _defines_get_config(path))


def find(path, flag="config"):
    """The file of a recipe, in the working directory or next to the installed recipes.

    Args:
        path: str, as given: "recipes/attn_gan.py", "attn_gan.py" or "attn_gan".
        flag: str, name of the flag in messages.

    Raises:
        ZooError: if there is no such file, or it is not a recipe.
    """
    example = f"Example: --{flag}=recipes/attn_gan.py:shapes"
    if not path:
        raise ZooError(f"--{flag} is empty: give a recipe. {example}")
    candidates = (path, FOLDER.parent / path, FOLDER / path, FOLDER / f"{path}.py")
    existing = [candidate for candidate in candidates if os.path.lexists(candidate)]
    file = next((candidate for candidate in existing if os.path.isfile(candidate)), None)
    if file is not None and str(file).endswith(".py"):
        inside = Path(file).resolve().parent == FOLDER
        if inside and not _defines_get_config(Path(file)):
            raise ZooError(
                f'--{flag}: "{path}" is a program or helper, not a recipe. Recipes: '
                f"{', '.join(names())}. {example}"
            )
        return str(file)
    if existing:
        what = "not a Python file" if file is not None else "a folder" if os.path.isdir(
            existing[0]) else "not a regular file"
        raise ZooError(f'--{flag}: "{path}" is {what}, but a recipe is a .py file. {example}')
    known = names()
    raise ZooError(
        f'--{flag}: there is no recipe file "{path}". Recipes: {", ".join(known)}.'
        f"{nearest(Path(path).name, known)} {example}"
    )


def _defines_get_config(path):
    try:
        with tokenize.open(path) as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(isinstance(n, ast.FunctionDef) and n.name == "get_config" for n in tree.body)
