"""`zoo.models.AttnGAN` and its `help`: every argument of every system, with the paper's value."""

import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from recipes import (
    attn_gan,
    bicyclegan,
    dcgan,
    dm_gan,
    drit,
    mirror_gan,
    pix2pix,
    stackgan_v2,
    xmc_gan,
)
from zoo.models.base.system import System
from zoo.training.setting_rules import flatten

PAPERS = {  # system -> the config of its paper
    "AttnGAN": attn_gan.get_config("birds"), "DMGAN": dm_gan.get_config("birds"),
    "MirrorGAN": mirror_gan.get_config("birds"), "StackGANV2": stackgan_v2.get_config("birds"),
    "XMCGAN": xmc_gan.get_config("coco"), "DCGAN": dcgan.get_config("cifar10"),
    "Pix2Pix": pix2pix.get_config("facades"), "BicycleGAN": bicyclegan.get_config("facades"),
    "DRIT": drit.get_config("yosemite"),
}


def arguments(cls):
    """dict of the constructor's parameters by name."""
    parameters = inspect.signature(cls.__init__).parameters
    return {name: p for name, p in parameters.items()
            if name != "self" and p.kind is not p.VAR_KEYWORD}


def entry(cls, name):
    """The entry of an argument in a class's docstring, or ""."""
    text = inspect.getdoc(cls)
    text = text[text.index("Args:"):]
    found = re.search(
        rf"^    (?:\w+,\s+)*{name}(?:,\s+\w+)*:(.*?)(?=^    \S|^\S|\Z)", text, re.M | re.S
    )
    return found[1] if found else ""


@pytest.mark.parametrize("name", zoo.models.SYSTEMS)
def test_help_names_every_argument(name):
    cls = getattr(zoo.models, name)
    assert issubclass(cls, System) and cls.__module__.startswith(zoo.models.SYSTEMS[name])
    text = re.sub(r"\s+", " ", pydoc.plain(pydoc.render_doc(cls)))
    signature = text[: text.index("Args:")]
    for argument, parameter in arguments(cls).items():
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        assert re.search(rf"[( ]{argument}{re.escape(default)}[,)]", signature), argument
        assert entry(cls, argument), f"{name} does not describe {argument}"


@pytest.mark.parametrize("name", PAPERS)
def test_defaults_are_the_papers_values_or_the_text_gives_them(name):
    """The paper's values are those of its recipe."""
    cls = getattr(zoo.models, name)
    known = arguments(cls)
    for key, value in flatten(PAPERS[name].model).items():
        argument, *inside = key.split(".")
        if inside or known[argument].default != value:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            said = entry(cls, argument)
            assert re.search(rf"(?<![\w.]){re.escape(shown)}(?!\w)", said), (key, value, said)


def test_every_folder_of_a_paper_is_registered():
    folder = Path(zoo.models.__path__[0])
    papers = {path.parent.name for path in folder.glob("*/README.md")}
    registered = {package.rpartition(".")[2] for package in zoo.models.SYSTEMS.values()}
    assert papers <= registered


def test_listing_the_systems_imports_none():
    code = (
        "import sys, zoo; print(dir(zoo.models)); assert 'tensorflow' not in sys.modules;"
        "assert not hasattr(zoo.models, 'NoSuchGAN')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "'AttnGAN'" in done.stdout
