"""A fixture with two devices on any machine."""

import functools

import pytest
import tensorflow as tf


@pytest.fixture(scope="session")
def two_devices():
    """A MirroredStrategy over the two logical CPUs that conftest configures."""
    if len(tf.config.list_logical_devices("CPU")) < 2:
        pytest.skip("needs two logical CPUs, which must be configured before TensorFlow runs")
    return _strategy()


@functools.cache
def _strategy():
    """One for all test files: two strategies in one process would use each other's keys."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
