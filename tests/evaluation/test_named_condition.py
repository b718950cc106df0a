"""Shares of images in which a classifier recognizes the class, or the base of the caption."""

import json
import types

import numpy as np
import pytest
from PIL import Image

from tests.evaluation.test_mode_coverage import SIZE, evaluators, subject
from zoo.evaluation.dataset import EvaluationDataset
from zoo.evaluation.feature_networks import FeatureNetwork
from zoo.evaluation.image_set import from_array
from zoo.evaluation.named_condition import named_conditions

CLASSES, WORDS = ["ant", "bee"], ["farmer", "pilot", "ship"]


def reader(class_names=CLASSES, word_names=WORDS):
    """Reads the class from an image's first red value, the word from its first green one."""
    def run(x):
        first = x[:, 0, 0].astype(int)
        return {"features": np.zeros([len(x), 1]), "logits": np.eye(9)[first[:, 0]],
                "word_logits": np.eye(9)[first[:, 1]]}

    own = types.SimpleNamespace(class_names=class_names, word_names=word_names)
    return FeatureNetwork("zoo-it-encoder", "0", lambda x: x, run, "", classifier=own)


def images(reds=None, greens=None):
    made = np.zeros([len(greens if reds is None else reds), SIZE, SIZE, 3], np.uint8)
    made[:, 0, 0, 0] = 0 if reds is None else reds
    made[:, 0, 0, 1] = 0 if greens is None else greens
    return made


def test_classes(tmp_path):
    generated = subject(CLASSES, images([0, 0, 1, 1, 0, 1]), "labels", None)
    real = from_array(
        images([0, 1, 1, 1]), "real", labels=np.array([0, 0, 1, 1]), class_names=CLASSES
    )
    (measure,) = named_conditions(generated, real, evaluators(tmp_path, reader()))
    assert measure.metric == "class_accuracy[zoo-it-encoder]" and measure.better == "higher"
    assert measure.value == pytest.approx((2 + 2) / 6)
    assert measure.more["real_accuracy"] == 3 / 4
    assert measure.interval(50)[0] < measure.value


def test_real_images_without_classes_and_other_classes(tmp_path):
    generated = subject(CLASSES, images([0, 1]), "labels", None)
    real = from_array(images([0, 1]), "real")
    (measure,) = named_conditions(generated, real, evaluators(tmp_path, reader()))
    assert measure.value == 1 and "real_accuracy" not in measure.more
    other = reader(class_names=["ant", "cat"])
    assert named_conditions(generated, real, evaluators(tmp_path, other)) == []


def write_emoji(folder, rows):
    """A captioned folder; the green value of an image is the index of its word."""
    lines = []
    for number, (caption, green) in enumerate(rows):
        Image.fromarray(images(greens=[green])[0]).save(folder / f"{number}.png")
        lines.append(json.dumps({"file_name": f"{number}.png", "text": caption}))
    (folder / "metadata.jsonl").write_text("\n".join(lines))


def test_base_words_of_the_emoji(tmp_path):
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        write_emoji(tmp_path / split, [("man pilot: dark skin tone", 1), ("ship", 0)])
    captions = ["woman farmer: dark skin tone", "ship", "unknown thing"]
    made = images(greens=[0, 0, 2, 1, 0, 1])
    data = EvaluationDataset(f"emoji:{tmp_path}", "captions")
    generated = subject(captions, made, "captions", data)
    (measure,) = named_conditions(generated, None, evaluators(tmp_path / "cache", reader()))
    assert measure.metric == "word_accuracy[zoo-it-encoder]"
    assert measure.value == pytest.approx((2 + 1 + 0) / 6)
    assert measure.protocol["known_conditions"] == pytest.approx(2 / 3)
    assert measure.more["real_accuracy"] == 0.5  # the pilot, but not the ship
    no_words = reader(word_names=())
    assert named_conditions(generated, None, evaluators(tmp_path / "b", no_words)) == []
    plain = subject(captions, made, "captions", EvaluationDataset(f"folder:{tmp_path}", "captions"))
    assert named_conditions(plain, None, evaluators(tmp_path / "c", reader())) == []


@pytest.mark.parametrize("direction, share, before", [("a2b", 3 / 4, 1 / 2), ("b2a", 1 / 4, 1 / 2)])
def test_domains_that_images_are_translated_to(tmp_path, direction, share, before):
    """Images of A that are read as B, the images of A themselves, and real images of B."""
    for domain, reds in {"ant": [0, 1], "bee": [1, 1, 0, 1]}.items():
        (tmp_path / "test" / domain).mkdir(parents=True)
        for number, image in enumerate(images(reds)):
            Image.fromarray(image).save(tmp_path / "test" / domain / f"{number}.png")
    data = EvaluationDataset(f"unpaired:{tmp_path}", "domains", {"data.domains": CLASSES})
    generated = subject(["x", "y"], images([1, 1, 1, 0]), "images", data)
    generated.source["condition_split"] = "held-out (test)"
    generated.conditions.settings = {"direction": direction}
    generated.conditions.sources = from_array(images([0, 1]), "sources")
    real, _ = data.real_images("test", SIZE, direction)
    (measure,) = named_conditions(generated, real, evaluators(tmp_path / "cache", reader()))
    assert measure.metric == "class_accuracy[zoo-it-encoder]" and measure.value == share
    assert measure.more["baseline"] == before
    assert measure.more["real_accuracy"] == (3 / 4 if direction == "a2b" else 1 / 2)
    other = reader(class_names=["ant", "cat"])
    assert named_conditions(generated, real, evaluators(tmp_path / "cache", other)) == []
