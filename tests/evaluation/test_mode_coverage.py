"""Mode coverage: generators of one mode or all, with perfect and blind classifiers."""

import types

import numpy as np
import pytest

from zoo.data import ShapeClasses, Shapes
from zoo.data.sources.shapes import ATTRIBUTES, VALUES, draw, tabulate
from zoo.data.subset import Subset
from zoo.evaluation.cache import Cache
from zoo.evaluation.dataset import Conditions, EvaluationDataset
from zoo.evaluation.evaluators import Evaluators
from zoo.evaluation.feature_networks import FeatureNetwork
from zoo.evaluation.image_set import from_array
from zoo.evaluation.mode_coverage import mode_coverage
from zoo.evaluation.subject import Subject

SIZE, SAMPLES = 32, 12
COLOR = ATTRIBUTES.index("color")


def images_of(modes):
    jitter = np.random.RandomState(0).uniform(-1, 1, [len(modes), 4])
    return draw(tabulate(modes, jitter).astype("float32"), SIZE).numpy()


def subject(names, made, kind, data, labels=None):
    """A `Subject` with given images."""
    labels = np.arange(len(names)) if labels is None else labels
    return Subject(
        "x", lambda: from_array(made, "made"), (len(names), len(made) // len(names)), (SIZE, SIZE),
        conditions=Conditions(names, names, labels), kind=kind, data=data,
        source={"condition_split": "test"},
    )


def classifier(names, place):
    """A network whose class is the value of an image's first pixel, by `place`."""
    def run(x):
        return {"features": np.zeros([len(x), 1]), "logits": np.eye(len(names))[place(x)]}

    own = types.SimpleNamespace(class_names=names)
    return FeatureNetwork("zoo-it-encoder", "0", lambda x: x, run, "", classifier=own)


def evaluators(tmp_path, *networks):
    return Evaluators(list(networks), None, None, Cache(tmp_path / "cache"))


@pytest.fixture(scope="module")
def world():
    return EvaluationDataset("shapes", "captions", {"data.count": 40})


def test_one_mode_and_many_of_a_caption(world, tmp_path):
    caption = "a large red star on the left"  # its background is open: 3 modes
    modes = Shapes(SIZE, 1).modes(caption)
    shares = {}
    for name, chosen in (("one", [1]), ("all", [0, 1, 2])):
        made = images_of(modes[np.resize(chosen, SAMPLES)])
        (measure,), why = mode_coverage(
            subject([caption], made, "captions", world), evaluators(tmp_path))
        shares[name] = measure.value
        assert measure.metric == "mode_coverage[shape-templates]" and why is None
        assert measure.more["on_caption"] == 1 and measure.protocol["modes_of_a_condition"] == 3
        assert measure.more["ideal_share"] == pytest.approx(1 - (2 / 3) ** SAMPLES)
        assert measure.more["classifier_accuracy"] > 0.95
        assert measure.protocol["classifier"]["accuracy_of"].startswith("40 images of shapes")
    assert shares == {"one": pytest.approx(1 / 3), "all": 1}
    low, high = measure.interval(20)
    assert low <= measure.value <= high


def test_a_trained_classifier_measures_its_attribute(world, tmp_path):
    names = sorted(VALUES["color"])  # in another order than in the data set
    modes = Shapes(SIZE, 1).modes("a large star on the left")

    def place(x):  # predicts red for half of the images, or only for these
        return np.where(np.arange(len(x)) % 2, names.index("red"), names.index("blue"))

    made = images_of(modes[:SAMPLES])
    measures, _ = mode_coverage(
        subject(["a large star on the left"], made, "captions", world),
        evaluators(tmp_path, classifier(names, place)))
    own = measures[1]
    assert own.metric == "mode_coverage[zoo-it-encoder]" and own.protocol["modes"] == ["color"]
    assert own.value == pytest.approx(2 / 6)
    true = world.held_out(SIZE)[0].attributes[:, COLOR]
    said = [(VALUES["color"].index("blue"), VALUES["color"].index("red"))[k % 2] for k in range(40)]
    assert own.more["classifier_accuracy"] == pytest.approx(np.mean(true == said))
    other = classifier(["cat", "dog"], place)
    assert len(mode_coverage(subject(["a star"], made, "captions", world),
                           evaluators(tmp_path, other))[0]) == 1


def test_classes_and_maps_leave_modes_open(tmp_path):
    data = EvaluationDataset("shape_classes", "labels", {"data.count": 20})
    made = images_of(Shapes(SIZE, 1).modes("a circle")[:4])
    for names in (["circle"], ["class 0"]):  # a preset may not know its classes' names
        (measure,), _ = mode_coverage(
            subject(names, made, "labels", data, np.array([0])), evaluators(tmp_path))
        assert measure.protocol["modes_of_a_condition"] == 6 * 3 * 5 * 3
        assert measure.value == pytest.approx(4 / 270)
    pairs = EvaluationDataset("shape_pairs", "pairs", {"data.count": 20})
    modes = pairs.held_out(SIZE)[0].modes(3)
    (measure,), _ = mode_coverage(
        subject(["image 3"], images_of(modes[[0, 5]]), "pairs", pairs, np.array([3])),
        evaluators(tmp_path))
    assert measure.value == pytest.approx(2 / 18)
    assert ShapeClasses(SIZE, 1).class_names[0] == "circle"


class Styled:
    """Captioned images in styles, as the emoji are; the style is the first pixel."""

    captions = [["heart"], ["heart"], ["moon"], ["heart", "love"]] * 5
    records = [{"style": style, "text": f"{k}"} for k, style in enumerate("abac" * 5)]
    labels = np.array([0, 0, 1, 0] * 5)

    def __len__(self):
        return 20


def styled_data(styles):
    """`EvaluationDataset` of `Styled` or a part of it, without files."""
    images = np.zeros([len(styles), SIZE, SIZE, 3], np.uint8)
    images[:, 0, 0, 0] = ["abc".index(row.get("style", "a")) for row in styles.records]
    return types.SimpleNamespace(
        form="captions",
        held_out=lambda size, split: (styles, "test"),
        real_images=lambda split, size: (from_array(images, "styled test"), "test"),
    )


def test_styles_of_captioned_images(tmp_path):
    made = np.zeros([8, SIZE, SIZE, 3], np.uint8)
    made[:, 0, 0, 0] = [0, 0, 0, 1, 2, 2, 0, 2]  # the moon is "a" alone in the data
    names = ["a", "b", "c", "d"]
    know = classifier(names, lambda x: x[:, 0, 0, 0])
    (measure,), why = mode_coverage(
        subject(["heart", "moon"], made, "captions", styled_data(Styled())),
        evaluators(tmp_path, know))
    assert why is None and measure.metric == "mode_coverage[zoo-it-encoder]"
    assert measure.value == pytest.approx((2 / 3 + 1) / 2)
    assert measure.more["on_caption"] == pytest.approx((1 + 1 / 4) / 2)
    assert measure.more["classifier_accuracy"] == 1 and measure.protocol["modes"] == ["style"]
    blind = classifier(names, lambda x: x[:, 0, 0, 0] * 0)
    (measure,), _ = mode_coverage(
        subject(["heart", "moon"], made, "captions", styled_data(Styled())),
        evaluators(tmp_path / "blind", blind))
    assert measure.more["classifier_accuracy"] == 0.5


def test_the_modes_of_a_held_out_caption_are_those_in_all_data(tmp_path):
    part = Subset(Styled(), [1, 2, 4, 5, 7, 8])  # a heart is "b" or "a" here, "c" elsewhere
    made = np.zeros([3, SIZE, SIZE, 3], np.uint8)
    made[:, 0, 0, 0] = [0, 1, 2]
    know = classifier(["a", "b", "c"], lambda x: x[:, 0, 0, 0])
    (measure,), _ = mode_coverage(
        subject(["heart"], made, "captions", styled_data(part)), evaluators(tmp_path, know))
    assert measure.protocol["modes_of_a_condition"] == 3 and measure.value == 1
    assert measure.more["classifier_accuracy"] == 1


def test_reasons_are_reported(tmp_path):
    made = np.zeros([2, SIZE, SIZE, 3], np.uint8)
    found, why = mode_coverage(
        subject(["moon"], made, "captions", styled_data(Styled())), evaluators(tmp_path))
    assert found == [] and "style" in why and "`encoder=PRESET`" in why
    plain = Styled()
    plain.records = [{"text": f"{k}"} for k in range(20)]
    assert mode_coverage(
        subject(["moon"], made, "captions", styled_data(plain)), evaluators(tmp_path)) == ([], None)
