"""Which images are held out, and the words for it."""

import re
import types

import numpy as np
import pytest
import tensorflow as tf

from zoo.data import splits
from zoo.data.splits import FRACTION, divide, is_held_out, open_splits
from zoo.data.subset import Subset
from zoo.errors import MissingSplit, ZooError


class Named:
    """A source of images that are their own number."""

    def __init__(self, names, split=None, root="", classes=None):
        self.file_names = [f"{root}/{name}" if root else name for name in names]
        self.split, self.root, self.image_size = split, root, 8
        self.captions = [[f"caption of {name}"] for name in names]
        if classes:
            self.class_names = sorted(set(classes))
            self.labels = np.array([self.class_names.index(name) for name in classes])

    def __len__(self):
        return len(self.file_names)

    def load(self, index):
        return tf.cast(index, tf.uint8)


NAMES = [f"{number}.png" for number in range(200)]


def loader(**there):
    """A `load` of these splits; a `ZooError` in a source's place is raised."""

    def load(name):
        found = there.get(name, MissingSplit(f"no {name}"))
        if isinstance(found, Exception):
            raise found
        return found

    return load


def held_out_of(names, fraction=FRACTION):
    return [name for name in names if is_held_out(name, fraction)]


def test_a_name_alone_decides():
    chosen = set(held_out_of(NAMES))
    assert 10 <= len(chosen) <= 30
    assert set(held_out_of(reversed(NAMES))) == chosen
    assert set(held_out_of(NAMES[::3])) == chosen & set(NAMES[::3])  # whatever else is there
    assert chosen < set(held_out_of(NAMES, 0.3)) < set(NAMES)  # a larger share has the smaller one
    assert held_out_of(NAMES, 0.0) == []


def test_the_rule_never_changes():
    """Existing runs and presets are based on it."""
    assert held_out_of(f"{k}.png" for k in range(24)) == ["0.png", "6.png", "8.png"]
    assert held_out_of(["cat/1.png", "dog/1.png", "é.png", "a b.jpg", "x.webp"]) == ["é.png"]


@pytest.mark.parametrize("root", ["", "train", "mine/train", "emoji.v2/images"])
def test_where_a_folder_lies_changes_nothing(root):
    kept, held_out = divide(Named(NAMES, root=root), FRACTION)
    assert [name.split("/")[-1] for name in held_out.file_names] == held_out_of(NAMES)
    assert len(kept) + len(held_out) == len(NAMES)


def test_a_part_is_a_source():
    kept, held_out = divide(Named(NAMES), FRACTION)
    place = NAMES.index(held_out.file_names[1])
    assert int(held_out.load(tf.constant(1))) == place
    assert held_out.captions[1] == [f"caption of {NAMES[place]}"]
    assert not set(kept.file_names) & set(held_out.file_names)


def test_embeddings_and_labels_go_with_the_images():
    source = Named(list("abcd"), classes=list("xyxy"))
    source.embeddings = np.arange(8.0).reshape(4, 1, 2)
    part = Subset(source, [1, 3])
    assert part.labels.tolist() == [1, 1] and part.class_names == ["x", "y"]
    np.testing.assert_array_equal(part.embeddings, source.embeddings[[1, 3]])
    source.embeddings = list(source.embeddings)
    np.testing.assert_array_equal(Subset(source, [2]).embeddings[0], source.embeddings[2])


@pytest.mark.parametrize(("there", "wanted", "word", "note"), [
    ({"train": 5, "test": 2}, "test", "held-out (test)", None),
    ({"train": 5, "val": 2}, "val", "held-out (val)", None),
    ({"train": 5, "val": 2}, "test", "held-out (val)", 'no split "test".*use the split "val"'),
    ({"train": 5, "test": 2}, "val", "held-out (test)", 'no split "val".*use the split "test"'),
])
def test_a_split_of_its_own_comes_first(there, wanted, word, note):
    sources = {name: Named(NAMES[:count], name) for name, count in there.items()}
    found = open_splits(loader(**sources), wanted)
    assert found.word == word and len(found.training) == 5 and len(found.held_out) == 2
    assert found.training is sources["train"]  # batches as ever
    assert len(found.notes) == (note is not None)
    assert all(re.search(note, line) for line in found.notes)


@pytest.mark.parametrize("split", [None, "train"])
def test_a_set_without_one_is_divided(split):
    found = open_splits(loader(train=Named(NAMES, split)))
    assert found.word == "held-out (10 % by hash)"
    assert found.held_out.file_names == held_out_of(NAMES)
    assert "10 % by the SHA-256" in found.notes[0] and f"uses {len(found.training)} images" in (
        found.notes[0])


@pytest.mark.parametrize(("names", "fraction", "why"), [
    (NAMES, 0, "held_out_fraction is 0"), (["1.png", "2.png"], 0.1, "selects none of these 2"),
])
def test_training_images_are_called_so(names, fraction, why):
    source = Named(names)
    found = open_splits(loader(train=source), fraction=fraction)
    assert found.word == "training" and found.training is source and found.held_out is None
    assert why in found.notes[0] and "training images" in found.notes[0]


@pytest.mark.parametrize("name", ["test", "val"])
@pytest.mark.parametrize("error", [
    "test/metadata.jsonl, line 7: not JSON", "test/3.jpg: does not decode", "testB is missing",
])
def test_a_bad_split_is_an_error(name, error):
    with pytest.raises(ZooError, match=error):
        open_splits(loader(**{"train": Named(NAMES), name: ZooError(error)}))


def test_training_images_are_not_held_out():
    """Neither under the name "train" nor under another one of the same split."""
    for own, wanted in (("train", "train"), (None, "train"), ("train", "training")):
        source = Named(NAMES, own)
        with pytest.raises(ZooError, match=f'cannot be "{wanted}", whose images are trained on'):
            open_splits(lambda name, source=source: source, wanted)


def test_nothing_left_to_train_on():
    with pytest.raises(ZooError, match="All 2 images would be held out, by 99 %"):
        divide(Named(["a", "b"]), 0.99)
    chosen, other = held_out_of(NAMES)[0], "1.png"
    assert not is_held_out(other, FRACTION)
    with pytest.raises(ZooError, match='All images of the class "cat" would be held out'):
        divide(Named([chosen, other], classes=["cat", "dog"]), FRACTION)
    pair = types.SimpleNamespace(a=Named([chosen]), b=Named(NAMES), domains=("cat", "dog"))
    with pytest.raises(ZooError, match="All 1 image of domain cat would be"):
        divide(pair, FRACTION)


def test_both_domains_are_divided():
    pair = types.SimpleNamespace(
        a=Named(NAMES[:150], root="trainA"), b=Named(NAMES, root="trainB"), domains=("A", "B"),
        image_size=8, split="train",
    )
    kept, held_out = divide(pair, FRACTION)
    shared = set(held_out_of(NAMES[:150]))
    assert {name.split("/")[1] for name in held_out.a.file_names} == shared
    assert shared < {name.split("/")[1] for name in held_out.b.file_names}
    assert kept.domains == ("A", "B") and splits.count_text(kept) == (
        f"{150 - len(shared)} and {200 - len(held_out.b)} images")
    pair.a = Named(["1.png", "2.png"])  # none of these
    assert divide(pair, FRACTION) == (pair, None)
