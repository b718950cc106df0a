"""Shared fixtures; `large` tests run only with --large."""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

# Files that take longest. They start first: a file stays in one process, and one that starts last
# would run alone at the end.
LONGEST = (
    "integration/test_attn_gan_runs.py",
    "integration/test_systems.py",
    "models/test_every_system.py",
    "integration/test_image_systems.py",
    "importers/test_official_images.py",
    "models/test_drit.py",
    "export/test_saved_model.py",
    "models/test_xmc_gan.py",
    "models/test_hub_captions.py",
    "models/test_attn_gan.py",
    "export/test_service.py",
    "models/test_mirror_gan.py",
    "importers/test_official.py",
    "models/test_stackgan_v2.py",
    "golden/test_drit_iteration.py",
    "recipes/test_evaluate.py",
    "golden/test_dm_gan_iteration.py",
    "integration/test_hub_captions.py",
    "integration/test_mirror_gan.py",
    "golden/test_stackgan_v2_iteration.py",
)


def pytest_addoption(parser):
    parser.addoption("--large", action="store_true", help="also run the tests marked large")


def pytest_make_parametrize_id(config, val, argname):
    """Name of a case that is a file's content: archives hold the time at which they were made, and
    two processes have to find tests of the same names."""
    return argname if isinstance(val, bytes) else None


def pytest_configure(config):
    """Two logical CPUs, so that the tests of several replicas run on every machine.

    What TensorFlow and Keras made when they were imported stays, so that no collection of garbage
    walks through it again: a tenth of the time of making networks. Graphs run as they were traced:
    optimizing one takes as long as its first step. Kernels are kept. With --large, and in the
    processes that tests start, graphs are optimized and kernels thrown away as always.
    """
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    if not config.getoption("--large"):
        from tests.support.graphs import keep_kernels

        keep_kernels()
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def pytest_unconfigure():
    gc.freeze()  # pytest then collects garbage five times, each time through all that is alive


def place(item):
    """The index of an item's file in `LONGEST`, or its length."""
    path = item.nodeid.partition("::")[0].removeprefix("tests/")
    return LONGEST.index(path) if path in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(config, items):
    items.sort(key=place)  # a stable sort: what is in no list keeps its order
    if config.getoption("--large"):
        return
    skip = pytest.mark.skip(reason="large test: run with --large")
    for item in items:
        if "large" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def eager():
    """The test's graphs run as Python, see `tests.support.graphs.eagerly`."""
    from tests.support.graphs import eagerly

    with eagerly():
        yield


@pytest.fixture
def float64():
    """Networks built inside the test compute in float64, the golden cases' own precision."""
    from tests.support.precision import computing_in

    with computing_in("float64"):
        yield


@pytest.fixture(params=["float64", "float32"])
def precision(request):
    """The test runs in both precisions, each with the golden cases' tolerance for it."""
    from tests.support.precision import computing_in

    with computing_in(request.param):
        yield request.param
