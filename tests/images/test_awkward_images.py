"""Every format, colour type, bit depth and transparency: equal to Pillow over white, or refused."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.images import awkward_images
from tests.images.awkward_bytes import tiff
from tests.images.awkward_images import SIZE, over_white
from zoo.data import ClassFolder
from zoo.errors import ZooError
from zoo.evaluation.image_set import from_path
from zoo.images.decode import decode_image, pixel_limit, read_image
from zoo.images.read import fit_image, read_images

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = {case.name: case for case in awkward_images.cases()}
GOOD = {name: case for name, case in CASES.items() if case.refusal is None}
BAD = {name: case for name, case in CASES.items() if case.refusal is not None}


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():  # Pillow's, of bytes that are damaged on purpose
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module")
def truth():
    """Pillow's image of each good file."""
    return {name: over_white(case.data) for name, case in GOOD.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The good files of one size, as one class."""
    root = tmp_path_factory.mktemp("good")
    (root / "a").mkdir()
    for name, case in GOOD.items():
        if name != "frame_beyond_canvas.gif":
            (root / "a" / name).write_bytes(case.data)
    return root


def test_the_matrix_has_something_in_every_field():
    for ending in (".png", ".jpg", ".gif", ".webp", ".bmp", ".tif"):
        assert sum(name.endswith(ending) for name in GOOD) >= 6
        assert sum(name.endswith(ending) for name in BAD) >= 2
    assert len(CASES) == len(awkward_images.cases()) > 150


@pytest.mark.parametrize("name", GOOD)
def test_equal_to_pillow_over_white(name, truth):
    np.testing.assert_array_equal(read_image(GOOD[name].data), truth[name])


@pytest.mark.parametrize("name", BAD)
def test_refused_by_name(name):
    with pytest.raises(ZooError, match=BAD[name].refusal) as error:
        read_image(BAD[name].data)
    message = str(error.value)
    assert "\n" not in message and len(message) < 300
    assert not re.search(r"node|Op:|BytesIO|Traceback", message)
    with pytest.raises(tf.errors.InvalidArgumentError):  # in the graph of a training
        decode_image(tf.constant(BAD[name].data))


def test_the_source_of_a_training(folder, truth):
    source = ClassFolder(folder, split=None, classes=["a"])
    assert len(source) == len(GOOD) - 1
    load = tf.function(source.load, [tf.TensorSpec([], tf.int64)], autograph=False)
    for index, name in enumerate(source.file_names):
        np.testing.assert_array_equal(load(index), truth[Path(name).name], err_msg=name)


def test_generate(folder, truth):
    names = sorted(os.listdir(folder / "a"))
    read = read_images([folder / "a" / name for name in names], SIZE, 3)
    np.testing.assert_array_equal(read, [truth[name] for name in names])
    beyond = read_image(GOOD["frame_beyond_canvas.gif"].data)
    np.testing.assert_array_equal(
        fit_image(beyond, SIZE, 3), fit_image(truth["frame_beyond_canvas.gif"], SIZE, 3)
    )


def test_evaluate(folder, truth):
    images = from_path(folder)
    assert len(images) == len(GOOD) - 1
    loaded = images.load(np.arange(len(images)))
    np.testing.assert_array_equal(loaded, [truth[Path(n).name] for n in images.file_names])


def test_a_served_graph_reads_as_pillow_or_refuses_by_name(truth):
    """A graph of TensorFlow alone; nothing that it reads differs from the truth."""
    decode = tf.function(
        lambda data: decode_image(data, "files"), [tf.TensorSpec([], tf.string)]
    )
    graph = decode.get_concrete_function().graph.as_graph_def()
    operations = {node.op for node in graph.node}
    operations |= {node.op for function in graph.library.function for node in function.node_def}
    assert "DecodePng" in operations and not any("PyFunc" in name for name in operations)
    assert not operations & {"DecodeImage", "DecodeWebP", "DecodeGif"}
    for name, case in CASES.items():
        if case.served is None:
            np.testing.assert_array_equal(decode(tf.constant(case.data)), truth[name], name)
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match=case.served):
                decode(tf.constant(case.data))


def test_the_ending_of_a_name_says_nothing(tmp_path, truth):
    for name, ending in (("transparent.gif", "jpg"), ("rgba.webp", "png"), ("full.jpg", "tif")):
        path = tmp_path / f"{name}.{ending}"
        path.write_bytes(GOOD[name].data)
        np.testing.assert_array_equal(read_images(path, SIZE, 3)[0], truth[name])


def test_the_limit_on_pixels_is_a_setting(monkeypatch):
    data = GOOD["rgba8.png"].data
    for value in ("80", " 80 "):
        monkeypatch.setenv("ZOO_MAX_PIXELS", value)
        with pytest.raises(ZooError, match="9 x 9 pixels, more than the limit of 80 .*ZOO_MAX"):
            read_image(data)
        for name in ("opaque.gif", "rgb.webp", "bits16.bmp", "rgb.tif", "full.jpg"):
            with pytest.raises(ZooError, match="9 x 9 pixels, more than"):
                read_image(GOOD[name].data)
    monkeypatch.setenv("ZOO_MAX_PIXELS", "81")
    assert read_image(data).shape == (SIZE, SIZE, 3)
    for wrong in ("0", "-5", "many", "1e6", "9" * 30):
        monkeypatch.setenv("ZOO_MAX_PIXELS", wrong)
        with pytest.raises(ZooError, match="ZOO_MAX_PIXELS must be a number of pixels of at least"):
            read_image(data)
    monkeypatch.delenv("ZOO_MAX_PIXELS")
    assert pixel_limit() == 8192 * 8192


def test_a_tiff_of_huge_tiles_is_refused():
    tile = tiff(8, 8, 8, 1, bytes(64), t322=40000, t323=40000)
    with pytest.raises(ZooError, match="40000 x 40000 pixels"):
        read_image(tile)


MEMORY = """
import resource, sys
import numpy as np, tensorflow as tf
from zoo.images.decode import decode_image
data = tf.io.encode_png(np.full([2000, 3000, 4], 77, np.uint8))
small = tf.io.encode_png(np.full([2, 3, 4], 77, np.uint8))
decode_image(small)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
image = decode_image(data)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert image.shape == (2000, 3000, 3) and (image.numpy() == 201).all()
print((after - before) * 1024 / (2000 * 3000))
"""


@pytest.mark.large
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux")
def test_transparency_takes_no_wide_copies():
    """Ten bytes a pixel: 4 of the file's, 3 of the blocks, 3 of the result; it was 45."""
    result = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, cwd=ROOT, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert float(result.stdout.split()[-1]) < 18
