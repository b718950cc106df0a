"""The documentation is valid (links, commands, settings), and the package contains its data."""

import functools
import importlib
import importlib.util
import itertools
import operator
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/datasets/*.md"),
                *ROOT.glob("zoo/*/*/README.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"python -m (recipes|export)\.(\w+)((?:[^\n`]|\\\n)*)")
PLAIN = r"(?:True|[\d.]+(?:e-\d+)?)"  # a number, or a switch that is on, in a table
CONFIGURED = re.compile(r"--config=recipes/(\w+)\.py:(\w+)([^|\n`\\]*(?:\\\n[^|\n`\\]*)*)")


def anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_are_valid(page):
    broken = []
    for link in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, fragment = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists():
            broken.append(link)
        elif fragment:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.M)
            if fragment not in map(anchor, headings):
                broken.append(link)
    assert not broken


def test_documented_commands_exist_with_these_flags():
    wrong, seen = [], 0
    for page in PAGES:
        for package, module, rest in COMMAND.findall(page.read_text("utf-8")):
            seen += 1
            source = ROOT / package / f"{module}.py"
            if not source.exists():
                wrong.append(f"{page.name}: {package}.{module}")
                continue
            text = source.read_text("utf-8")
            imported = re.findall(rf"^from {package} import (.*)$", text, re.M)
            names = ", ".join(imported).split(", ")
            names += re.findall(rf"^from {package}\.(\w+) import", text, re.M)
            for name in names:  # a module next to it may define flags too
                helper = ROOT / package / f"{name}.py"
                text += helper.read_text("utf-8") if helper.exists() else ""
            for flag in set(re.findall(r" --(\w+)", rest)) - {"help"}:
                if f'"{flag}"' not in text and f'"--{flag}"' not in text:
                    wrong.append(f"{page.name}: {package}.{module} --{flag}")
    assert seen > 5
    assert not wrong


def test_documented_settings_exist():
    from zoo.training.config import check_known_keys

    seen = 0
    for page in PAGES:
        for recipe, dataset, rest in CONFIGURED.findall(page.read_text("utf-8")):
            module = importlib.import_module(f"recipes.{recipe}")
            config = module.get_config(dataset)
            words = shlex.split(rest.replace("\\\n", " "))
            keys = [w[len("--config."):].split("=")[0] for w in words if w.startswith("--config.")]
            check_known_keys(keys, config)
            seen += 1
    assert seen > 8


def test_tables_of_settings_agree_with_the_recipes():
    """Cells of a recipe's dataset, such as "`emoji`", that are plain numbers."""
    wrong, seen = [], 0
    for page in ROOT.glob("docs/*.md"):
        for table in re.findall(r"^\| setting .*(?:\n\|.*)+", page.read_text("utf-8"), re.M):
            head, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]]
                              for line in table.splitlines())
            datasets = [(i, name[1:-1]) for i, name in enumerate(head) if name[:1] == "`"]
            for (i, dataset), row in itertools.product(datasets, rows):
                keys, documented = re.findall(r"`(\.?\w[\w.]+)`", row[0]), row[i]
                if not keys or not re.fullmatch(rf"{PLAIN}(, {PLAIN})*", documented):
                    continue
                config = importlib.import_module(f"recipes.{page.stem}").get_config(dataset)
                parent = keys[0].rpartition(".")[0]  # of `.units` after `model.features`
                paths = [parent + key if key[0] == "." else key for key in keys]
                values = [functools.reduce(operator.getitem, k.split("."), config) for k in paths]
                flat = [n for v in values for n in (v if isinstance(v, tuple) else [v])]
                seen += 1
                if [float(n) for n in documented.replace("True", "1").split(", ")] != flat:
                    wrong.append(f"{page.name}, {dataset}, {keys}: {documented}, not {flat}")
    assert seen > 40
    assert not wrong


def test_the_version_is_the_same_everywhere():
    from zoo.version import __version__

    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_package_contains_the_preset_files(monkeypatch):
    import setuptools

    kept = {}
    monkeypatch.setattr(setuptools, "setup", kept.update)
    spec = importlib.util.spec_from_file_location("setup_of_the_zoo", ROOT / "setup.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    patterns = kept["package_data"]["zoo.presets"]
    folder = ROOT / "zoo" / "presets"
    left = [
        path for path in folder.glob("*/*")
        if "__pycache__" not in path.parts and not any(path.match(p) for p in patterns)
    ]
    assert not left
    packages = set(kept["packages"])
    assert {"zoo", "zoo.models.attn_gan", "zoo.presets", "recipes", "export", "zoo_cli"} <= packages
    assert not [name for name in packages if name.startswith("tests")]
