"""SOA of folders and presets, with a fake detector."""

import pickle
import types

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.evaluation import soa
from zoo.evaluation.cache import Cache
from zoo.evaluation.dataset import Conditions
from zoo.evaluation.evaluators import Evaluators
from zoo.evaluation.image_set import from_array
from zoo.evaluation.soa import labels_of, lists_of_captions, object_accuracy
from zoo.evaluation.subject import Subject


class Brightness:
    """Detects the class id in the first pixel, or nothing in black images."""

    name, digest = "brightness", "0"

    def __call__(self, images):
        return [np.array([x[0, 0, 0]]) if x.any() else np.array([], int) for x in images]

    def record(self):
        return {"name": self.name, "sha256": "0"}


def image_set(names, values):
    images = np.array(values, np.uint8)[:, None, None, None].repeat(3, -1)
    made = from_array(images, "mine")
    made.file_names = names
    return made


def test_mean_over_labels_and_over_images():
    names = ["label_01_cat/a.png", "label_01_cat/b.png", "x/label_02/label_01/c.png"]
    c, i = object_accuracy(image_set(names, [1, 0, 2]), Brightness())
    assert (c.metric, c.value) == ("soa_c[brightness]", 0.75)
    assert i.value == pytest.approx(2 / 3)
    assert c.more["hits_of_label"] == {"label_01": [1, 2], "label_02": [1, 1]}
    assert c.warnings == ["2 labels of SOA instead of 80"] and c.interval(10) is None


def test_labels_are_read_from_folders():
    assert labels_of(["a/label_07_x/1.png"]) == [7]
    assert labels_of(["label_1/a.png", "b.png"]) is None
    with pytest.raises(ZooError, match="in folders label_00"):
        object_accuracy(image_set(["a.png"], [1]), Brightness())


# --- of a preset --------------------------------------------------------------------------------


class Model:
    """Generates the class id of the caption's last word; black for odd seeds."""

    vocabulary = None

    def __init__(self):
        self.calls = 0

    def generate(self, captions, samples, seed, unknown):
        self.calls += 1
        seeds = np.add.outer(seed, np.arange(samples)).reshape(-1)
        values = np.repeat([int(text.split()[-1]) for text in captions], samples)
        images = np.where(seeds % 2, 0, values).astype(np.uint8)
        return np.broadcast_to(images[:, None, None, None], (len(images), 4, 4, 3))


def preset(captions, model=None):
    source = types.SimpleNamespace(captions=captions)
    data = types.SimpleNamespace(name="mine", held_out=lambda size, split: (source, split))
    return Subject("x", None, (1, 1), (4, 4), model or Model(),
                   Conditions([], [], np.zeros(0), settings={"unknown": "drop"}), "captions", data,
                   {"condition_split": "test", "weights_sha256": "0"})


def evaluators(folder, **more):
    return Evaluators([], None, None, Cache(folder), Brightness(), **more)


def test_captions_are_selected_by_their_words(tmp_path):
    captions = [["a cat 15", "a cat 15"], ["a dog 15", "a man 0", "a zoo 1"]]
    subject, kept = preset(captions), evaluators(tmp_path)
    (c, i), why = soa.accuracy_of_preset(subject, kept, seed=0)
    # cats: seeds 0 to 5, half are seen; the dog is a cat; a person is 0, and black is nothing
    assert why is None and c.more["hits_of_label"] == {
        "label_00": [0, 1], "label_15": [3, 6], "label_16": [0, 3]}
    assert c.value == pytest.approx(0.5 / 3) and i.value == pytest.approx(3 / 10)
    assert c.protocol["generated"] == 10 and c.protocol["conditions"] == 4
    assert "substrings, of mine test" == c.protocol["selection"]
    assert "not the authors' lists" in c.warnings[0] and "3 labels" in c.warnings[1]
    calls = subject.model.calls
    again, _ = soa.accuracy_of_preset(subject, kept, seed=0)
    assert again[0].value == c.value and subject.model.calls == calls  # cached by their hash
    few = soa.accuracy_of_preset(subject, evaluators(tmp_path, captions_per_label=1), seed=0)[0][0]
    assert few.protocol["conditions"] == 3
    assert soa.accuracy_of_preset(preset([["nothing 1"]]), kept, 0)[1].startswith("no caption")


def test_the_authors_lists(tmp_path):
    rows = [{"caption": "a bicycle 1", "idx": [0, 1], "id": 7, "image_id": 9}] * 2
    (tmp_path / "label_01_bicycle.pkl").write_bytes(pickle.dumps(rows, protocol=2))
    (tmp_path / "other.pkl").write_bytes(b"")
    assert lists_of_captions(tmp_path) == {1: ["a bicycle 1"] * 2}
    given = evaluators(tmp_path / "cache", soa_captions=str(tmp_path))
    (c, _), _ = soa.accuracy_of_preset(preset([]), given, seed=0)
    assert c.more["hits_of_label"] == {"label_01": [3, 6]}
    assert c.protocol["selection"] == "the authors' lists" and len(c.warnings) == 1
    with pytest.raises(ZooError, match="no label_XX_name.pkl"):
        lists_of_captions(tmp_path / "cache")
    (tmp_path / "label_02_car.pkl").write_bytes(pickle.dumps(["a car"]))
    with pytest.raises(ZooError, match="label_02_car.pkl"):
        lists_of_captions(tmp_path)


def test_deviations_are_known_in_advance(tmp_path):
    assert soa.deviations(preset([]), Evaluators([], None, None, None)) == []
    short = soa.deviations(preset([]), evaluators(tmp_path, captions_per_label=4))
    assert len(short) == 2 and "at most 4 captions" in short[1]
    folder = image_set(["label_01/a.png"], [1])
    subject = Subject("x", lambda: folder, (1, 1), (1, 1))
    assert soa.deviations(subject, evaluators(tmp_path)) == ["1 labels of SOA instead of 80"]
