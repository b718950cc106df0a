import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.data import images


def _random(*shape):
    return np.random.RandomState(sum(shape)).randint(0, 256, shape).astype(np.uint8)


def _file(picture, form, **settings):
    buffer = io.BytesIO()
    picture.save(buffer, form, **settings)
    return tf.constant(buffer.getvalue())


@pytest.mark.parametrize(
    ("height", "width", "new_height", "new_width"),
    [(44, 44, 38, 38), (64, 64, 16, 16), (20, 30, 45, 64), (61, 97, 7, 11), (9, 9, 9, 4)],
)
def test_resize_equals_pillow(height, width, new_height, new_width):
    picture = _random(height, width, 3)
    want = np.asarray(Image.fromarray(picture).resize((new_width, new_height), Image.BILINEAR))
    static = images.resize(tf.constant(picture), new_height, new_width)
    np.testing.assert_array_equal(static, want)
    unknown = tf.function(
        lambda image: images.resize(image, new_height, new_width),
        input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)],
    )
    np.testing.assert_array_equal(unknown(picture), want)
    batch = images.resize(tf.constant(np.stack([picture, picture[::-1]])), new_height, new_width)
    np.testing.assert_array_equal(batch[0], want)


def test_scale_makes_the_shorter_side_76_64ths():
    assert images.scale(tf.constant(_random(41, 64, 3)), 32).shape == (38, 59, 3)
    assert images.scale(tf.constant(_random(100, 50, 3)), 299).shape == (710, 355, 3)


def test_box_crop_is_cut_at_the_border():
    picture = tf.constant(_random(60, 45, 3))
    cut = images.box_crop(picture, [1, 30, 40, 28])  # half side 30, centre (21, 44)
    np.testing.assert_array_equal(cut, picture[14:60, 0:45])


def test_crop_offset_centre_and_flip():
    picture = _random(10, 12, 3)
    np.testing.assert_array_equal(images.crop(picture, 4, [3, 5]), picture[3:7, 5:9])
    np.testing.assert_array_equal(images.crop(picture, 4), picture[3:7, 4:8])
    np.testing.assert_array_equal(images.crop(picture, 4, [0, 0], True), picture[:4, 3::-1])


def test_random_offset_reaches_every_place_and_no_further():
    picture = tf.zeros([6, 4, 3], tf.uint8)
    draw = [images.random_offset(picture, 4, tf.constant([u, u])) for u in (0.0, 0.5, 0.9999999)]
    np.testing.assert_array_equal(np.stack(draw), [[0, 0], [1, 0], [2, 0]])


def test_pyramid_is_scaled_to_minus_one_to_one():
    picture = np.zeros([8, 8, 3], np.uint8)
    picture[:, 4:] = 255
    small, large = images.pyramid(tf.constant(picture), (4, 8))
    assert small.shape == (4, 4, 3) and large.shape == (8, 8, 3)
    assert small.dtype == large.dtype == tf.float32
    assert large.numpy().min() == -1.0 and large.numpy().max() == 1.0
    assert -1.0 < small.numpy()[0, 1, 0] < 0.0 < small.numpy()[0, 2, 0] < 1.0


def test_decode_rgb_and_jpeg():
    picture = Image.fromarray(_random(8, 9, 3))
    decoded = images.decode_picture(_file(picture, "PNG"))
    np.testing.assert_array_equal(decoded, np.asarray(picture))
    data = _file(picture, "JPEG", quality=90, subsampling=0)
    want = np.asarray(Image.open(io.BytesIO(data.numpy())))
    assert np.abs(images.decode_picture(data).numpy().astype(int) - want).max() <= 2
    bmp = images.decode_picture(_file(picture, "BMP"))
    np.testing.assert_array_equal(bmp, np.asarray(picture))


def test_decode_transparent_pictures_on_white():
    rgba = Image.fromarray(_random(8, 9, 4))
    white = Image.new("RGBA", rgba.size, "white")
    want = np.asarray(Image.alpha_composite(white, rgba).convert("RGB")).astype(int)
    got = images.decode_picture(_file(rgba, "PNG")).numpy()
    assert np.abs(got - want).max() <= 1
    clear = np.zeros([2, 2, 4], np.uint8)
    np.testing.assert_array_equal(
        images.decode_picture(_file(Image.fromarray(clear), "PNG")), np.full([2, 2, 3], 255)
    )
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 200, 100, 50])
    got = images.decode_picture(_file(palette, "PNG", transparency=0))
    np.testing.assert_array_equal(got, [[[255, 255, 255], [200, 100, 50]]])


def test_decode_grey_and_16_bit_pictures():
    grey = _random(4, 5)
    got = images.decode_picture(_file(Image.fromarray(grey), "PNG")).numpy()
    np.testing.assert_array_equal(got, np.repeat(grey[..., None], 3, axis=-1))
    deep = np.array([[0x1234, 0xFFFF]], np.uint16)
    got = images.decode_picture(_file(Image.fromarray(deep), "PNG")).numpy()
    np.testing.assert_array_equal(got[..., 0], [[0x12, 0xFF]])
    faint = np.array([[[100, 255], [100, 0]]], np.uint8)
    got = images.decode_picture(_file(Image.fromarray(faint, "LA"), "PNG")).numpy()
    np.testing.assert_array_equal(got[..., 1], [[100, 255]])


def test_decode_refuses_what_is_no_picture():
    for data in (b"", b"hello", b"\x89PNG\r\n\x1a\nbroken"):
        with pytest.raises(tf.errors.InvalidArgumentError):
            images.decode_picture(tf.constant(data))
