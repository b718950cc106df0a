import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.files import noise
from zoo.images.resample import grayscale, resize

SIZES = [  # from height, width to height, width
    ((40, 44), (36, 36)),
    ((37, 53), (80, 81)),
    ((17, 90), (33, 12)),
    ((60, 20), (13, 20)),
    ((5, 7), (5, 40)),
    ((90, 31), (50, 14)),  # tall: the height goes first
    ((50, 50), (25, 38)),  # the height goes first: 25 is more than twice 12
    ((50, 50), (26, 38)),  # the width goes first: 24 is not
    ((1, 1), (3, 2)),
    ((64, 64), (1, 1)),
]


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("before", "after"), SIZES)
def test_equals_pillow(method, before, after):
    height, width = after
    unknown = tf.TensorSpec([None, None, 3], tf.uint8)
    graph = tf.function(lambda image: resize(image, height, width, method), [unknown])
    hard = np.where(noise(*before, 1) > 127, 255, 0).astype(np.uint8)  # the cubic overshoots
    for image in (noise(*before), hard):
        kind = getattr(Image.Resampling, method.upper())
        want = np.asarray(Image.fromarray(image).resize((width, height), kind))
        np.testing.assert_array_equal(resize(tf.constant(image), height, width, method), want)
        np.testing.assert_array_equal(graph(image), want)


def test_a_batch_of_many_channels_is_scaled_one_by_one():
    images = noise(9, 14, channels=6)
    batch = tf.constant(np.stack([images, 255 - images]))
    scaled = resize(batch, 6, 7, "bicubic")
    assert scaled.shape == (2, 6, 7, 6)
    np.testing.assert_array_equal(scaled[1, ..., 3:], resize(batch[1, ..., 3:], 6, 7, "bicubic"))


def test_grayscale_equals_pillow():
    image = noise(50, 60)
    want = np.asarray(Image.fromarray(image).convert("L"))[..., None]
    np.testing.assert_array_equal(grayscale(tf.constant(image)), want)


@pytest.mark.parametrize(("before", "size"), [((700, 1100), 64), ((1500, 600), 33)])
def test_several_blocks_of_rows_and_columns_equal_pillow(before, size):
    unknown = tf.TensorSpec([None, None, 3], tf.uint8)
    graph = tf.function(lambda image: resize(image, size, size, "bicubic"), [unknown])
    image = np.where(noise(*before) > 127, 255, 0).astype(np.uint8)
    want = np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(graph(image), want)


def test_a_photo_is_a_matrix_product_per_block():
    """Not a sum per tap, which takes four times as long for a photo of 12 megapixels."""
    unknown = tf.TensorSpec([None, None, 3], tf.uint8)
    graph = tf.function(lambda image: resize(image, 64, 64, "bicubic"), [unknown])
    functions = graph.get_concrete_function().graph.as_graph_def().library.function
    products = [node for function in functions for node in function.node_def if node.op == "MatMul"]
    assert len(products) == 1  # in a loop over blocks, for both axes
