"""Shared fixtures; `large` tests run only with --large."""

import contextlib
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest


def pytest_addoption(parser):
    parser.addoption("--large", action="store_true", help="also run the tests marked large")


def pytest_configure(config):
    """Two logical CPUs, so that the tests of several replicas run on every machine."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def pytest_collection_modifyitems(config, items):
    if config.getoption("--large"):
        return
    skip = pytest.mark.skip(reason="large test: run with --large")
    for item in items:
        if "large" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def float64():
    """Networks built inside the test compute in float64, the golden cases' own precision."""
    with _floatx("float64"):
        yield


@pytest.fixture(params=["float64", "float32"])
def precision(request):
    """The test runs in both precisions, each with the golden cases' tolerance for it."""
    with _floatx(request.param):
        yield request.param


@contextlib.contextmanager
def _floatx(name):
    import keras

    before = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(name)
    keras.config.set_floatx(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_floatx(before[1])
