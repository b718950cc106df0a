"""The classifier of the shapes world on real images, on spoilt ones, and on none."""

import numpy as np
import pytest

from zoo.data import Shapes
from zoo.data.sources.shapes import OPEN
from zoo.errors import ZooError
from zoo.evaluation.shape_attributes import ShapeModes

COUNT = 300


@pytest.fixture(scope="module", params=[32, 64])
def world(request):
    """(classifier, true modes, images in [-1, 1]) of the held-out split."""
    source = Shapes(size=request.param, count=COUNT, seed=3, split="test")
    pictures = source.load_batch(np.arange(COUNT)).numpy().astype("float32") / 127.5 - 1
    return ShapeModes(request.param), source.attributes, pictures


def blurred(pictures, sigma):
    steps = np.arange(pictures.shape[1])
    weights = np.exp(-0.5 * ((steps[:, None] - steps) / sigma) ** 2)
    weights /= weights.sum(1, keepdims=True)
    return np.einsum("yi,nijc,xj->nyxc", weights, pictures, weights, optimize=True)


def noisy(pictures, deviation):
    noise = np.random.RandomState(0).randn(*pictures.shape)
    return np.clip(pictures + deviation * noise, -1, 1)


def right(result, modes):
    """Share of the images with all five attributes right."""
    return (result["modes"] == modes).all(1).mean()


def test_clean_pictures(world):
    classifier, modes, pictures = world
    result = classifier.classify(pictures)
    assert right(result, modes) >= 0.997 and result["recognized"].mean() >= 0.997
    np.testing.assert_array_equal(
        classifier.assign(pictures), np.where(result["recognized"][:, None], result["modes"], OPEN)
    )


def test_bytes_are_read_like_floats(world):
    classifier, _, pictures = world
    bytes_ = np.round((pictures + 1) * 127.5).astype("uint8")
    np.testing.assert_array_equal(classifier.assign(bytes_), classifier.assign(pictures))


def test_blur_costs_nothing(world):
    classifier, modes, pictures = world
    result = classifier.classify(blurred(pictures, 1.0))
    assert right(result, modes) >= 0.99 and result["recognized"].mean() >= 0.99


def test_noise_lowers_the_fit_but_not_the_accuracy(world):
    classifier, modes, pictures = world
    result = classifier.classify(noisy(pictures, 0.2))  # 0.1 of the range
    assert right(result, modes) >= 0.99
    assert result["fit"].mean() < classifier.classify(pictures)["fit"].mean()


def test_pale_pictures_keep_their_mode(world):
    classifier, modes, pictures = world
    assert right(classifier.classify(0.8 * pictures), modes) >= 0.99


def test_what_shows_no_shape_is_not_recognized(world):
    classifier, _, pictures = world
    random = np.random.RandomState(1)
    shape = (50, *pictures.shape[1:])
    mush = blurred(random.randn(*shape), 3)
    spoilt = {
        "flat": np.broadcast_to(random.uniform(-1, 1, [50, 1, 1, 3]), shape),
        "noise": random.uniform(-1, 1, shape),
        "gray and a little noise": np.clip(0.2 + 0.02 * random.randn(*shape), -1, 1),
        "mush": np.clip(mush / mush.std(), -1, 1),
        "faded": 0.4 * pictures + 0.6 * pictures[:, :1, :1],
    }
    for name, images in spoilt.items():
        assert classifier.classify(images)["recognized"].sum() == 0, name
    mixed = classifier.classify(0.5 * (pictures[1:] + pictures[:-1]))
    assert mixed["recognized"].mean() < 0.05


def test_least_fit_is_the_line(world):
    classifier, _, pictures = world
    fits = classifier.classify(noisy(pictures, 0.1))["fit"]
    lenient = ShapeModes(classifier.size, least_fit=0.5)
    recognized = lenient.classify(noisy(pictures, 0.1))["recognized"]
    assert recognized.any() and (fits[recognized] >= 0.5).all()


def test_a_picture_is_read_alone(world):
    classifier, _, pictures = world
    together = classifier.classify(pictures[:3])["modes"]
    alone = [classifier.classify(pictures[i : i + 1])["modes"][0] for i in range(3)]
    np.testing.assert_array_equal(together, alone)
    assert classifier.assign(pictures[:0]).shape == (0, 5)


def test_larger_pictures():
    source = Shapes(size=96, count=40, seed=3, split="test")
    modes = ShapeModes(96).assign(source.load_batch(np.arange(40)).numpy())
    np.testing.assert_array_equal(modes, source.attributes)


def test_arguments_are_checked(world):
    classifier, _, pictures = world
    for images in (
        pictures[0],
        pictures[:, 1:],
        pictures * 127,
        pictures * np.nan,
        pictures.astype(int),
    ):
        with pytest.raises(ZooError, match="images must"):
            classifier.classify(images)
    for settings in ({"size": 8}, {"size": 64.0}, {"least_fit": 2}):
        with pytest.raises(ZooError):
            ShapeModes(**settings)
