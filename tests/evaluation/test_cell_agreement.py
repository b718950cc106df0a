"""Agreement of generated images with the label maps that they were generated from."""

import types

import numpy as np
import pytest

from tests.evaluation.test_mode_coverage import evaluators
from tests.support.label_maps import COLORS, cells_to_map, write_facades
from zoo.evaluation.cell_agreement import cell_agreement
from zoo.evaluation.dataset import EvaluationDataset
from zoo.evaluation.feature_networks import FeatureNetwork
from zoo.evaluation.image_set import from_array
from zoo.evaluation.subject import Subject

SIDE, GRID, SAMPLES = 32, 8, 2


class Reader:
    """Reads photos of `write_facades`, whose colors are those of the maps, halved."""

    cells = {"names": [str(i) for i in range(len(COLORS))], "colors": COLORS.tolist()}
    class_names, grid = [], GRID


def network(wrong=0):
    """The reader; it names the next class in the first `wrong` cells."""
    def run(x):
        middle = x[:, 2::4, 2::4].astype(int)
        distance = ((middle[..., None, :] - COLORS.astype(int) // 2) ** 2).sum(-1)
        named = distance.argmin(-1).reshape(len(x), -1)
        named[:, :wrong] = (named[:, :wrong] + 1) % len(COLORS)
        return {"features": np.zeros([len(x), 1]),
                "cell_logits": np.eye(len(COLORS))[named.reshape(-1, GRID, GRID)]}

    return FeatureNetwork("zoo-it-encoder", str(wrong), lambda x: x, run, "", classifier=Reader)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("facades")
    return folder, write_facades(folder, {"train": 2, "test": 3})


def subject(world, made):
    folder, _ = world
    model = types.SimpleNamespace(
        condition=types.SimpleNamespace(kind="images"), image_size=SIDE, image_sizes=None
    )
    data = EvaluationDataset(f"pairs:{folder}", "pairs", {"data.direction": "b2a"})
    conditions, word = data.conditions(model, None)
    return Subject("x", lambda: from_array(made, "made"), (3, SAMPLES), (SIDE, SIDE),
                   conditions=conditions, kind="images", data=data,
                   source={"condition_split": word})


def photos(cells):
    return np.stack([cells_to_map(one, SIDE // GRID) // 2 for one in cells])


def test_the_share_of_cells_as_in_the_label_map(world, tmp_path):
    cells = world[1]["test"].repeat(SAMPLES, 0).copy()
    cells[:, 0, :4] = (cells[:, 0, :4] + 1) % 12  # 4 of the 64 cells of every image are wrong
    cells[0, 1] = (cells[0, 1] + 1) % 12  # and 8 more of the first
    (measure,), why = cell_agreement(
        subject(world, photos(cells)), evaluators(tmp_path, network()))
    assert why is None and measure.metric == "cell_agreement[zoo-it-encoder]"
    assert measure.value == pytest.approx(1 - (4 + 8 / 6) / 64) and measure.better == "higher"
    assert measure.more["real_accuracy"] == 1 and measure.units.shape == (3, SAMPLES)
    share = np.bincount(world[1]["test"].ravel()).max() / (3 * 64)
    assert measure.more["baseline"] == pytest.approx(share)
    assert measure.protocol["accuracy_of_real"].startswith("3 photos of pairs, held-out (test)")
    low, high = measure.interval(50)
    assert low < measure.value < high


def test_the_readers_own_mistakes_are_given(world, tmp_path):
    made = photos(world[1]["test"].repeat(SAMPLES, 0))
    (measure,), _ = cell_agreement(subject(world, made), evaluators(tmp_path, network(wrong=16)))
    assert measure.value == measure.more["real_accuracy"] == 0.75


def test_photos_as_conditions_are_not_measured(world, tmp_path):
    made = photos(world[1]["test"].repeat(SAMPLES, 0))
    own = subject(world, made)
    own.conditions.sources = from_array(np.full([3, SIDE, SIDE, 3], 200, np.uint8), "gray")
    measures, why = cell_agreement(own, evaluators(tmp_path, network()))
    assert measures == [] and "are no label maps" in why
    plain = types.SimpleNamespace(class_names=["a"], cells=None)
    other = FeatureNetwork("zoo-b-encoder", "0", None, None, "", classifier=plain)
    assert cell_agreement(own, evaluators(tmp_path, other)) == ([], None)
