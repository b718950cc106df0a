import numpy as np
import pytest

from zoo.data import Shapes
from zoo.data.sources.shapes import draw, tabulate
from zoo.errors import ZooError
from zoo.evaluation.shape_attributes import ShapeModes
from zoo.metrics.mode_coverage import mean_mode_coverage, mode_coverage

TRUE = np.array([[0, 0], [0, 1], [0, 2], [0, 3]])


def test_all_modes():
    result = mode_coverage(np.tile(TRUE, (3, 1)), TRUE)
    assert result["covered"] == 4 and result["share"] == 1 and result["on_caption"] == 1
    assert result["entropy"] == pytest.approx(np.log(4))


def test_one_mode():
    result = mode_coverage(TRUE[[1] * 7], TRUE)
    assert (result["covered"], result["share"], result["entropy"]) == (1, 0.25, 0)


def test_samples_off_the_caption_count_against_it():
    result = mode_coverage([[0, 1], [1, 1], [-1, -1], [0, 3]], TRUE)
    assert result["covered"] == 2 and result["on_caption"] == 0.5
    assert result["entropy"] == pytest.approx(np.log(2))
    nothing = mode_coverage([[-1, -1]], TRUE)
    assert nothing["covered"] == nothing["on_caption"] == nothing["entropy"] == 0


def test_ideal_share_is_what_uniform_draws_reach():
    assert mode_coverage(TRUE[:1], TRUE)["ideal_share"] == pytest.approx(1 / 4)
    draws = np.random.RandomState(0).randint(4, size=[2000, 5])
    shares = [mode_coverage(TRUE[row], TRUE)["share"] for row in draws]
    expected = mode_coverage(TRUE[draws[0]], TRUE)["ideal_share"]
    assert np.mean(shares) == pytest.approx(expected, abs=0.015)


def test_mean_counts_each_caption_the_same():
    result = mean_mode_coverage([TRUE, TRUE[[0] * 50]], [TRUE, TRUE])
    assert result["share"] == pytest.approx((1 + 0.25) / 2)
    assert result["covered"] == 2.5 and result["on_caption"] == 1


@pytest.mark.parametrize(
    ("assigned", "true", "message"),
    [
        (TRUE[0], TRUE, "attributes"),
        (TRUE[:, :1], TRUE, "attributes"),
        (TRUE[:0], TRUE, "one sample"),
        (TRUE, TRUE[:0], "one sample"),
        (TRUE, TRUE[[0, 0]], "twice"),
    ],
)
def test_modes_are_checked(assigned, true, message):
    with pytest.raises(ZooError, match=message):
        mode_coverage(assigned, true)


def test_captions_are_checked():
    with pytest.raises(ZooError, match="same captions"):
        mean_mode_coverage([TRUE], [TRUE, TRUE])
    with pytest.raises(ZooError, match="same captions"):
        mean_mode_coverage([], [])


# --- with images of the shapes world ----------------------------------------------------------


@pytest.fixture(scope="module")
def classifier():
    return ShapeModes(size=32)


def images(modes):
    jitter = np.random.RandomState(0).uniform(-1, 1, [len(modes), 4])
    return draw(tabulate(modes, jitter).astype("float32"), 32).numpy()


def test_images_of_one_mode_and_of_all(classifier):
    true = Shapes(size=32, count=1).modes("a small red star")
    one = classifier.assign(images(true[[4] * 20]))
    assert mode_coverage(one, true)["covered"] == 1
    assert mode_coverage(one, true)["on_caption"] == 1
    assert mode_coverage(classifier.assign(images(true)), true)["share"] == 1


def test_images_of_another_caption_and_noise(classifier):
    source = Shapes(size=32, count=1)
    circles = classifier.assign(images(source.modes("a small red circle")))
    noise = np.random.RandomState(0).uniform(-1, 1, [20, 32, 32, 3])
    for assigned in (circles, classifier.assign(noise)):
        result = mode_coverage(assigned, source.modes("a small red star"))
        assert result["covered"] == 0 and result["on_caption"] == 0
