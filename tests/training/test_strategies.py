"""Several replicas: the same weights as one device, and bit-exact resume."""

import os

import numpy as np
import pytest

from tests.support.clusters import finish, start_workers
from tests.support.runs import run
from tests.training.fakes import TinySystem, config, experiment
from zoo.training.cluster import is_chief, make_strategy
from zoo.training.run_folder import RunFolder
from zoo.training.trainer import Trainer


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    """The weights after 10 steps on one device."""
    model, settings = TinySystem(), config()
    folder = RunFolder(tmp_path_factory.mktemp("one") / "run", settings, quiet=True)
    Trainer(experiment(model), settings, folder, make_strategy("none")).run()
    folder.close()
    return np.asarray(model.w)


def runs_in(folder):
    """A whole run, and one in two parts."""
    return f"{folder}/whole:10", f"{folder}/parts:4", f"{folder}/parts:10"


def weights(output):
    """The weights after each run."""
    lines = [line.split()[1:] for line in output.splitlines() if line.startswith("w ")]
    return np.array(lines, float)


def test_two_devices_equal_one_and_resume(one_device, tmp_path):
    result = run("tests.training.replicated", "mirrored", *runs_in(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "replicas 2 chief True" in result.stdout
    whole, begun, resumed = weights(result.stdout)
    np.testing.assert_allclose(whole, one_device, rtol=1e-5)
    assert not np.array_equal(begun, whole)
    np.testing.assert_array_equal(resumed, whole)


def cluster(runs):
    """Two workers from start to end; their weights after each run."""
    results = finish(start_workers("tests.training.replicated", "multiworker", *runs), timeout=120)
    for index, (output, errors) in enumerate(results):
        assert f"replicas 2 chief {index == 0}" in output, errors[-2000:]
    return [weights(output) for output, _ in results]


def test_two_workers_equal_one_device_and_resume(one_device, tmp_path):
    first, second = cluster(runs_in(tmp_path))
    np.testing.assert_array_equal(first, second)
    whole, begun, resumed = first
    np.testing.assert_allclose(whole, one_device, rtol=1e-5)
    assert not np.array_equal(begun, whole)
    np.testing.assert_array_equal(resumed, whole)


def test_one_device_is_its_own_chief():
    assert "TF_CONFIG" not in os.environ
    assert is_chief(make_strategy("none"))
    assert is_chief(make_strategy("mirrored"))
