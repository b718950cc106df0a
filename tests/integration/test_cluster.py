"""The recipes on two devices and as two worker processes: the run of one device, and resuming."""

import re
import signal

import numpy as np
import pytest

from tests.support.clusters import finish, start_workers
from tests.support.runs import assert_same_files, run, weights

STEPS, RATE = 20, 2e-4
COMMON = (
    f"--config.steps={STEPS}", "--config.batch_size=8", "--config.log_every=1",
    "--config.checkpoint_every=5", "--config.sample_every=0", "--config.data.count=64",
    "--config.threads=2", "--config.statistics=global",
)
GAN = ("--config.model.generator_filters=4", "--config.model.discriminator_filters=4",
       "--config.model.latent_dim=4")
DAMSM = (
    "--config.data.held_out_count=16",
    "--config.pretraining.steps=4", "--config.pretraining.batch_size=8",
    "--config.pretraining.sample_every=0", "--config.pretraining.model.features=8",
    "--config.pretraining.model.embedding_dim=8", "--config.pretraining.model.image_filters=4",
)
RECIPES = {
    "dcgan": ("--config.model.filters=8", "--config.model.latent_dim=8"),
    "dm_gan": (*GAN, *DAMSM, "--config.negatives=global", "--config.model.condition_dim=4",
               "--config.model.stage_sizes=(16,32)", "--config.pretraining.model.image_size=32"),
    "xmc_gan": (*GAN, *DAMSM, "--config.model.negatives=global"),
}
# Measured in float32 after 20 steps: the mean distance of a weight from that of one device, in
# units of what Adam can move it in 20 steps; the largest relative difference of a loss.
WEIGHTS, LOSSES = 0.02, 0.01


def arguments(system, folder, *more):
    return (f"--config=recipes/{system}.py:shapes", *COMMON, *RECIPES[system],
            f"--workdir={folder}", *more)


def losses(folder):
    """Every number of each log line of a step, in order."""
    lines = (folder / "log.txt").read_text("utf-8").splitlines()
    steps = [line.partition("discriminator_loss")[2] for line in lines]
    return np.array([[float(x) for x in re.findall(r" (-?[\d.]+(?:e-?\d+)?)\b", s)][:3]
                     for s in steps if s])


def distances(one, other):
    """(mean distance of the weights in units of Adam's reach, of the losses relatively)."""
    first, second = (weights(folder / "checkpoints/last.h5") for folder in (one, other))
    assert first.keys() == second.keys()
    apart = np.concatenate([
        np.abs(first[name] - second[name]).ravel() for name in first if "optimizer" not in name
    ])
    a, b = losses(one), losses(other)
    assert a.shape == b.shape and len(a) >= STEPS
    return apart.mean() / (RATE * STEPS), (np.abs(a - b) / np.maximum(np.abs(a), 0.1)).max()


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    """system -> the run folder of one device, trained at its first use."""
    folders = {}

    def folder(system):
        if system not in folders:
            folders[system] = tmp_path_factory.mktemp(system) / "one"
            ended = run("recipes.train", *arguments(system, folders[system]), timeout=1800)
            assert ended.returncode == 0, ended.stderr[-2000:]
        return folders[system]

    return folder


@pytest.mark.large
@pytest.mark.parametrize("system", RECIPES)
@pytest.mark.parametrize("strategy", ["mirrored", "multiworker"])
def test_a_recipe_on_two_replicas_is_that_of_one_device(system, strategy, one_device, tmp_path):
    folder = tmp_path / "two"
    more = arguments(system, folder, f"--config.strategy={strategy}")
    if strategy == "mirrored":
        ended = run("tests.support.clusters", "recipes.train", *more, timeout=1800)
        assert ended.returncode == 0, ended.stderr[-2000:]
    else:
        results = finish(start_workers("recipes.train", *more))
        assert "done:" in results[0][0] and not results[1][0], results  # only the chief reports
    of_weights, of_losses = distances(one_device(system), folder)
    print(f"{system} {strategy}: weights {of_weights:.2g}, losses {of_losses:.2g}")
    assert of_weights < WEIGHTS and of_losses < LOSSES


def kill(processes, victim, line):
    """Kills a worker when the chief prints a line; the error of the other one."""
    for text in processes[0].stdout:
        if text.startswith(line):
            processes[victim].send_signal(signal.SIGKILL)
            break
    else:
        raise AssertionError(processes[0].stderr.read()[-2000:])
    output, errors = processes[1 - victim].communicate(timeout=600)
    processes[victim].communicate()
    return output, errors, processes[1 - victim].returncode


@pytest.mark.large
def test_a_lost_worker_ends_the_run_and_the_same_command_resumes(tmp_path):
    """Bit-exact: both workers add the same two gradients."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"

    def start(folder):
        return start_workers(
            "recipes.train", *arguments("dcgan", folder, "--config.strategy=multiworker")
        )

    results = finish(start(whole))
    assert "done:" in results[0][0], results
    for victim, line in ((1, "step 8/"), (0, "step 13/")):
        processes = start(parts)
        try:
            _, errors, status = kill(processes, victim, line)
        finally:
            finish(processes)
        assert status != 0
        if victim == 1:
            assert errors.startswith("error: Another worker of the cluster has ended"), errors
            assert "the checkpoint of step 5 is kept" in errors and errors.count("\n") == 1
    output, _ = finish(start(parts))[0]
    assert re.search(r"resumed at step 1[05]", output), output
    assert_same_files(whole, parts, "checkpoints/last.h5", "presets/last/model.weights.h5")


@pytest.mark.large
def test_workers_stop_together(tmp_path):
    processes = start_workers(
        "recipes.train", *arguments("dcgan", tmp_path / "run", "--config.strategy=multiworker",
                                    "--config.steps=100000")
    )
    try:
        for text in processes[0].stdout:
            if text.startswith("step 3/"):
                processes[1].send_signal(signal.SIGTERM)  # one worker is asked
                break
        (output, errors), _ = [process.communicate(timeout=300) for process in processes]
    finally:
        finish(processes)
    assert "stopped by another worker at step" in output, errors
    assert [process.returncode for process in processes] == [0, 0]
