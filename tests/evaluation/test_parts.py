"""The images that an evaluation selects, and their names."""

import json
import types

import numpy as np
import pytest
from PIL import Image

from tests.data.test_splits import NAMES, Named, held_out_of, loader
from zoo.data import get_source
from zoo.data.fingerprint import fingerprint, line_of, rows_of
from zoo.data.splits import divide
from zoo.errors import MissingSplit, ZooError
from zoo.evaluation.dataset import EvaluationDataset
from zoo.evaluation.image_set import from_path
from zoo.evaluation.parts import ALL, fingerprint_of, is_requested, open_part
from zoo.evaluation.subject import other_data

TEST, VAL, HASH = "held-out (test)", "held-out (val)", "held-out (10 % by hash)"


@pytest.mark.parametrize(("there", "asked", "fraction", "word", "count"), [
    (("train", "test"), "test", 0, TEST, 20), (("train", "test"), "train", 0, "training", 200),
    (("train", "test"), "test", 0.1, TEST, 20), (("train", "test"), "train", 0.1, "training", 200),
    (("train", "val"), "test", 0, VAL, 20), (("train", "val"), "val", 0, VAL, 20),
    (("train",), "test", 0, "training", 200), (("train",), "test", 0.1, HASH, None),
    (("train",), "train", 0, "training", 200),
])
def test_splits_of_a_folder(there, asked, fraction, word, count):
    sources = {name: Named(NAMES if name == "train" else NAMES[:20], name) for name in there}
    source, found = open_part(loader(**sources), asked, fraction)
    assert found == word
    assert len(source) == (len(held_out_of(NAMES)) if count is None else count)


@pytest.mark.parametrize("asked", ["train", "test"])
def test_a_set_without_splits(asked):
    whole = Named(NAMES)
    load = loader(train=whole)
    assert open_part(load, asked) == (whole, ALL)  # the training images are unknown
    assert open_part(load, asked, 0.0, fingerprint_of(whole)) == (whole, "training")
    assert open_part(load, asked, 0.0, "of other data") == (whole, ALL)
    part, word = open_part(load, asked, 0.1)
    assert word == (HASH if asked == "test" else "training")
    assert part.file_names == divide(whole, 0.1)[asked == "test"].file_names


@pytest.mark.parametrize("message", ["test/metadata.jsonl, line 2", "test/a.jpg: does not decode",
                                     "test: holds no image"])
def test_a_bad_split_is_an_error(message):
    load = loader(train=Named(NAMES), test=ZooError(message))
    for asked, fraction in (("test", 0), ("test", 0.1), ("train", 0.1)):
        with pytest.raises(ZooError, match=message):
            open_part(load, asked, fraction)


@pytest.mark.parametrize("asked", ["val", "combinatons"])
def test_another_split_has_no_replacement(asked):
    with pytest.raises(MissingSplit, match=f"no {asked}"):
        open_part(loader(train=Named(NAMES), test=Named(NAMES)), asked, 0.1)


@pytest.mark.parametrize(("word", "asked", "same"), [
    (TEST, "test", True), (HASH, "test", True), (VAL, "test", False), ("training", "test", False),
    (ALL, "test", False), ("training", "train", True), (ALL, "train", False),
    (TEST, "train", False),
])
def test_is_requested(word, asked, same):
    assert is_requested(word, asked) == same


def write(folder, count=24):
    folder.mkdir(parents=True)
    rows = []
    for number in range(count):
        Image.fromarray(np.full([16, 16, 3], number, np.uint8)).save(folder / f"{number}.png")
        rows.append(json.dumps({"file_name": f"{number}.png", "text": f"number {number}"}))
    (folder / "metadata.jsonl").write_text("\n".join(rows))


def test_split_rule_of_the_training_is_used_and_other_data_are_detected(tmp_path):
    write(tmp_path / "mine")
    source = get_source("folder", directory=str(tmp_path / "mine"))
    trained, _ = divide(source, 0.1)
    about = {"fingerprint": fingerprint([line_of(row) for row in rows_of(trained)], trained)}
    training = {"data.name": "folder", "data.held_out_fraction": 0.1}

    def opened(place):
        return EvaluationDataset(str(place), "captions", training, trained_on=about)

    data = opened(tmp_path / "mine")
    real, word = data.real_images("test", 16)
    assert (word, len(real), real.name) == (HASH, 3, f"folder, {HASH}")
    assert data.held_out(16, word)[0] is data.held_out(16, "test")[0]
    subject = types.SimpleNamespace(size=(16, 16))
    assert other_data(subject, data, {"conditions": HASH}, word) == []
    write(tmp_path / "other", 30)
    assert "may be training images" in other_data(subject, opened(tmp_path / "other"), {}, HASH)[0]
    assert other_data(subject, opened(tmp_path / "other"), {}, TEST) == []
    before = EvaluationDataset(str(tmp_path / "mine"), "captions", {"data.name": "folder"})
    assert before.real_images("test", 16)[1] == ALL and len(before.real_images("test", 16)[0]) == 24


def test_a_split_of_a_plain_folder(tmp_path):
    for place in ("train/a/0.png", "test/b/1.png", "test/c/2.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros([8, 8, 3], np.uint8)).save(tmp_path / place)
    tested, every = from_path(tmp_path, split="test"), from_path(tmp_path)
    assert (len(tested), tested.split) == (2, "test") and tested.name.endswith(" test")
    assert (len(every), every.split) == (3, None)
    assert len(from_path(tmp_path / "test", split="train")) == 2  # it has no splits of its own
