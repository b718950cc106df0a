"""SOA of a folder, with a detector that sees what a test tells it."""

import numpy as np
import pytest

from recipes.evaluation.data import from_array
from recipes.evaluation.soa import labels_of, object_accuracy
from zoo.errors import ZooError


class Brightness:
    """Finds the class id that the first pixel names, or nothing in black."""

    name = "brightness"

    def __call__(self, images):
        return [np.array([x[0, 0, 0]]) if x.any() else np.array([], int) for x in images]

    def record(self):
        return {"name": self.name, "sha256": "0"}


def pictures(names, values):
    images = np.array(values, np.uint8)[:, None, None, None].repeat(3, -1)
    made = from_array(images, "mine")
    made.file_names = names
    return made


def test_mean_over_labels_and_over_pictures():
    names = ["label_01_cat/a.png", "label_01_cat/b.png", "x/label_02/label_01/c.png"]
    c, i = object_accuracy(pictures(names, [1, 0, 2]), Brightness())
    assert (c.metric, c.value) == ("soa_c[brightness]", 0.75)
    assert i.value == pytest.approx(2 / 3)
    assert c.more["hits_of_label"] == {"label_01": [1, 2], "label_02": [1, 1]}
    assert c.warnings == ["2 labels instead of 80"] and c.interval(10) is None


def test_labels_are_read_from_folders():
    assert labels_of(["a/label_07_x/1.png"]) == [7]
    assert labels_of(["label_1/a.png", "b.png"]) is None
    with pytest.raises(ZooError, match="in folders label_00"):
        object_accuracy(pictures(["a.png"], [1]), Brightness())
