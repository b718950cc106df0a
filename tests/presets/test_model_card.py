"""The model card says what the metadata says, and nothing is left out."""

import pytest

from tests.presets.conftest import METADATA
from zoo import presets
from zoo.errors import ZooError
from zoo.presets.registry import HERE
from zoo.storage import read_json


def test_the_saved_card_is_that_of_the_metadata(saved):
    with open(f"{saved}/README.md", encoding="utf-8") as file:
        text = file.read()
    metadata = read_json(f"{saved}/metadata.json")
    assert text == presets.card(metadata)
    for words in (
        "# tiny_attn_gan", METADATA["description"], "[Apache-2.0](https://www.apache.org",
        f'zoo.from_preset("{HERE}")', "| nothing | 1.5 | 1 sample \\| seed 0 |",
        "- none: CC0-1.0. By nobody.", "| steps | 0 |", f"{metadata['parameters']:,}",
        metadata["files"]["config.json"]["sha256"],
    ):
        assert words in text


def test_a_key_without_a_section_is_shown_too():
    text = presets.card({"name": "x", "files": {}, "colour": {"of": ["red", "blue"]}})
    assert "| colour | of: red, blue |" in text
    assert "None measured." in text and "not stated" in text


def test_images_limitations_and_usage():
    text = presets.card({
        "name": "x", "files": {}, "limitations": "Blurred.", "usage": "import zoo",
        "pictures": [{"path": "../grid.png", "text": "A grid"}],
    })
    assert "![A grid](../grid.png)" in text
    assert "## Limitations\n\nBlurred." in text
    assert "```python\nimport zoo\n```" in text


@pytest.mark.parametrize("change", [
    {"name": None}, {"parameters": None}, {"files": {"config.json": {"sha256": "0" * 64}}},
])
def test_metadata_that_were_edited(change):
    text = presets.card({"name": "x", "files": {}, "condition": {"kind": "nothing"}, **change})
    assert text.startswith("# preset\n" if "name" in change else "# x\n")


@pytest.mark.parametrize("condition,message", [
    ({"samples": 4}, "The kind of a condition must be one of captions"),
    ({"kind": "labels", "examples": 3}, r'\["examples"\] must be a list, got 3'),
    ({"kind": "labels", "directions": 5}, r'\["directions"\] must be a list, got 5'),
    ({"kind": "labels", "samples": "4"}, r"must be a whole number, got '4'"),
    ({"kind": "captions", "caption": 4}, "must be a text, got 4"),
])
def test_a_condition_of_another_form(condition, message):
    with pytest.raises(ZooError, match=message):
        presets.card({"name": "x", "files": {}, "condition": condition})
