"""Images that users give: arrays and files of every kind, in one form."""

import io

import numpy as np
import pytest
from PIL import Image

from zoo.errors import ZooError
from zoo.images.convert import to_float
from zoo.images.read import read_images

SIZE = 16


def colour(height=SIZE, width=SIZE, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def smooth(height, width):
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 11)]
    return np.uint8(np.round(127.5 + 120 * np.stack(waves, -1)))


# --- arrays ---------------------------------------------------------------------------------------


def test_bytes_of_the_right_size_stay_as_they_are():
    image = colour()
    read = read_images(image, SIZE, 3)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, image[None])
    several = np.stack([image, image[::-1]])
    np.testing.assert_array_equal(read_images(several, SIZE, 3), several)
    np.testing.assert_array_equal(read_images([image, image[::-1]], SIZE, 3), several)


def test_floats_stay_floats_and_meet_bytes_as_floats():
    image = np.random.default_rng(0).uniform(-1, 1, (SIZE, SIZE, 3))
    read = read_images(image, SIZE, 3)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read[0], image, atol=1e-6)
    mixed = read_images([image, colour()], SIZE, 3)
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed[1], colour() / 127.5 - 1, atol=1e-6)


def test_to_float():
    np.testing.assert_allclose(to_float(np.uint8([0, 255])), [-1, 1])
    given = np.float32([0.5])
    assert to_float(given) is given


def test_of_16_bits_the_upper_8_are_kept():
    image = colour().astype(np.uint16) * 256 + 200
    np.testing.assert_array_equal(read_images(image, SIZE, 3)[0], colour())


@pytest.mark.parametrize("shape", [(SIZE, SIZE), (SIZE, SIZE, 1)])
def test_grey_becomes_three_channels(shape):
    grey = colour(channels=1).reshape(shape)
    read = read_images(grey, SIZE, 3)
    assert read.shape == (1, SIZE, SIZE, 3)
    for channel in range(3):
        np.testing.assert_array_equal(read[0, ..., channel], grey.reshape(SIZE, SIZE))


def test_colour_becomes_pillows_grey():
    image = colour()
    read = read_images(image, SIZE, 1)[0, ..., 0]
    np.testing.assert_array_equal(read, np.asarray(Image.fromarray(image).convert("L")))


def test_what_is_transparent_lies_over_white():
    image = np.concatenate([colour(), np.zeros((SIZE, SIZE, 1), np.uint8)], axis=-1)
    image[:8, :, 3] = 255
    read = read_images(image, SIZE, 3)[0]
    np.testing.assert_array_equal(read[:8], image[:8, :, :3])
    assert (read[8:] == 255).all()
    half = np.uint8(np.tile([0, 128], (SIZE, SIZE, 1)))  # grey with alpha
    assert (read_images(half, SIZE, 1) == 127).all()


@pytest.mark.parametrize("shape", [(40, 40), (40, 25), (9, 33), (1, 1)])
def test_other_sizes_are_scaled_to_the_square(shape):
    image = smooth(*shape)
    read = read_images(image, SIZE, 3)[0]
    pillow = np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.BICUBIC))
    np.testing.assert_array_equal(read, pillow)
    floats = image / 127.5 - 1
    np.testing.assert_array_equal(read_images(floats, SIZE, 3, value_range=(-1, 1))[0], read)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "no images"),
        (np.zeros((0, SIZE, SIZE, 3), np.uint8), "no images"),
        (np.zeros((4, 5, 7), np.uint8), r"1 to 4 channels.*\(4, 5, 7\)"),
        (np.zeros((2, 3, 4, 5, 3), np.uint8), r"\(2, 3, 4, 5, 3\)"),
        (np.zeros((0, 5, 3), np.uint8), r"\(0, 5, 3\)"),
        (np.zeros((5, 5, 3), np.int64), "must be uint8.* got int64"),
        (np.full((5, 5, 3), 200.0), r"outside of \[-1, 1\]"),
        (np.full((5, 5, 3), np.nan), "75 NaN of 75"),
        ([colour(), np.full((5, 5, 3), 2.0)], r"Image 1 has floats from 2 to 2, outside of"),
        (None, "expected"),
        (7, "expected"),
    ],
)
def test_other_arrays_are_refused(images, message):
    with pytest.raises(ZooError, match=message):
        read_images(images, SIZE, 3)


# --- files ----------------------------------------------------------------------------------------


def save(path, array, mode=None, **options):
    Image.fromarray(array, mode).save(path, **options)
    return str(path)


@pytest.mark.parametrize("extension", ["png", "bmp"])
def test_files_without_loss(tmp_path, extension):
    path = save(tmp_path / f"a.{extension}", colour())
    np.testing.assert_array_equal(read_images(path, SIZE, 3)[0], colour())


def test_jpeg_and_grey_jpeg(tmp_path):
    path = save(tmp_path / "a.jpg", smooth(SIZE, SIZE), quality=95)
    read = read_images(path, SIZE, 3)[0].astype(int)
    assert np.abs(read - np.asarray(Image.open(path))).max() <= 2
    grey = save(tmp_path / "g.jpg", smooth(SIZE, SIZE)[..., 0], quality=95)
    read = read_images(grey, SIZE, 3)[0]
    assert (read == read[..., :1]).all()


def test_grey_16_bit_transparent_and_palette_png(tmp_path):
    grey = colour(channels=1)[..., 0]
    read = read_images(save(tmp_path / "g.png", grey), SIZE, 3)[0]
    np.testing.assert_array_equal(read[..., 0], grey)
    deep = save(tmp_path / "d.png", grey.astype(np.uint16) * 256 + 99)
    np.testing.assert_array_equal(read_images(deep, SIZE, 1)[0, ..., 0], grey)
    rgba = np.concatenate([colour(), np.zeros((SIZE, SIZE, 1), np.uint8)], -1)
    assert (read_images(save(tmp_path / "t.png", rgba), SIZE, 3) == 255).all()
    palette = Image.fromarray(colour()).convert("P", palette=Image.ADAPTIVE, colors=8)
    palette.save(tmp_path / "p.png")
    read = read_images(str(tmp_path / "p.png"), SIZE, 3)[0]
    np.testing.assert_array_equal(read, np.asarray(palette.convert("RGB")))


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (SIZE, SIZE), c) for c in ("black", "white")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert (read_images(str(tmp_path / "a.gif"), SIZE, 3) == 0).all()


def test_a_folder_is_read_by_name(tmp_path):
    for i, name in enumerate(("b.png", "a.PNG", "c.bmp")):
        save(tmp_path / name, colour(seed=i))
    (tmp_path / "notes.txt").write_text("not a image")
    read = read_images(tmp_path, SIZE, 3)
    np.testing.assert_array_equal(read, [colour(seed=i) for i in (1, 0, 2)])
    files = [tmp_path / "c.bmp", str(tmp_path / "b.png")]
    np.testing.assert_array_equal(read_images(files, SIZE, 3), read[[2, 1]])


def test_files_that_are_no_images(tmp_path):
    with pytest.raises(ZooError, match="missing.png cannot be read.*does not exist"):
        read_images(str(tmp_path / "missing.png"), SIZE, 3)
    (tmp_path / "text.png").write_text("not a image")
    with pytest.raises(ZooError, match="text.png cannot be read as an image"):
        read_images([colour(), str(tmp_path / "text.png")], SIZE, 3)
    data = io.BytesIO()
    Image.fromarray(colour(64, 64)).save(data, "PNG")
    (tmp_path / "cut.png").write_bytes(data.getvalue()[:500])
    with pytest.raises(ZooError, match="cut.png cannot be read as an image"):
        read_images(str(tmp_path / "cut.png"), SIZE, 3)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ZooError, match="has no image"):
        read_images(str(tmp_path / "empty"), SIZE, 3)
