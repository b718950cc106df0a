import os
import pickle
import shutil

import numpy as np
import pytest
from PIL import Image

from zoo.data import Birds, Coco, get_source, text_to_image_dataset
from zoo.errors import ZooError

NAMES = ["001.Crow/Crow_1", "002.Wren/Wren_1"]


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))


def _image(path, width=40, height=30):
    path.parent.mkdir(parents=True, exist_ok=True)
    x = np.arange(width) * 6
    Image.fromarray(np.broadcast_to(x[None, :, None], [height, width, 3]).astype(np.uint8)).save(
        path
    )


@pytest.fixture
def birds(tmp_path):
    for name in NAMES:
        _image(tmp_path / "CUB_200_2011" / "images" / f"{name}.jpg")
        _write(
            tmp_path / "text" / f"{name}.txt", "\n".join(f"a bird {i}" for i in range(12)) + "\n\n"
        )
    _write(
        tmp_path / "CUB_200_2011" / "images.txt",
        "".join(f"{i + 1} {name}.jpg\n" for i, name in enumerate(NAMES)),
    )
    _write(tmp_path / "CUB_200_2011" / "bounding_boxes.txt", "1 10.0 5.0 8.0 12.0\n2 0 0 40 30\n")
    _write(tmp_path / "train" / "filenames.pickle", NAMES)
    _write(tmp_path / "train" / "class_info.pickle", [1, 7])
    return tmp_path


def test_birds(birds):
    source = Birds(birds)
    assert len(source) == 2
    assert source.captions[0] == [f"a bird {i}" for i in range(10)]
    np.testing.assert_array_equal(source.labels, [1, 7])
    image = source.load(0).numpy()  # half side 9, centre (14, 11)
    assert image.shape == (18, 18, 3)
    assert abs(int(image[0, 0, 0]) - 5 * 6) <= 2
    assert source.load(1).shape == (30, 40, 3)


def test_classes_as_an_array(birds):
    _write(birds / "train" / "class_info.pickle", np.array([3, 4]))
    np.testing.assert_array_equal(Birds(birds).labels, [3, 4])


def test_coco(tmp_path):
    for name in ("COCO_1", "COCO_2"):
        _image(tmp_path / "images" / f"{name}.jpg")
        _write(tmp_path / "text" / f"{name}.txt", "\n".join(["one", "two", "", "!?", "three"]))
    _write(tmp_path / "test" / "filenames.pickle", ["COCO_1", "COCO_2"])
    source = Coco(tmp_path, split="test")
    assert source.captions == [["one", "two", "three"]] * 2
    np.testing.assert_array_equal(source.labels, [0, 1])
    assert source.load(1).shape == (30, 40, 3)


EMBEDDINGS = np.random.RandomState(0).normal(size=[2, 10, 6]).astype("float32")


@pytest.mark.parametrize("layout", [Birds, Coco])
def test_embeddings_are_read_when_asked_for(birds, layout):
    shutil.copytree(birds / "CUB_200_2011" / "images", birds / "images")
    path = birds / "train" / "char-CNN-RNN-embeddings.pickle"
    with pytest.raises(ZooError, match="char-CNN-RNN-embeddings.pickle: cannot be read"):
        layout(birds, embeddings=True)
    _write(path, list(EMBEDDINGS))
    assert layout(birds).embeddings is None
    source = layout(birds, embeddings=True)
    np.testing.assert_array_equal(source.embeddings, EMBEDDINGS)
    assert len(source.captions[0]) in (5, 10)
    _write(path, [EMBEDDINGS[0], EMBEDDINGS[1, :3]])
    assert [row.shape for row in layout(birds, embeddings=True).embeddings] == [(10, 6), (3, 6)]


def test_batches_of_embeddings(birds):
    _write(birds / "train" / "char-CNN-RNN-embeddings.pickle", list(EMBEDDINGS))
    source = get_source("birds", directory=birds, embeddings=True)
    data = text_to_image_dataset(source, None, (8, 16), 2, crop="paper", mismatched=True)
    for batch in data.take(3).as_numpy_iterator():
        assert batch["mismatched_images"][1].shape == (2, 16, 16, 3)
        for label, sentence in zip(batch["labels"], batch["sentence"], strict=True):
            mine = EMBEDDINGS[[1, 7].index(label)]
            assert (mine == sentence).all(axis=1).sum() == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (list(EMBEDDINGS[:1]), "embeddings of 1 images for 2"),
        ([EMBEDDINGS[0], EMBEDDINGS[1, :, :5]], "row 1: 5 features, but row 0 has 6"),
        ([EMBEDDINGS[0], EMBEDDINGS[1] * np.nan], "row 1: it has a value that is not finite"),
        ([EMBEDDINGS[0], "text"], "row 1: expected floating-point numbers"),
    ],
)
def test_bad_embeddings(birds, content, message):
    _write(birds / "train" / "char-CNN-RNN-embeddings.pickle", content)
    with pytest.raises(ZooError, match=f"char-CNN-RNN-embeddings.pickle.*{message}"):
        Birds(birds, embeddings=True)


def _boxes(text):
    return lambda root: _write(root / "CUB_200_2011" / "bounding_boxes.txt", text)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda root: (root / "train" / "filenames.pickle").unlink(),
            "filenames.pickle: cannot be",
        ),
        (lambda root: _write(root / "train" / "filenames.pickle", []), "lists no images"),
        (lambda root: _write(root / "train" / "filenames.pickle", [1]), "expected a list of str"),
        (lambda root: _write(root / "train" / "filenames.pickle", ["../x"]), "leaves the folder"),
        (lambda root: _write(root / "train" / "filenames.pickle", ["/etc/x"]), "leaves the folder"),
        (lambda root: _write(root / "train" / "class_info.pickle", [1]), "1 classes for the 2"),
        (lambda root: (root / "text" / f"{NAMES[1]}.txt").unlink(), "Wren_1.txt: the captions"),
        (lambda root: _write(root / "text" / f"{NAMES[1]}.txt", "\n"), "Wren_1.txt: expected one"),
        (
            lambda root: (root / "CUB_200_2011" / "images" / f"{NAMES[0]}.jpg").unlink(),
            "Crow_1.jpg: this image of .* is missing",
        ),
        (_boxes("1 1 1 5 5\n"), 'Wren_1" has no line in .*bounding_boxes.txt'),
        (_boxes("1 1 1 5 5\n2 0 0\n"), "bounding_boxes.txt, line 2: expected 5 columns"),
        (_boxes("1 1 1 5 x\n"), "bounding_boxes.txt, line 1: expected 5 columns, all numbers"),
    ],
)
def test_bad_folder(birds, damage, message):
    damage(birds)
    with pytest.raises(ZooError, match=message):
        Birds(birds)


def test_bad_arguments(tmp_path):
    with pytest.raises(ZooError, match='expected the split "train" or "test", got .val'):
        Birds(tmp_path, split="val")
    with pytest.raises(ZooError, match="no such folder"):
        Coco(tmp_path / "no")


def test_links_and_special_files(birds, tmp_path_factory):
    images = birds / "CUB_200_2011" / "images"
    elsewhere = tmp_path_factory.mktemp("other") / "images"
    images.rename(elsewhere)
    images.symlink_to(elsewhere)
    with pytest.raises(ZooError, match="images: a link to a folder .*follow_links=True"):
        Birds(birds)
    assert len(Birds(birds, follow_links=True)) == 2
    images.unlink()
    elsewhere.rename(images)
    text = birds / "text" / f"{NAMES[1]}.txt"
    text.write_bytes(b"a caf\xe9")
    with pytest.raises(ZooError, match="Wren_1.txt: the captions .*: byte 6 is not UTF-8"):
        Birds(birds)
    text.write_bytes(b"a wren\0here")
    with pytest.raises(ZooError, match="Wren_1.txt: a caption contains a zero byte"):
        Birds(birds)
    text.unlink()
    os.mkfifo(text)
    with pytest.raises(ZooError, match="Wren_1.txt: the captions cannot be read"):
        Birds(birds)
