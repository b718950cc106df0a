"""The classifier of shapes images on clean, degraded and other images."""

import numpy as np
import pytest

from zoo.data import Shapes
from zoo.data.sources.shapes import OPEN
from zoo.errors import ZooError
from zoo.evaluation.shape_attributes import ShapeModes

COUNTS = {32: 300, 64: 120}  # images by their size


@pytest.fixture(scope="module", params=COUNTS)
def examples(request):
    """(classifier, true modes, images in [-1, 1]) of the held-out split."""
    count = COUNTS[request.param]
    source = Shapes(size=request.param, count=count, seed=3, split="test")
    images = source.load_batch(np.arange(count)).numpy().astype("float32") / 127.5 - 1
    return ShapeModes(request.param), source.attributes, images


def blurred(images, sigma):
    steps = np.arange(images.shape[1])
    weights = np.exp(-0.5 * ((steps[:, None] - steps) / sigma) ** 2)
    weights /= weights.sum(1, keepdims=True)
    return np.einsum("yi,nijc,xj->nyxc", weights, images, weights, optimize=True)


def noisy(images, deviation):
    noise = np.random.RandomState(0).randn(*images.shape)
    return np.clip(images + deviation * noise, -1, 1)


def right(result, modes):
    """Share of the images with all five attributes correct."""
    return (result["modes"] == modes).all(1).mean()


def test_clean_images(examples):
    classifier, modes, images = examples
    result = classifier.classify(images)
    assert right(result, modes) >= 0.997 and result["recognized"].mean() >= 0.997
    np.testing.assert_array_equal(
        classifier.assign(images), np.where(result["recognized"][:, None], result["modes"], OPEN)
    )


def test_uint8_equals_float(examples):
    classifier, _, images = examples
    bytes_ = np.round((images + 1) * 127.5).astype("uint8")
    np.testing.assert_array_equal(classifier.assign(bytes_), classifier.assign(images))


def test_blur_does_not_lower_the_accuracy(examples):
    classifier, modes, images = examples
    result = classifier.classify(blurred(images, 1.0))
    assert right(result, modes) >= 0.99 and result["recognized"].mean() >= 0.99


def test_noise_lowers_the_fit_but_not_the_accuracy(examples):
    classifier, modes, images = examples
    result = classifier.classify(noisy(images, 0.2))  # 0.1 of the range
    assert right(result, modes) >= 0.99
    assert result["fit"].mean() < classifier.classify(images)["fit"].mean()


def test_pale_images_keep_their_mode(examples):
    classifier, modes, images = examples
    assert right(classifier.classify(0.8 * images), modes) >= 0.99


def test_images_without_a_shape_are_not_recognized(examples):
    classifier, _, images = examples
    random = np.random.RandomState(1)
    shape = (50, *images.shape[1:])
    mush = blurred(random.randn(*shape), 3)
    spoilt = {
        "flat": np.broadcast_to(random.uniform(-1, 1, [50, 1, 1, 3]), shape),
        "noise": random.uniform(-1, 1, shape),
        "gray and a little noise": np.clip(0.2 + 0.02 * random.randn(*shape), -1, 1),
        "mush": np.clip(mush / mush.std(), -1, 1),
        "faded": 0.4 * images + 0.6 * images[:, :1, :1],
    }
    for name, images in spoilt.items():
        assert classifier.classify(images)["recognized"].sum() == 0, name
    mixed = classifier.classify(0.5 * (images[1:] + images[:-1]))
    assert mixed["recognized"].mean() < 0.05


def test_least_fit_is_the_threshold(examples):
    classifier, _, images = examples
    fits = classifier.classify(noisy(images, 0.1))["fit"]
    lenient = ShapeModes(classifier.size, least_fit=0.5)
    recognized = lenient.classify(noisy(images, 0.1))["recognized"]
    assert recognized.any() and (fits[recognized] >= 0.5).all()


def test_result_does_not_depend_on_the_batch(examples):
    classifier, _, images = examples
    together = classifier.classify(images[:3])["modes"]
    alone = [classifier.classify(images[i : i + 1])["modes"][0] for i in range(3)]
    np.testing.assert_array_equal(together, alone)
    assert classifier.assign(images[:0]).shape == (0, 5)


def test_larger_images():
    source = Shapes(size=96, count=40, seed=3, split="test")
    modes = ShapeModes(96).assign(source.load_batch(np.arange(40)).numpy())
    np.testing.assert_array_equal(modes, source.attributes)


def test_arguments_are_checked(examples):
    classifier, _, images = examples
    for bad in (
        images[0],
        images[:, 1:],
        images * 127,
        images * np.nan,
        images.astype(int),
    ):
        with pytest.raises(ZooError, match="images must"):
            classifier.classify(bad)
    for settings in ({"size": 8}, {"size": 64.0}, {"least_fit": 2}):
        with pytest.raises(ZooError):
            ShapeModes(**settings)
