import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.files import cut_off, noise, pack, save
from zoo.data import ClassFolder, labels_evaluation
from zoo.errors import MissingSplit, ZooError


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    save(root / "train" / "dog" / "b.png", (8, 8, 40))
    save(root / "train" / "dog" / "deep" / "a.JPG", (8, 8, 30))
    save(root / "train" / "cat" / "1.png", (8, 8, 10))
    save(root / "train" / "cat" / "2.bmp", (8, 8, 20))
    save(root / "train" / "beside.png", (8, 8, 90))
    save(root / "train" / "cat" / ".hidden.png", (8, 8, 90))
    (root / "train" / "cat" / "notes.txt").write_text("no image")
    save(root / "test" / "dog" / "9.png", (8, 8, 50))
    return root


def _check(source):
    assert source.class_names == ["cat", "dog"] and len(source) == 4
    np.testing.assert_array_equal(source.labels, [0, 0, 1, 1])
    assert source.labels.dtype == np.int64 and source.image_size == 8
    values = [int(p[0, 0, 0]) for p in tf.data.Dataset.range(4).map(source.load)]
    assert values == [10, 20, 40, 30]


def test_folder_and_zip(folder, tmp_path):
    _check(ClassFolder(folder))
    _check(ClassFolder(folder / "train"))
    _check(ClassFolder(folder / "train", split=None))
    _check(ClassFolder(pack(folder, tmp_path / "split.zip")))
    _check(ClassFolder(pack(folder, tmp_path / "packed.zip", "data/")))
    _check(ClassFolder(pack(folder / "train", tmp_path / "flat.zip")))
    _check(ClassFolder(pack(folder / "train", tmp_path / "packed_flat.zip", "x/")))


def test_classes_fix_the_labels(folder):
    test = ClassFolder(folder, split="test")
    assert test.class_names == ["dog"] and list(test.labels) == [0]
    save(folder / "test" / "cat" / "8.png", (8, 8, 50))
    assert list(ClassFolder(folder, split="test", classes=["dog", "cat"]).labels) == [0, 1]
    assert list(ClassFolder(folder, classes=["dog"]).labels) == [0, 0]


def test_an_absent_split_is_not_another_one(folder):
    with pytest.raises(MissingSplit, match='data: there is no split "val", but found test, train'):
        ClassFolder(folder, split="val")
    with pytest.raises(MissingSplit, match='train: there is no split "test": all images are one'):
        ClassFolder(folder / "train", split="test")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["dog", "bird"], 'train: expected a folder "bird" of that class, but found cat, dog'),
        (["dog", "dog"], "classes must be one or more different names"),
        ([], "classes must be one or more different names"),
    ],
)
def test_wrong_classes(folder, classes, message):
    with pytest.raises(ZooError, match=message):
        ClassFolder(folder, classes=classes)


def test_empty_class(folder, tmp_path):
    (folder / "train" / "bird").mkdir()
    for path in (folder, pack(folder, tmp_path / "data.zip")):
        with pytest.raises(ZooError, match="bird: a class without a usable image"):
            ClassFolder(path)
    assert len(ClassFolder(folder, classes=["cat", "dog"])) == 4


@pytest.mark.parametrize("name", ["cat/3.png", "cat/3.jpg", "dog/z.gif"])
@pytest.mark.parametrize("zipped", [False, True])
def test_truncated_image(folder, tmp_path, name, zipped):
    cut_off(save(folder / "train" / name, noise(40, 40)))
    path = pack(folder, tmp_path / "data.zip") if zipped else folder
    with pytest.raises(ZooError, match=f"train/{name}: does not decode .*on_error"):
        ClassFolder(path)
    source = ClassFolder(path, on_error="skip")
    _check(source)
    assert len(source.skipped) == 1 and f"train/{name}" in source.skipped[0]


def test_without_a_check_only_the_first_image_is_decoded(folder):
    cut_off(folder / "train" / "dog" / "b.png")
    assert len(ClassFolder(folder, check=False)) == 4
    cut_off(folder / "train" / "cat" / "1.png")
    with pytest.raises(ZooError, match="cat/1.png: does not decode"):
        ClassFolder(folder, check=False)


def test_a_kind_of_image_that_is_not_read_is_named(folder):
    save(folder / "train" / "cat" / "3.ppm", noise(8, 8))
    with pytest.raises(ZooError, match="3.ppm: images that end in .ppm are not read; expected"):
        ClassFolder(folder)


def test_a_class_with_bad_images_only(folder):
    (folder / "train" / "bird").mkdir()
    (folder / "train" / "bird" / "0.png").write_bytes(b"")
    with pytest.raises(ZooError, match="bird: a class without a usable image"):
        ClassFolder(folder, on_error="skip")


def test_broken_zip(folder, tmp_path):
    path = pack(folder, tmp_path / "data.zip")
    data = path.read_bytes()
    place = data.index(b"IDAT", data.index(b"train/cat/1.png")) + 6  # the checksum will not fit
    path.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
    with pytest.raises(ZooError, match="data.zip:train/cat/1.png: cannot be unpacked .*CRC"):
        ClassFolder(path)
    source = ClassFolder(path, on_error="skip")
    assert len(source) == 3 and "cat/1.png" in source.skipped[0]
    assert source.file_names[0] == "train/cat/2.bmp" and source.load(0)[0, 0, 0] == 20
    cut_off(path)
    with pytest.raises(ZooError, match="expected a folder or a .zip file"):
        ClassFolder(path)


def test_grey_transparent_and_16_bit_images(tmp_path):
    images = {
        "a_grey": Image.new("L", (9, 7), 77),
        "b_clear": Image.new("RGBA", (9, 7), (200, 0, 0, 0)),
        "c_deep": Image.fromarray(np.full((7, 9), 77 * 256 + 200, np.uint16)),
        "d_palette": Image.new("RGB", (9, 7), (1, 2, 3)).convert("P"),
    }
    for name, image in images.items():
        save(tmp_path / "one" / f"{name}.png", image)
    source = ClassFolder(tmp_path, classes=["one"])
    (batch,) = labels_evaluation(source, 8, 4)  # 9 x 7 is squeezed into a square
    assert batch["images"].shape == (4, 8, 8, 3)
    colors = np.round((batch["images"][:, 4, 4] + 1) * 127.5)
    np.testing.assert_array_equal(colors[:3], [[77] * 3, [255] * 3, [77] * 3])
    assert source.load(3)[0, 0, 2] <= 51  # as near as the palette gets
    assert source.image_size == 7


def test_no_folder(tmp_path):
    with pytest.raises(ZooError, match="nothing: no such folder or .zip file"):
        ClassFolder(tmp_path / "nothing")
    with pytest.raises(ZooError, match="on_error must be"):
        save(tmp_path / "c" / "1.png", (8, 8, 1))
        ClassFolder(tmp_path, on_error="ignore")
