"""The list of presets, and the presets that ship with the package."""

import os
from pathlib import Path

import pytest

import zoo
from tests.presets.shipped import require_text_encoder
from zoo import presets
from zoo.errors import ZooError
from zoo.presets import registry
from zoo.presets.loading import RENAMED, model_class
from zoo.storage import read_json

BUILT_IN = registry.builtin_names()
NEEDED = ("description", "task", "licence", "data", "source", "training", "results", "parameters")


@pytest.fixture
def two(monkeypatch, copy):
    """A registry with one preset, and folders that are none."""
    (copy.path.parent / "code").mkdir()
    monkeypatch.setattr(registry, "FOLDER", str(copy.path.parent))
    return copy


def test_a_row(two):
    (row,) = zoo.list_presets()
    files = two.json("metadata.json")["files"].values()
    assert row == {
        "name": "copy", "task": "text-to-image", "class": "AttnGAN",
        "description": "An untrained model for tests.", "licence": "Apache-2.0",
        "parameters": two.json("metadata.json")["parameters"],
        "size": sum(entry["bytes"] for entry in files),
    }
    assert zoo.list_presets("text-to-image") == [row]


def test_an_unknown_task_names_the_nearest(two):
    with pytest.raises(ZooError, match='Tasks: text-to-image. Did you mean "text-to-image"'):
        zoo.list_presets("text-to-images")


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_presets_are_whole_described_and_have_their_own_card(name):
    metadata = presets.read_metadata(name)
    assert metadata["name"] == name
    for key in NEEDED:
        assert metadata.get(key), f"{name}: metadata lacks {key}"
    assert {"name", "url"} <= set(metadata["licence"])
    folder = registry.builtin_directory(name)
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
        assert file.read() == presets.card(read_json(os.path.join(folder, "metadata.json")), name)


def test_built_in_presets_are_in_the_pages():
    root = Path(registry.FOLDER).parents[1]
    for page in ("docs/presets.md", "NOTICE"):
        text = (root / page).read_text("utf-8")
        assert not [name for name in BUILT_IN if name not in text], page


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_presets_load(name):
    require_text_encoder(name)
    model = zoo.from_preset(name)
    stored = presets.read_metadata(name)["class"]
    names = {old: new for (_, old), (_, new) in RENAMED.items()}
    assert type(model).__name__ == names.get(stored, stored)


@pytest.mark.parametrize("old", RENAMED)
def test_a_class_is_found_by_its_old_name(old):
    assert model_class("config.json", *old).__name__ == RENAMED[old][1]


def test_presets_are_selected_by_a_pattern_and_print_as_a_table(two):
    assert zoo.list_presets(pattern="cop") == zoo.list_presets(pattern="c*y") == zoo.list_presets()
    with pytest.raises(ZooError, match='matches "coppy". Presets: copy. Did you mean "copy"'):
        zoo.list_presets(pattern="coppy")
    head, row = repr(zoo.list_presets()).splitlines()
    assert head.split() == ["name", "task", "MB", "description"]
    assert row.split()[:2] == ["copy", "text-to-image"] and "untrained model" in row
    assert "<td>copy</td>" in zoo.list_presets()._repr_html_()


def test_presets_of_other_trainings_are_no_pair(monkeypatch):
    monkeypatch.setattr(registry, "builtin_names", lambda: ["a_b", "a_ms_b"])
    trainings = {"a_b": {"steps": 9, "model.mode_seeking_weight": 0.0, "time": "1 hour"},
                 "a_ms_b": {"steps": 9, "model.mode_seeking_weight": 1.0, "time": "2 hours"}}
    monkeypatch.setattr(
        registry.storage, "read_json",
        lambda path: {"training": trainings[Path(path).parent.name]},
    )
    assert registry.without_mode_seeking("a_ms_b") == "a_b"
    trainings["a_b"]["steps"] = 10
    assert registry.without_mode_seeking("a_ms_b") is None


def test_the_partner_without_mode_seeking():
    for system in ("dm_gan_{}emoji_64", "pix2pix_{}facades_128"):
        assert registry.without_mode_seeking(system.format("ms_")) == system.format("")
    for name in ("dm_gan_emoji_64", "damsm_emoji_64", "./a_ms_b", "no_ms_preset"):
        assert registry.without_mode_seeking(name) is None
