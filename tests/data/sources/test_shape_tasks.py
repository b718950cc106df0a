import numpy as np
import pytest
import tensorflow as tf

from zoo.data import ShapeClasses, ShapeDomains, ShapePairs
from zoo.data.sources.shape_tasks import MAP_COLORS
from zoo.data.sources.shapes import ATTRIBUTES, BACKGROUNDS, COLORS, VALUES
from zoo.errors import ZooError
from zoo.evaluation.shape_attributes import ShapeModes


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_labels_are_an_attribute_of_the_images(attribute):
    source = ShapeClasses(size=32, count=60, seed=1, attribute=attribute)
    assert source.class_names == list(VALUES[attribute]) and source.labels.dtype == np.int64
    seen = ShapeModes(32).assign(source.load_batch(np.arange(60)).numpy())
    np.testing.assert_array_equal(seen[:, ATTRIBUTES.index(attribute)], source.labels)


def test_maps_show_shape_and_place():
    source, image_first = (
        ShapePairs(size=32, count=40, seed=2, direction=way) for way in ("a2b", "b2a")
    )
    for index in range(40):
        flat, image = (half.numpy().astype(int) for half in source.load(index))
        for first, second in zip((image, flat), image_first.load(index), strict=True):
            np.testing.assert_array_equal(first, second)
        kind, color, _, _, ground = source.attributes[index]
        inside = (flat == MAP_COLORS[kind]).all(-1)
        assert inside.any() and (flat[~inside] == 0).all()
        away = np.subtract(COLORS[color], BACKGROUNDS[ground])
        covered = ((image - BACKGROUNDS[ground]) * away).sum(-1) / (away**2).sum()
        assert (covered[inside] > 0.48).all() and (covered[~inside] < 0.52).all()


def test_modes_share_the_map():
    source = ShapePairs(size=16, count=20, seed=0)
    modes = source.modes(3)
    assert modes.shape == (18, 5) and len(np.unique(modes, axis=0)) == 18
    assert (modes == source.attributes[3]).all(axis=1).sum() == 1
    np.testing.assert_array_equal(
        modes[:, [0, 2, 3]], np.tile(source.attributes[3][[0, 2, 3]], (18, 1))
    )


def test_backgrounds():
    source = ShapeDomains(size=32, count=30, count_b=20, seed=3)
    assert (len(source.a), len(source.b)) == (30, 20)
    for domain, color in ((source.a, 255), (source.b, 20)):
        images = domain.load_batch(np.arange(len(domain))).numpy()
        assert (images[:, 0, 0] == color).all()
        np.testing.assert_array_equal(ShapeModes(32).assign(images), domain.attributes)
    assert (source.a.attributes[:20, :4] != source.b.attributes[:, :4]).any(axis=1).mean() > 0.8


def test_outlines():
    source = ShapeDomains(size=64, count=20, difference="fill", seed=4)
    full = ShapeModes(64).assign(source.a.load_batch(np.arange(20)).numpy())
    np.testing.assert_array_equal(full, source.a.attributes)
    for index in range(20):
        row = source.b.attributes[index]
        image = source.b.load(index).numpy().astype(int)
        shown = (image != image[0, 0]).any(-1)
        y, x = (int(np.mean(places)) for places in np.nonzero(shown))
        assert shown.any()
        if VALUES["shape"][row[0]] in ("circle", "square", "triangle", "star", "cross"):
            assert not shown[y, x]


def test_split_seed_and_graph():
    settings = {"size": 16, "count": 6}
    for kind, load in (
        (ShapeClasses, lambda s: s.load),
        (ShapePairs, lambda s: s.load),
        (ShapeDomains, lambda s: s.b.load),
    ):
        one, same, test = (
            load(kind(split=split, **settings)) for split in ("train", "train", "test")
        )
        images = list(tf.data.Dataset.range(6).map(one))
        tf.nest.map_structure(np.testing.assert_array_equal, images, [same(i) for i in range(6)])
        others = [test(i) for i in range(6)]
        assert any(
            (first != second).numpy().any()
            for first, second in zip(
                tf.nest.flatten(images), tf.nest.flatten(others), strict=True
            )
        )


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (ShapeClasses, {"attribute": "colour"}, 'attribute must be.*Did you mean "color"'),
        (ShapeClasses, {"size": 4}, "size must be"),
        (ShapePairs, {"direction": "ab"}, 'direction must be "a2b" or "b2a"'),
        (ShapeDomains, {"difference": "color"}, 'difference must be "background" or "fill"'),
        (ShapeDomains, {"count_b": 0}, "count_b must be a whole number of at least 1"),
        (ShapeDomains, {"count": 2.5}, "count must be a whole number"),
    ],
)
def test_settings_are_checked(kind, settings, message):
    with pytest.raises(ZooError, match=message):
        kind(**settings)
