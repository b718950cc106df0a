"""The programs' flags: all programs can be imported, and several can run, in one process."""

import importlib
from pathlib import Path

import pytest
from absl import flags

from recipes import generate, sweep, train
from tests.support import programs
from zoo.errors import ZooError

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in ("recipes", "export", "examples", "zoo_cli")
    for path in (ROOT / folder).rglob("*.py")
    if path.stem not in ("__init__", "process")  # process: blocks imports, and is run by its path
)
EXTRAS = {"grpc", "starlette", "uvicorn"}  # of the server


def test_importing_the_programs_defines_no_flags():
    assert {"recipes.demo", "recipes.generate", "export.saved_model"} <= set(MODULES)
    for name in MODULES:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            assert name.startswith("export.") and error.name in EXTRAS
    owners = {flags.FLAGS.find_module_defining_flag(name) for name in flags.FLAGS}
    assert not [owner for owner in owners if owner and owner.startswith(("recipes.", "examples."))]


def test_programs_with_equal_flags_run_in_one_process():
    with programs.parsed(generate, "--out=a", "--seed=3", "--caption=x", "--caption=y"):
        assert (generate._OUT.value, generate._SEED.value) == ("a", 3)
        assert generate.flags.FLAGS.caption == ["x", "y"]
    with programs.parsed(train, "--config=dcgan:shapes", "--workdir=b", config_flag="config"):
        assert train._WORKDIR.value == "b" and "out" not in flags.FLAGS
    with programs.parsed(sweep, "--config=dcgan:shapes", "--dry_run", config_flag="config"):
        assert sweep._DRY_RUN.value and sweep._WORKDIR.value is None
    with programs.parsed(generate, "--caption=z"):
        assert (generate._OUT.value, generate._SEED.value) == (None, 0)
        assert generate.flags.FLAGS.caption == ["z"]
    with pytest.raises(ZooError, match="seed"), programs.parsed(generate, "--seed=x"):
        pass
    assert not {"seed", "config", "workdir"} & set(flags.FLAGS)
