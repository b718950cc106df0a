"""Cells of label maps, the facades whose maps have classes, and batches of their photos."""

import numpy as np
import pytest

from tests.support.label_maps import COLORS, cells_to_map, write_facades
from zoo.data import cells_dataset, cells_evaluation, get_source
from zoo.data.label_maps import cells_of, far_share
from zoo.data.subset import Subset
from zoo.errors import ZooError

SIDE, GRID = 32, 8


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("facades")
    return folder, write_facades(folder, {"train": 6, "test": 3})


def test_the_class_is_that_of_the_nearest_color_and_of_the_most_pixels():
    cells = np.arange(4).reshape(1, 2, 2)
    maps = cells_to_map(cells[0], 4)[None].astype(np.float32)
    maps += np.random.default_rng(0).uniform(-20, 20, maps.shape).astype(np.float32)  # JPEG's noise
    np.testing.assert_array_equal(cells_of(maps, COLORS, 2), cells)
    maps[0, :4, :3] = COLORS[7]  # 12 of the 16 pixels of the first cell
    np.testing.assert_array_equal(cells_of(maps, COLORS, 2)[0, 0], [7, 1])
    with pytest.raises(ZooError, match="8 x 8 pixels has no grid of 3 cells"):
        cells_of(maps, COLORS, 3)


def test_the_share_of_pixels_without_a_class():
    maps = cells_to_map([[0, 1], [2, 3]], 2)[None]
    assert far_share(maps, COLORS) == 0
    maps[0, 0, 0] = 200, 200, 200
    assert float(far_share(maps, COLORS)) == pytest.approx(1 / 16)


def test_facades_have_the_classes_of_their_maps(world):
    folder, cells = world
    source = get_source("facade_labels", directory=folder)
    assert source.direction == "b2a" and source.cell_names[2:4] == ["window", "door"]
    np.testing.assert_array_equal(source.cell_colors, COLORS)
    label_map, photo = source.load(1)
    np.testing.assert_array_equal(label_map, cells_to_map(cells["train"][1], SIDE // GRID))
    np.testing.assert_array_equal(photo, np.asarray(label_map) // 2)
    assert Subset(source, [0]).cell_names == source.cell_names


def test_other_pairs_are_refused(tmp_path):
    write_facades(tmp_path, {"train": 1})
    from PIL import Image

    Image.new("RGB", (64, 32), (200, 200, 200)).save(tmp_path / "train" / "000.png")
    with pytest.raises(ZooError, match="000.png: most pixels of the right half"):
        get_source("facade_labels", directory=tmp_path)


def test_photos_with_the_classes_of_their_cells(world):
    folder, cells = world
    source = get_source("facade_labels", directory=folder, split="test")
    (batch,) = cells_evaluation(source, SIDE, 4, GRID)
    assert batch["cells"].dtype == "int64"
    np.testing.assert_array_equal(batch["cells"], cells["test"])
    photo = cells_to_map(cells["test"][0], SIDE // GRID) // 2
    np.testing.assert_allclose(batch["images"][0], photo / 127.5 - 1, atol=1e-6)


def test_maps_and_photos_are_flipped_and_cropped_alike(world):
    folder, cells = world
    source = get_source("facade_labels", directory=folder)
    flipped = set()
    for batch in cells_dataset(source, SIDE, 3, GRID, seed=1, flip=True).take(6):
        for photo, named in zip(batch["images"].numpy(), batch["cells"].numpy(), strict=True):
            seen = np.round((photo + 1) * 127.5)[::4, ::4]
            np.testing.assert_array_equal(seen, COLORS[named] // 2)
            flipped |= {mirrored for mirrored in (False, True) for whole in cells["train"]
                        if np.array_equal(named, whole[:, ::-1] if mirrored else whole)}
    assert flipped == {False, True}
    for batch in cells_dataset(source, 16, 3, 4, seed=1, flip=False, load_size=SIDE).take(2):
        photo, named = batch["images"].numpy(), batch["cells"].numpy()
        from_photo = cells_of(np.round((photo + 1) * 127.5), COLORS // 2, 4)
        np.testing.assert_array_equal(named, from_photo)
