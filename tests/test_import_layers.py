"""Import layers, checked from the imports of every file; and a light `import zoo`."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The packages from the lowest to the highest, and those that each may import besides itself.
# `CORE` is open to all.
CORE = {
    "zoo.errors", "zoo.precision", "zoo.version", "zoo.storage", "zoo.checks", "zoo.seeds",
    "zoo.listing", "zoo.images", "zoo._lazy", "zoo.allocator",
}
BELOW_MODELS = {"zoo.conditions", "zoo.layers", "zoo.losses", "zoo.networks", "zoo.text"}
BELOW_TRAINING = {
    *BELOW_MODELS, "zoo.data", "zoo.importers", "zoo.metrics", "zoo.models", "zoo.presets",
    "zoo.programs", "zoo.visualization",
}
LAYERS = {
    **{name: set() for name in CORE},
    "zoo._lazy": {"zoo.programs"},
    "zoo.programs": set(),
    "zoo.layers": set(),
    "zoo.losses": set(),
    "zoo.text": set(),
    "zoo.metrics": set(),
    "zoo.networks": {"zoo.layers", "zoo.losses"},
    "zoo.conditions": {"zoo.networks", "zoo.text"},
    "zoo.data": {"zoo.text"},
    "zoo.models": {*BELOW_MODELS, "zoo.visualization"},
    "zoo.presets": {"zoo.conditions", "zoo.models", "zoo.networks", "zoo.text"},
    "zoo.importers": {*BELOW_MODELS, "zoo.data", "zoo.models", "zoo.presets"},
    "zoo.visualization": {"zoo.text"},
    "zoo.preparation": {"zoo.data", "zoo.text", "zoo.visualization"},
    "zoo.training": {*BELOW_TRAINING, "zoo.preparation"},
    "zoo.evaluation": {*BELOW_TRAINING, "zoo.training"},
    "zoo.command_line": {"zoo.programs", "zoo.training"},
}
FREE = ("recipes", "export", "zoo_cli")  # may import all of zoo, but not each other
LATE = {("zoo.models", "zoo.presets")}  # only inside a function, to avoid a cycle
HEAVY = {"tensorflow", "keras", "numpy", "h5py", "PIL", "tensorflow_text", "tensorflow_hub"}


def files(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def module_name(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree, module, package):
    """(module, inside a function) of each import in a syntax tree; relative ones are resolved."""
    found = []

    def visit(node, inside):
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.Import):
            found.extend((alias.name, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".") if package else module.split(".")[:-1]
                start = ".".join(parts[: len(parts) - node.level + 1])
                base = f"{start}.{base}".rstrip(".")
            if base == "zoo":  # `from zoo import presets`
                found.extend((f"zoo.{alias.name}", inside) for alias in node.names)
            else:
                found.append((base, inside))
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, False)
    return found


def package_of(name):
    return ".".join(name.split(".")[:2]) if name.startswith("zoo.") else name.split(".")[0]


def violations(path, text=None):
    """Imports of a file that its layer does not allow, as text."""
    module = module_name(path)
    tree = ast.parse(text if text is not None else path.read_text(encoding="utf-8"))
    own, wrong = package_of(module), []
    for name, inside in imports(tree, module, path.name == "__init__.py"):
        other = package_of(name)
        if other.split(".")[0] not in ("zoo", *FREE) or other == own:
            continue
        if own in FREE:
            allowed = other.startswith("zoo")
        elif module == "zoo":
            allowed = other in ("zoo.version", "zoo._lazy") or inside
        else:
            allowed = other in CORE or other in LAYERS[own] or (inside and (own, other) in LATE)
        if not allowed:
            wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    return wrong


@pytest.mark.parametrize("folder", ["zoo", *FREE])
def test_every_import_is_allowed(folder):
    assert files(folder)
    wrong = [line for path in files(folder) for line in violations(path)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "text", "wrong"),
    [
        ("zoo/layers/a.py", "from zoo.models.attn_gan import AttnGAN", True),
        ("zoo/layers/a.py", "def f():\n    import zoo.models", True),
        ("zoo/losses/a.py", "from zoo.errors import ZooError", False),
        ("zoo/metrics/a.py", "from zoo.data import Shapes", True),
        ("zoo/metrics/a.py", "from zoo.errors import ZooError", False),
        ("zoo/text/a.py", "from zoo import networks", True),
        ("zoo/networks/a.py", "from zoo.conditions import Captions", True),
        ("zoo/conditions/a.py", "from zoo.text import tokenize", False),
        ("zoo/conditions/a.py", "import zoo.models", True),
        ("zoo/data/a.py", "from zoo.text import tokenize", False),
        ("zoo/models/a.py", "from zoo import presets", True),
        ("zoo/models/a.py", "def f():\n    from zoo import presets", False),
        ("zoo/models/a.py", "def f():\n    import recipes.train", True),
        ("zoo/models/attn_gan/a.py", "from ...presets import loading", True),
        ("zoo/models/attn_gan/a.py", "from ..system import System", False),
        ("zoo/presets/__init__.py", "from .loading import from_preset", False),
        ("zoo/presets/a.py", "import export", True),
        ("recipes/a.py", "from export import saved_model", True),
        ("export/a.py", "import zoo.models", False),
        ("zoo/layers/a.py", "import tensorflow", False),
    ],
)
def test_the_check_finds_a_forbidden_import(path, text, wrong):
    assert bool(violations(ROOT / path, text)) == wrong


# The lines of a model card that show how its preset is used from the command line.
USAGE = {"zoo/presets/usage.py", "zoo/presets/model_card.py"}
PROGRAM = re.compile(r"python3? -m\s+recipes")


def programs_named(text):
    """Strings of a file's text that name a program of `recipes`, or import one by its name."""
    strings = [
        node.value for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [s for s in strings if PROGRAM.search(s) or re.fullmatch(r"recipes(\.\w+)*", s)]


def test_the_library_does_not_name_the_programs():
    """The library must not mention the programs, which are in a higher layer."""
    wrong = [
        f"{path.relative_to(ROOT)}: {string}" for path in files("zoo")
        if str(path.relative_to(ROOT)) not in USAGE
        for string in programs_named(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("text", "wrong"), [
    ('raise ValueError("Run python -m " "recipes.cache_text.")', True),
    ('"""Made by\n`python -m\nrecipes.train`."""', True),
    ('importlib.import_module("recipes.attn_gan")', True),
    ('load_recipe("recipes/attn_gan.py:shapes")', False),
    ("x = 1  # python -m recipes.train", False),
])
def test_the_check_finds_a_named_program(text, wrong):
    assert bool(programs_named(text)) == wrong


def top_level_imports(path):
    """Top-level packages that a file imports outside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = imports(tree, module_name(path), path.name == "__init__.py")
    return {name.split(".")[0] for name, inside in found if not inside}


@pytest.mark.parametrize(
    "path", ["zoo/__init__.py", "zoo/errors.py", "zoo/version.py", "zoo/text/__init__.py",
             "zoo/presets/__init__.py", "zoo/conditions/__init__.py", "zoo/models/__init__.py",
             "zoo/layers/__init__.py",
             "zoo/losses/__init__.py", "zoo/metrics/__init__.py", "zoo/networks/__init__.py",
             "zoo/evaluation/__init__.py", "zoo/importers/__init__.py",
             "zoo/training/__init__.py", "export/__init__.py"]
)
def test_package_init_files_import_nothing_heavy(path):
    assert not top_level_imports(ROOT / path) & HEAVY


LIGHT = """
import json, sys, time
start = time.perf_counter()
import zoo
seconds = time.perf_counter() - start
rows = zoo.list_presets()
dir(zoo), zoo.__version__, zoo.ZooError, zoo.storage
heavy = [name for name in ("tensorflow", "keras", "h5py", "PIL") if name in sys.modules]
try:
    zoo.no_such_name
    missing = "found"
except AttributeError as error:
    missing = str(error)
print(json.dumps({"seconds": seconds, "heavy": heavy, "missing": missing}))
"""


def test_import_is_light_and_listing_needs_no_tensorflow():
    result = subprocess.run(
        [sys.executable, "-c", LIGHT], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["heavy"] == []
    assert report["seconds"] < 0.5
    assert "no_such_name" in report["missing"]


def test_every_public_name_is_there():
    import zoo

    for name in zoo.__all__:
        assert getattr(zoo, name) is not None, name
