"""Image files of every kind become RGB bytes."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.images.decode import decode_image


def _random(*shape):
    return np.random.RandomState(sum(shape)).randint(0, 256, shape).astype(np.uint8)


def _file(image, form, **settings):
    buffer = io.BytesIO()
    image.save(buffer, form, **settings)
    return tf.constant(buffer.getvalue())


def test_decode_rgb_and_jpeg():
    image = Image.fromarray(_random(8, 9, 3))
    decoded = decode_image(_file(image, "PNG"))
    np.testing.assert_array_equal(decoded, np.asarray(image))
    data = _file(image, "JPEG", quality=90, subsampling=0)
    want = np.asarray(Image.open(io.BytesIO(data.numpy())))
    assert np.abs(decode_image(data).numpy().astype(int) - want).max() <= 2
    bmp = decode_image(_file(image, "BMP"))
    np.testing.assert_array_equal(bmp, np.asarray(image))


def test_decode_where_functions_run_eagerly(eager):
    """As a user who looks for an error has it."""
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.testing.assert_array_equal(decode_image(tf.io.encode_png(image)), image)


def test_decode_transparent_images_on_white():
    rgba = Image.fromarray(_random(8, 9, 4))
    white = Image.new("RGBA", rgba.size, "white")
    want = np.asarray(Image.alpha_composite(white, rgba).convert("RGB")).astype(int)
    got = decode_image(_file(rgba, "PNG")).numpy()
    assert np.abs(got - want).max() <= 1
    clear = np.zeros([2, 2, 4], np.uint8)
    np.testing.assert_array_equal(
        decode_image(_file(Image.fromarray(clear), "PNG")), np.full([2, 2, 3], 255)
    )
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 200, 100, 50])
    got = decode_image(_file(palette, "PNG", transparency=0))
    np.testing.assert_array_equal(got, [[[255, 255, 255], [200, 100, 50]]])


def test_decode_a_palette_without_transparency():
    palette = Image.fromarray(_random(8, 9, 3)).convert("P", palette=Image.ADAPTIVE, colors=8)
    got = decode_image(_file(palette, "PNG"))
    np.testing.assert_array_equal(got, np.asarray(palette.convert("RGB")))


def test_decode_grey_and_16_bit_images():
    grey = _random(4, 5)
    got = decode_image(_file(Image.fromarray(grey), "PNG")).numpy()
    np.testing.assert_array_equal(got, np.repeat(grey[..., None], 3, axis=-1))
    deep = np.array([[0x1234, 0xFFFF]], np.uint16)
    got = decode_image(_file(Image.fromarray(deep), "PNG")).numpy()
    np.testing.assert_array_equal(got[..., 0], [[0x12, 0xFF]])
    faint = np.array([[[100, 255], [100, 0]]], np.uint8)
    got = decode_image(_file(Image.fromarray(faint, "LA"), "PNG")).numpy()
    np.testing.assert_array_equal(got[..., 1], [[100, 255]])


def test_decode_refuses_what_is_no_image():
    for data in (b"", b"hello", b"\x89PNG\r\n\x1a\nbroken"):
        with pytest.raises(tf.errors.InvalidArgumentError):
            decode_image(tf.constant(data))
