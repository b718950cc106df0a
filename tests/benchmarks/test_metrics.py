"""The plumbing of the metrics' benchmark: parts of the page, tables, children, both sides alike."""

import contextlib

import numpy as np
import pytest

from tests.benchmarks import children, document, metric_report, metric_subjects, metrics
from tests.benchmarks.timing import Timing, interleave
from zoo.metrics.frechet_distance import frechet_distance
from zoo.metrics.ndb import make_bins, ndb

SIZES = metrics.quick(16)


def test_a_program_replaces_its_own_part_alone(tmp_path):
    page = tmp_path / "page.md"
    document.write_part(page, "a", "## A\n\n1\n")
    document.write_part(page, "b", "## B\n")
    before = page.read_text()
    assert before.startswith(document.HEAD) and before.index("## A") < before.index("## B")
    document.write_part(page, "a", "## A\n\n2\n")
    assert page.read_text() == before.replace("\n1\n", "\n2\n")


def test_visits_alternate():
    seen = []
    calls = {name: lambda name=name: seen.append(name) for name in "ab"}
    times = interleave(calls, rounds=2, calls=2, warm_up=1, lead=1)
    assert "".join(seen) == "ab" + "aaabbb" * 2
    assert [len(times[name].seconds) for name in "ab"] == [4, 4]


class Fake:
    """A subject whose features are the images' mean colors and spreads."""

    def show(self, images):
        self.images = images

    def features(self):
        return np.concatenate([self.images.mean((1, 2)), self.images.std((1, 2))], 1)

    def distance(self, folders):
        return float(len(folders))


@pytest.mark.parametrize("names", [("zoo",), ("zoo", "pytorch-fid")])
def test_every_side_is_measured(tmp_path, names):
    same, rows = metrics.compare({name: Fake() for name in names}, tmp_path, SIZES, 2, 60)
    assert [count for _, count, _ in rows] == [SIZES.batch, 2 * SIZES.files]
    assert all(len(times[name].seconds) == 2 for _, _, times in rows for name in names)
    assert all(f"FID 2 of {name}" in same for name in names)
    assert ("differ by 0 at most" in same) == (len(names) == 2)
    assert metric_report.comparison(rows).count("not installed") == 4 - 2 * len(names)
    assert sum(1 for _ in tmp_path.rglob("*.png")) == 2 * SIZES.files


def test_the_zoo_reads_folders(tmp_path, monkeypatch):
    from zoo.evaluation import feature_networks

    def run(images):
        return {"features": images.reshape(len(images), -1)[:, ::97]}

    network = feature_networks.FeatureNetwork("narrow", "0", np.float32, run, "as it is")
    monkeypatch.setattr(feature_networks, "inception", lambda path: network)
    zoo = metric_subjects.Zoo("weights.npz")
    images = metric_subjects.shape_images(5, 16, seed=0)
    folders = [
        metric_subjects.write_folder(tmp_path / name, images[first:])
        for name, first in (("a", 0), ("b", 2))
    ]
    a, b = (run(x.astype(float))["features"] for x in (images, images[2:]))
    assert zoo.distance(folders) == pytest.approx(frechet_distance(a, b))


def test_the_table_compares():
    times = {"zoo": Timing((1.0, 2.0, 3.0)), "pytorch-fid": Timing((2.0, 2.5, 4.0))}
    (row,) = metric_report.comparison([("features", 10, times)]).splitlines()[-1:]
    cells = "features | 1.00 / 2.00 | 5.00 | 2.00 / 2.50 | 4.00 | 0.50 / 0.80"
    assert row == f"| {cells} |"


def test_both_sides_must_agree():
    features = np.linspace(0, 5, 8).reshape(2, 4)
    found = {"zoo": features, "pytorch-fid": features + 1e-5}
    assert "differ by 1e-05" in metric_subjects.same_features(found, "them")
    found["zoo"] = features + 0.01
    with pytest.raises(AssertionError, match="differ by 0.00999"):
        metric_subjects.same_features(found, "them")


def test_a_child_measures_ndb(tmp_path):
    pytest.importorskip("sklearn")
    found = metrics.measure_ndb(tmp_path, SIZES, threads=1)
    train, samples = (np.load(tmp_path / f"{name}.npy") for name in ("train", "samples"))
    assert found["ndb"] == ndb(make_bins(train, SIZES.bins, whitening=True), samples)["ndb"]
    assert 0 < found["bins_seconds"] + found["ndb_seconds"] < found["seconds"]
    # scikit-learn alone is some of it; what this process holds, with TensorFlow, is none of it
    assert 30e6 < found["peak_bytes"] < children.peak_memory()


def test_a_child_says_what_went_wrong(tmp_path):
    with pytest.raises(RuntimeError, match="train.npy"):
        children.run("ndb", tmp_path, 3, threads=1)


def test_without_the_data_the_protocol_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "EMOJI", "data/none.zip")
    found, command = metrics.evaluate(tmp_path, SIZES, threads=1)
    table = metric_report.quick_table(found, command)
    assert "Not measured: data/none.zip was not there." in table


def test_parts_of_the_protocol_add_up():
    found = {
        "parts": {"generated": 2.0, "features-damsm-emoji-64": 1.5, "clusters": 1.0},
        "seconds": 10.0, "report_seconds": 6.0, "peak_bytes": 1e9,
    }
    table = metric_report.quick_table(found, "command")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    seconds = [float(row[1]) for row in rows[1:]]
    assert sum(seconds[:-1]) == seconds[-1] == 10.0 and seconds[0] == 4.0


@pytest.mark.large
def test_pytorch_fid_has_the_same_features(tmp_path):
    for name in ("torchvision", "pytorch_fid"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install -e .[benchmark]")
    with contextlib.ExitStack() as stack:
        subjects = metrics.open_subjects(tmp_path, metrics.quick(1), 1, True, stack)
        found = {}
        for name, subject in subjects.items():
            subject.show(metric_subjects.shape_images(2, 40, seed=0))
            found[name] = subject.features()
    assert "differ by" in metric_subjects.same_features(found, "them")
