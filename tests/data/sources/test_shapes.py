import numpy as np
import pytest
import tensorflow as tf

from zoo.data import Shapes
from zoo.data.sources.shapes import ATTRIBUTES, OPEN, VALUES, describe, parse
from zoo.errors import ZooError


@pytest.fixture(scope="module")
def world():
    return Shapes(size=32, count=300, seed=1)


def test_same_seed_same_world(world):
    again, other = Shapes(size=32, count=300, seed=1), Shapes(size=32, count=300, seed=2)
    assert again.captions == world.captions
    np.testing.assert_array_equal(again.attributes, world.attributes)
    np.testing.assert_array_equal(again.load(7), world.load(7))
    assert other.captions != world.captions
    assert Shapes(size=32, count=300, seed=1, split="test").captions != world.captions


def test_captions_name_some_attributes_and_leave_some_open(world):
    open_attributes = (world.named == OPEN).sum(axis=1)
    assert open_attributes.min() >= 1 and open_attributes.max() <= 4
    assert all((world.named[:, i] == OPEN).any() for i in range(5))
    named = world.named != OPEN
    np.testing.assert_array_equal(world.named[named], world.attributes[named])


def test_every_wording_says_the_same(world):
    for captions, named in zip(world.captions, world.named, strict=True):
        assert len(set(captions)) == 3
        for caption in captions:
            np.testing.assert_array_equal(parse(caption), named)


def test_labels_group_images_with_the_same_captions(world):
    assert world.labels.dtype == np.int64
    by_caption = {}
    for captions, label in zip(world.captions, world.labels, strict=True):
        assert by_caption.setdefault(tuple(captions), label) == label
    assert len(by_caption) == len(set(world.labels)) < len(world)


def test_modes_are_the_combinations_left_open(world):
    modes = world.modes("a small red star on the left")
    assert modes.shape == (len(VALUES["background"]), len(ATTRIBUTES))
    assert {tuple(row[:4]) for row in modes} == {(3, 0, 0, 0)}
    assert len(world.modes("a shape")) == 6 * 6 * 3 * 5 * 3
    for number in range(20):
        modes = world.modes(world.captions[number][0])
        assert (modes == world.attributes[number]).all(axis=1).sum() == 1


@pytest.mark.parametrize(
    ("caption", "message"),
    [
        ("a pink circle", "unknown words: pink"),
        ("a red blue circle", "two kinds of color"),
        ("", "has no words"),
    ],
)
def test_captions_of_another_world(world, caption, message):
    with pytest.raises(ZooError, match=message):
        world.modes(caption)


def test_article():
    assert describe([0, 5, OPEN, OPEN, OPEN])[0] == "an orange circle"
    assert describe([OPEN, OPEN, 2, 4, 0])[1] == (
        "there is a large shape in the center on a white background"
    )


def test_image_shows_its_attributes(world):
    images = world.load_batch(np.arange(len(world))).numpy().astype(int)
    assert images.shape == (300, 32, 32, 3)
    front = world._table.numpy()[:, 6:9]
    back = world._table.numpy()[:, 9:]
    np.testing.assert_array_equal(images[:, 0, 0], back)
    inside = (images == front[:, None, None]).all(axis=-1)
    assert inside.any(axis=(1, 2)).all()
    area = inside.mean(axis=(1, 2))
    circles = world.attributes[:, 0] == 0
    size = world.attributes[:, 2]
    assert area[circles & (size == 0)].max() < area[circles & (size == 1)].min()
    assert area[circles & (size == 1)].max() < area[circles & (size == 2)].min()
    y, x = np.mgrid[:32, :32] / 31 - 0.5
    weight = inside.sum(axis=(1, 2))
    centre_x = (inside * x).sum(axis=(1, 2)) / weight
    centre_y = (inside * y).sum(axis=(1, 2)) / weight
    position = world.attributes[:, 3]
    assert (centre_x[position == 0] < -0.1).all() and (centre_x[position == 1] > 0.1).all()
    assert (centre_y[position == 2] < -0.1).all() and (centre_y[position == 3] > 0.1).all()
    assert (np.hypot(centre_x, centre_y)[position == 4] < 0.1).all()


def test_edges_are_smooth(world):
    image = world.load(0).numpy().astype(float)
    colors = {tuple(color) for color in image.reshape(-1, 3)}
    assert len(colors) > 2


def test_load_in_a_graph_equals_the_batch(world):
    data = tf.data.Dataset.range(3).map(world.load)
    for index, image in enumerate(data):
        assert image.shape == (32, 32, 3) and image.dtype == tf.uint8
        np.testing.assert_array_equal(image, world.load_batch([index, 9])[0])


def test_settings_are_checked():
    for settings in ({"size": 4}, {"count": 0}, {"seed": -1}, {"size": 64.0}, {"split": "val"}):
        with pytest.raises(ZooError):
            Shapes(**{"count": 3, **settings})
