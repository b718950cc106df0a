"""The emoji: held-out combinations of bases and modifiers."""

import json

import pytest
from PIL import Image

from zoo.data import Emoji, get_source
from zoo.data.sources.emoji import held_out_combinations, parts_of
from zoo.errors import MissingSplit, ZooError

TONES = ("light skin tone", "medium skin tone", "dark skin tone")
ACTIONS = ("running", "farmer", "singer", "pilot")
CAPTIONS = ["red heart", "woman", *(
    f"{gender} {action}: {tone}" for gender in ("man", "woman") for action in ACTIONS
    for tone in TONES
), "man running: dark skin tone, facing right"]


@pytest.mark.parametrize("caption, base, modifiers", [
    ("red heart", "red heart", ()),
    ("woman", "woman", ()),
    ("woman farmer: medium skin tone", "farmer", ("woman", "medium skin tone")),
    ("person: light skin tone, red hair", "person", ("light skin tone", "red hair")),
    ("woman and man holding hands", "woman and man holding hands", ()),
    ("kiss: woman, man, dark skin tone", "kiss", ("woman", "man", "dark skin tone")),
    ("keycap: 6", "keycap", ("6",)),
])
def test_parts_of_a_caption(caption, base, modifiers):
    assert parts_of(caption) == (base, modifiers)


def test_the_parts_of_a_held_out_combination_remain():
    for fraction in (0.1, 0.5, 1.0):
        held_out = held_out_combinations(CAPTIONS, fraction)
        kept = [parts_of(caption) for caption in CAPTIONS if parts_of(caption) not in held_out]
        for base, modifiers in held_out:
            assert any(base == other for other, _ in kept)
            assert all(any(part in parts for _, parts in kept) for part in modifiers)
    assert len(held_out_combinations(CAPTIONS, 0.25)) == round(0.25 * 24)
    assert held_out_combinations(reversed(CAPTIONS), 0.25) == held_out_combinations(CAPTIONS, 0.25)


@pytest.fixture
def folder(tmp_path):
    texts = {"train": CAPTIONS * 2, "test": ["ship"]}
    for split, captions in texts.items():
        (tmp_path / split).mkdir()
        lines = []
        for number, text in enumerate(captions):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / split / f"{number}.png")
            lines.append(json.dumps({"file_name": f"{number}.png", "text": text}))
        (tmp_path / split / "metadata.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_splits_divide_the_images(folder):
    train, unseen = Emoji(folder), get_source("emoji", directory=folder, split="combinations")
    assert sorted(train.file_names + unseen.file_names) == sorted(
        f"{number}.png" for number in range(2 * len(CAPTIONS))
    )
    assert 0 < len(unseen) < len(train)
    assert not {text for (text,) in train.captions} & {text for (text,) in unseen.captions}
    number = int(unseen.file_names[0].removesuffix(".png"))
    assert unseen.load(0)[0, 0, 0] == number and unseen.captions[0] == [(CAPTIONS * 2)[number]]
    assert (train.split, unseen.split) == ("train", "combinations")
    assert Emoji(folder, "test").captions == [["ship"]]


def test_only_images_of_the_split_are_read(folder):
    name = Emoji(folder, "combinations").file_names[0]
    (folder / "train" / name).write_bytes(b"no image")
    train = Emoji(folder)
    with pytest.raises(ZooError, match=f'{name}" does not decode'):
        Emoji(folder, "combinations")
    unseen = Emoji(folder, "combinations", on_error="skip")
    assert len(unseen.skipped) == 1 and name not in unseen.file_names
    assert len(train) + len(unseen) == 2 * len(CAPTIONS) - 1


def test_a_mirrored_image_is_held_out_with_its_twin(folder):
    text, mirrored = "man running: dark skin tone", "man running: dark skin tone, facing right"
    for split in ("train", "combinations"):
        captions = Emoji(folder, split).captions
        assert ([text] in captions) == ([mirrored] in captions)


def test_missing_splits(folder):
    with pytest.raises(MissingSplit, match='no split "val": expected one of train, combinations'):
        Emoji(folder, "val")
    lines = '{"file_name": "0.png", "text": "ship"}'
    (folder / "train" / "metadata.jsonl").write_text(lines)
    assert len(Emoji(folder)) == 1
    with pytest.raises(MissingSplit, match="no combination of a base and its modifiers"):
        Emoji(folder, "combinations")
