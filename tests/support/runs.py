"""The smallest run of a recipe with every stage, and functions to start it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SIZES = (
    "--config.data.count=64", "--config.data.held_out_count=16", "--config.batch_size=4",
    "--config.steps=12", "--config.log_every=1", "--config.checkpoint_every=4",
    "--config.sample_every=6", "--config.samples.images_per_caption=2",
    "--config.model.stage_sizes=(16,32)", "--config.model.generator_filters=4",
    "--config.model.discriminator_filters=4", "--config.model.latent_dim=4",
    "--config.model.condition_dim=4",
    "--config.pretraining.steps=12", "--config.pretraining.batch_size=8",
    "--config.pretraining.log_every=1", "--config.pretraining.checkpoint_every=4",
    "--config.pretraining.sample_every=6", "--config.pretraining.model.image_size=32",
    "--config.pretraining.model.features=8", "--config.pretraining.model.embedding_dim=8",
    "--config.pretraining.model.image_filters=4",
)
TINY = ("--config=recipes/attn_gan.py:shapes", *SIZES)


def command(module, *arguments):
    return [sys.executable, "-m", module, *arguments]


def environment():
    """That of a user's shell: without the level of TensorFlow's messages that the Makefile sets."""
    inherited = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return {**inherited, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def start(module, *arguments, **kwargs):
    """Starts a program as a process with its output in pipes."""
    return subprocess.Popen(
        command(module, *arguments), cwd=ROOT, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs,
    )


def run(module, *arguments, timeout=300):
    """Runs a program to its end: `CompletedProcess`."""
    return subprocess.run(
        command(module, *arguments), cwd=ROOT, env=environment(), text=True, capture_output=True,
        timeout=timeout,
    )


def kill_at(line, *arguments, module="recipes.train", number=signal.SIGKILL):
    """Start a program and send a signal when it prints `line`.

    Returns:
        its output, its errors, its exit code.
    """
    process = start(module, *arguments)
    printed = []
    for text in process.stdout:
        printed.append(text)
        if text.startswith(line):
            process.send_signal(number)
            break
    else:
        raise AssertionError(f"never printed {line}: {printed} {process.stderr.read()}")
    rest, errors = process.communicate(timeout=120)
    return "".join(printed) + rest, errors, process.returncode


def assert_same_files(a, b, *names):
    """Asserts that HDF5 files of two folders have the same names and are bit-exact."""
    for name in names:
        first, second = weights(a / name), weights(b / name)
        assert first.keys() == second.keys()
        for key, value in first.items():
            np.testing.assert_array_equal(value, second[key], err_msg=f"{name}: {key}")


def weights(path):
    """`{name: array}` of everything in an HDF5 file."""
    import h5py

    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]})
            if isinstance(item, h5py.Dataset) else None
        )
    return found
