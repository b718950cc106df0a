"""Arrays of images: one meaning, or an error that shows the range that was found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo.errors import ZooError
from zoo.evaluation.image_set import from_array
from zoo.images.arrays import check_numbers, to_bytes, to_signed
from zoo.images.read import read_images

SIZE = 8
DARK = np.random.default_rng(0).uniform(-1, 1, (2, SIZE, SIZE, 3))


def as_evaluate(array):
    return from_array(array, "mine").load(np.arange(len(array)))


def as_generate(array):
    return read_images(array, SIZE, 3)


READERS = pytest.mark.parametrize("read", [as_evaluate, as_generate])


@READERS
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_without_a_dark_value_have_two_readings(read, dtype):
    for array in ((DARK + 1) / 2, np.abs(DARK), DARK * 0 + 1, DARK * 0, DARK * 0 + 0.5,
                  np.abs(DARK) - 0.05):
        with pytest.raises(ZooError, match=r"floats from .* to .* in \[0, 1\].*give uint8"):
            read(array.astype(dtype))
    assert read(DARK.astype(dtype)).shape == (2, SIZE, SIZE, 3)


@READERS
def test_one_dark_image_of_an_array_settles_the_bright_ones(read):
    several = np.stack([DARK[0], np.ones_like(DARK[0])])
    read = read(several)
    white = 255 if read.dtype == np.uint8 else 1
    assert (read[1] == white).all()


@READERS
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (DARK * 255, r"outside of \[-1, 1\].*x / 127.5 - 1"),
        (np.abs(DARK) * 255, r"outside of \[-1, 1\]"),
        (DARK * 1.01, r"outside of \[-1, 1\]"),
        (np.where(DARK > 0.9, np.nan, DARK), "NaN of 384 numbers"),
        (np.where(DARK > 0.9, -np.inf, DARK), "infinite of 384 numbers"),
        (DARK > 0, "must be uint8.* got bool"),
        (np.round(DARK).astype(np.int64), "must be uint8.* got int64"),
        (np.round(DARK).astype(np.int8), "must be uint8.* got int8"),
        (DARK.astype(complex), "must be uint8.* got complex128"),
        (np.moveaxis(DARK, -1, 1), "channels come last: np.moveaxis"),
        (np.uint8(np.zeros((2, 1, SIZE, SIZE))), "channels come last: np.moveaxis"),
        (np.zeros((2, SIZE, SIZE, 5), np.uint8), r"shape"),
        (np.uint16([[[[1, 2, 200]]]]), "uint16 but has values up to 200 only, nearly black"),
    ],
)
def test_what_is_no_image_is_refused_and_shown(read, array, message):
    with pytest.raises(ZooError, match=message) as error:
        read(array)
    assert "\n" not in str(error.value)


def test_objects_and_single_images_are_no_set():
    with pytest.raises(ZooError, match="must be uint8|expected"):
        as_evaluate(DARK.astype(object))
    with pytest.raises(ZooError, match="must be uint8|expected"):
        as_generate(DARK.astype(object))
    with pytest.raises(ZooError, match=r"\(n, h, w, 3\).*got \(8, 8, 3\)"):
        from_array(DARK[0], "one")
    with pytest.raises(ZooError, match="got .*0, 8, 8, 3"):
        from_array(np.zeros((0, SIZE, SIZE, 3), np.uint8), "none")


def test_a_range_that_is_said_settles_it():
    unit = np.abs(DARK)
    np.testing.assert_allclose(to_signed(unit, "x", (0, 1)), unit * 2 - 1)
    np.testing.assert_allclose(to_signed(unit, "x", (-1, 1)), unit)
    np.testing.assert_allclose(to_signed(unit * 255, "x", [0, 255]), unit * 2 - 1)
    read = read_images(unit, SIZE, 3, value_range=(0, 1))
    np.testing.assert_allclose(read, unit * 2 - 1, atol=1e-6)
    made = from_array(unit, "x", value_range=(0, 1)).load(np.arange(2))
    np.testing.assert_array_equal(made, np.round(unit * 255))
    for wrong, array in (((0, 1), DARK), ((0, 1), unit * 255), ((-1, 1), DARK * 2)):
        with pytest.raises(ZooError, match="outside of"):
            to_bytes(array, "x", wrong)
    for wrong in ((0, 2), (1, 0), "unit", 1):
        with pytest.raises(ZooError, match="value_range must be one of"):
            check_numbers(DARK, "x", wrong)


def test_sixteen_bits_keep_the_upper_eight():
    deep = np.uint16([[[[0x1234, 0xFFFF, 0x00FF]]]])
    np.testing.assert_array_equal(as_evaluate(deep)[0, 0, 0], [0x12, 0xFF, 0])
    np.testing.assert_array_equal(read_images(deep, 1, 3)[0, 0, 0], [0x12, 0xFF, 0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=12))
def test_floats_are_read_as_signed_or_refused(values):
    array = np.array(values, np.float32)
    if float(array.min()) >= -0.1:
        with pytest.raises(ZooError, match="which may be in"):
            to_bytes(array, "x")
    else:
        np.testing.assert_allclose(to_bytes(array, "x") / 127.5 - 1, array, atol=1 / 255 + 1e-6)


def test_images_of_pillow_are_read_as_their_files(tmp_path):
    colour = Image.fromarray(np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 4), np.uint8))
    for name, image in {
        "palette.png": colour.convert("RGB").quantize(8), "clear.png": colour,
        "two.png": colour.convert("L").convert("1"), "grey.png": colour.convert("LA"),
        "cmyk.tif": colour.convert("RGB").convert("CMYK"),
    }.items():
        image.save(tmp_path / name)
        read = read_images([tmp_path / name, image], SIZE, 3)
        np.testing.assert_array_equal(read[1], read[0], name)
    with pytest.raises(ZooError, match="Image 0 cannot be read: .*mode F"):
        read_images([Image.new("F", (SIZE, SIZE))], SIZE, 3)
