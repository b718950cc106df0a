"""Recipe files: listing, loading, and errors for other files."""

import importlib
import os
from pathlib import Path

import pytest

from recipes import train
from tests.support import programs
from zoo.errors import ZooError
from zoo.training import recipe_files
from zoo.training.recipe import Recipe, config_of, load_module, load_recipe

ROOT = Path(__file__).parents[2]


def test_the_listing_has_only_recipes():
    names = recipe_files.names()
    assert {"attn_gan.py", "dcgan.py", "damsm.py", "stream.py"} <= set(names)
    assert not {"generate.py", "train.py", "demo.py", "sweep.py"} & set(names)
    for name in names:
        module = importlib.import_module(f"recipes.{name[:-3]}")
        assert callable(module.get_config) and callable(module.build)


@pytest.mark.parametrize("path", ["recipes/dcgan.py", "dcgan.py", "dcgan"])
def test_a_recipe_is_found(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Path(recipe_files.find(path)).samefile(ROOT / "recipes" / "dcgan.py")


@pytest.mark.parametrize(("path", "words"), [
    ("/etc/passwd", "is not a Python file"), ("folder", "is a folder"), ("folder.py", "a folder"),
    ("/dev/null", "is not a regular file"), ("loop.py", "is not a regular file"),
    ("cache_text", "a program or helper, not a recipe"), ("train.py", "not a recipe"),
    ("atn_gan", 'Recipes: attn_gan.py, .*mean "attn_gan.py"'), ("", "is empty"),
    ("a\0b", "no recipe file"), ("n" * 5000, "no recipe file"),
])
def test_files_that_are_not_recipes(path, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("folder", "folder.py"):
        (tmp_path / name).mkdir()
    os.symlink("loop.py", tmp_path / "loop.py")
    with pytest.raises(ZooError, match=words):
        recipe_files.find(path)


@pytest.mark.parametrize(("content", "words"), [
    (b"def get_config(:\n", "line 1 is not valid Python: invalid syntax"),
    (b"\x7fELF\0\0\1", "is not valid Python"), (b"\xff\xfe\xfa = 1\n", "not valid Python"),
    (b"a\0b", "not valid P"),
    (b"", "defines no get_config"), (b"get_config = 3\n", "defines no get_config"),
    (b"import no_such_module\n", "cannot be run: ModuleNotFoundError: No module named"),
    (b"raise SystemExit(3)\n", "cannot be run: SystemExit"),
    (b"def get_config():\n    return {}\n", "must return an ml_collections.ConfigDict, got a dict"),
    (b"def get_config():\n    1 / 0\n", "get_config.. of the recipe .* fails: ZeroDivisionError"),
    (b"def get_config(a, b):\n    pass\n", "missing 2 required positional arguments"),
])
def test_a_file_that_fails(content, words, tmp_path):
    path = tmp_path / "mine.py"
    path.write_bytes(content)
    with pytest.raises(ZooError, match=words) as caught:
        config_of(load_module(str(path)), path)
    assert "\n" not in str(caught.value)


def test_a_recipe_is_loaded_with_its_functions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_recipe("drit:cat2dog").config == load_recipe("recipes/drit.py:cat2dog").config
    recipe = load_recipe("recipes/drit.py:cat2dog")
    assert isinstance(recipe, Recipe) and recipe.config.dataset == "cat2dog"
    assert recipe.source == "recipes/drit.py:cat2dog" and recipe.stages == []
    sweep = load_recipe("recipes/dm_gan.py").sweep
    assert sweep == {"model.mode_seeking_weight": (0, 0.5, 1, 2, 3)}
    (tmp_path / "mine.py").write_text("import recipes.dcgan\nget_config = recipes.dcgan.get_config")
    for name, words in (("no.py", 'no recipe file "no.py"'), ("mine.py", "defines no build"),
                        ("recipes/drit.py:cats", 'Unknown dataset "cats".*"cats_dogs"')):
        with pytest.raises(ZooError, match=words):
            load_recipe(name)


DRIT, ATTN_GAN = "--config=recipes/drit.py:folder", "--config=recipes/attn_gan.py:shapes"
LINES = [
    (DRIT, "--config.data.domains=cat,dog",
     "list in round brackets, for example --config.data.domains='(\"A\",\"B\")', got \"cat,dog\""),
    (DRIT, "--config.data.domains=(cat,dog)", "for example --config.data.domains='(\"A\",\"B\")'"),
    (DRIT, "--config.data.domains=[1, 2]", "must be a list in round brackets"),
    (DRIT, "--config.data.domains=('cat','dog')", ""),
    (ATTN_GAN, "--config.model.stage_sizes=(64,'x')", "--config.model.stage_sizes='(16,32,64)'"),
    (ATTN_GAN, "--config.model.stage_sizes=(32,64)", ""),
    (ATTN_GAN, "--config.samples.captions=a cat", "must be a list in round brackets"),
    (ATTN_GAN, "--config.steps=1e3", 'a whole number, for example --config.steps=3, got "1e3"'),
    (ATTN_GAN, "--config.steps=", 'must be a whole number, for example --config.steps=3, got ""'),
    (ATTN_GAN, f"--config.steps=1{'0' * 5000}", "must be a whole number"),
    (ATTN_GAN, f"--config.seed=1{'0' * 400}", "from -9223372036854775808 to 9223372036854775807"),
    (ATTN_GAN, "--config.data.flip=maybe", "must be true or false, for example"),
    (ATTN_GAN, "--config.optimizer.learning_rate=fast", "must be a number"),
    (ATTN_GAN, "--config.model=3", "is a group of settings"),
    (ATTN_GAN, "--config.model={}", "is a group of settings: set one of them, as in --"),
    (ATTN_GAN, "--config.data={'size':3}", "--config.data is a group of settings"),
    (ATTN_GAN, "--config=recipes/dcgan.py", "--config was given twice"),
    (ATTN_GAN, "--config.system=dm_gan", '--config.system must be "attn_gan"'),
    (ATTN_GAN, "--dry_run=perhaps", '--dry_run must be true or false, got "perhaps"'),
]


def test_invalid_values_of_settings():
    for *line, words in LINES:
        said = ""
        try:
            with programs.parsed(train, *line, config_flag="config"):
                pass
        except ZooError as error:
            said = str(error)
        assert words in said and bool(words) == bool(said), (line, said)
        assert "\n" not in said and len(said) < 600


@pytest.mark.parametrize("domains", [("cat",), ("cat", "CAT"), ("a", "b", "c"), ("a", ""), ()])
def test_domains_need_two_names(domains):
    from recipes import drit
    from zoo.training.image_data import check_source

    config = drit.get_config("folder").unlock()
    config.data.domains = domains
    with pytest.raises(ZooError, match="--config.data.domains='.\"cat\",\"dog\".', got"):
        check_source(config, "domains")
