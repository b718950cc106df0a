import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.images import crop


def _random(*shape):
    return np.random.RandomState(sum(shape)).randint(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize(
    ("height", "width", "new_height", "new_width"),
    [(44, 44, 38, 38), (64, 64, 16, 16), (20, 30, 45, 64), (61, 97, 7, 11), (9, 9, 9, 4)],
)
def test_resize_equals_pillow(height, width, new_height, new_width):
    image = _random(height, width, 3)
    want = np.asarray(Image.fromarray(image).resize((new_width, new_height), Image.BILINEAR))
    static = crop.resize(tf.constant(image), new_height, new_width)
    np.testing.assert_array_equal(static, want)
    unknown = tf.function(
        lambda image: crop.resize(image, new_height, new_width),
        input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)],
    )
    np.testing.assert_array_equal(unknown(image), want)
    batch = crop.resize(tf.constant(np.stack([image, image[::-1]])), new_height, new_width)
    np.testing.assert_array_equal(batch[0], want)


def test_scale_makes_the_shorter_side_76_64ths():
    assert crop.scale(tf.constant(_random(41, 64, 3)), 32).shape == (38, 59, 3)
    assert crop.scale(tf.constant(_random(100, 50, 3)), 299).shape == (710, 355, 3)


def test_box_crop_is_cut_at_the_border():
    image = tf.constant(_random(60, 45, 3))
    cut = crop.box_crop(image, [1, 30, 40, 28])  # half side 30, centre (21, 44)
    np.testing.assert_array_equal(cut, image[14:60, 0:45])


def test_crop_offset_centre_and_flip():
    image = _random(10, 12, 3)
    np.testing.assert_array_equal(crop.crop(image, 4, [3, 5]), image[3:7, 5:9])
    np.testing.assert_array_equal(crop.crop(image, 4), image[3:7, 4:8])
    np.testing.assert_array_equal(crop.crop(image, 4, [0, 0], True), image[:4, 3::-1])


def test_random_offset_reaches_every_place_and_no_further():
    image = tf.zeros([6, 4, 3], tf.uint8)
    draw = [crop.random_offset(image, 4, tf.constant([u, u])) for u in (0.0, 0.5, 0.9999999)]
    np.testing.assert_array_equal(np.stack(draw), [[0, 0], [1, 0], [2, 0]])


def test_unfiltered_reads_only_the_pixels_around_each_center():
    image = _random(8, 12, 3)
    near = image[[1, 2, 5, 6]][:, [2, 3, 8, 9]].reshape(2, 2, 2, 2, 3)
    np.testing.assert_array_equal(crop.unfiltered(image, 2), np.round(near.mean((1, 3))))
    np.testing.assert_array_equal(crop.unfiltered(image[:, :8], 8), image[:, :8])


def test_pyramid_is_scaled_to_minus_one_to_one():
    image = np.zeros([8, 8, 3], np.uint8)
    image[:, 4:] = 255
    small, large = crop.pyramid(tf.constant(image), (4, 8))
    assert small.shape == (4, 4, 3) and large.shape == (8, 8, 3)
    assert small.dtype == large.dtype == tf.float32
    assert large.numpy().min() == -1.0 and large.numpy().max() == 1.0
    assert -1.0 < small.numpy()[0, 1, 0] < 0.0 < small.numpy()[0, 2, 0] < 1.0
