"""Recipes as files: which there are, where one is found, and what is wrong with one that is none.

A recipe is a Python file with `get_config(dataset)`; opening it runs it, as importing it would.
"""

import ast
import importlib.util
import os
import tokenize
from pathlib import Path

from zoo.errors import ZooError, nearest, reason

FOLDER = Path(__file__).parent


def names():
    """Sorted file names of the installed recipes: those whose module defines `get_config`."""
    return sorted(path.name for path in FOLDER.glob("*.py") if _defines_get_config(path))


def find(path, flag="config"):
    """The file of a recipe: in the working directory, else beside the installed recipes.

    Args:
        path: str, as given: "recipes/attn_gan.py", "attn_gan.py" or "attn_gan".
        flag: str, what messages call the flag.

    Raises:
        ZooError: there is no such file, or it is not a Python file.
    """
    example = f"Example: --{flag}=recipes/attn_gan.py:shapes"
    if not path:
        raise ZooError(f"--{flag} is empty: give a recipe. {example}")
    places = (path, FOLDER.parent / path, FOLDER / path, FOLDER / f"{path}.py")
    found = [place for place in places if os.path.lexists(place)]
    file = next((place for place in found if os.path.isfile(place)), None)
    if file is not None and str(file).endswith(".py"):
        inside = Path(file).resolve().parent == FOLDER.resolve()
        if inside and not _defines_get_config(Path(file)):
            raise ZooError(
                f'--{flag}: "{path}" is a part of the programs and not a recipe. Recipes: '
                f"{', '.join(names())}. {example}"
            )
        return str(file)
    if found:
        what = "not a Python file" if file is not None else "a folder" if os.path.isdir(
            found[0]) else "not a regular file"
        raise ZooError(f'--{flag}: "{path}" is {what}, and a recipe is a .py file. {example}')
    known = names()
    raise ZooError(
        f'--{flag}: there is no recipe file "{path}". Recipes: {", ".join(known)}.'
        f"{nearest(Path(path).name, known)} {example}"
    )


def load(path):
    """The module of a recipe's file; it has `get_config`.

    Raises:
        ZooError: a file that is not Python, fails while it is read, or defines no `get_config`.
    """
    try:
        spec = importlib.util.spec_from_file_location("recipe_config", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except SyntaxError as error:
        line = f" line {error.lineno}" if error.lineno else ""
        raise ZooError(f"The recipe {path}{line} is not Python: {error.msg}.") from error
    except ZooError:
        raise
    except (Exception, SystemExit) as error:
        raise ZooError(f"The recipe {path} cannot be run: {_said(error)}.") from error
    if not callable(getattr(module, "get_config", None)):
        raise ZooError(f"{path} has no get_config function, so it is not a recipe.")
    return module


def config_of(path, dataset=None):
    """What a recipe's `get_config` gives; None takes its default dataset.

    Raises:
        ZooError: an unknown dataset, a recipe that fails, or one that gives no `ConfigDict`.
    """
    from ml_collections import ConfigDict

    get_config = load(path).get_config
    try:
        config = get_config() if dataset is None else get_config(dataset)
    except ZooError:
        raise
    except Exception as error:
        call = "get_config()" if dataset is None else f"get_config({dataset!r})"
        raise ZooError(f"{call} of the recipe {path} fails: {_said(error)}.") from error
    if not isinstance(config, ConfigDict):
        raise ZooError(
            f"get_config of the recipe {path} must return an ml_collections.ConfigDict, got a "
            f"{type(config).__name__}."
        )
    return config


def _defines_get_config(path):
    try:
        with tokenize.open(path) as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(isinstance(n, ast.FunctionDef) and n.name == "get_config" for n in tree.body)


def _said(error):
    return f"{type(error).__name__}: {reason(error)}"
