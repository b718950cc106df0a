"""A training from its config: the folder, a DAMSM's pre-training where none is given, the run."""

import time
from pathlib import Path

from recipes.factory import (
    build,
    check_image_weights,
    parameter_line,
    pretraining_config,
    pretrains,
    resolve,
)
from recipes.run_folder import RunFolder, check_owner
from recipes.sources import Data
from recipes.trainer import Trainer, is_chief
from zoo.errors import ZooError


def train(config, workdir, strategy):
    """Train a config in a folder; returns True when the run is complete, False when stopped."""
    data = Data(config)
    config = resolve(config, data)
    check_owner(workdir, config)
    check_weights(config)
    experiment = None
    if not pretrains(config) or not (Path(workdir) / "config.json").exists():
        # A mistake in the settings shows here, before anything is written or pre-trained.
        experiment = build(config, data, strategy, config.get("damsm"))
    folder = RunFolder(workdir, config, writer=is_chief(strategy))
    try:
        for line in data.notes:
            folder.log(line)
        if pretrains(config):
            del experiment
            damsm = pretrain(config, data, folder, strategy)
            if damsm is None:
                return False
            experiment = build(config, data, strategy, damsm)
        folder.log("parameters: " + parameter_line(experiment.model))
        return Trainer(experiment, config, folder, strategy).run()
    finally:
        folder.close()


def check_weights(config):
    """Raises `ZooError` where a DAMSM would be trained without the weights that it needs."""
    if pretrains(config):
        check_image_weights(pretraining_config(config))
    elif config.system == "damsm":
        check_image_weights(config)


def pretrain(config, data, folder, strategy):
    """Trains the DAMSM of a config in `damsm` of a `RunFolder`, unless that was done before.

    Returns:
        str, its preset, the best one where there is a score; None when a signal stopped it.
    """
    part = pretraining_config(config)
    inner = RunFolder(folder.path / "damsm", part, writer=folder.writer)
    try:
        if not is_done(inner, part.steps):
            inner.log("pre-training a DAMSM (--config.damsm=PRESET would use a trained one)")
            if not Trainer(build(part, data, strategy), part, inner, strategy).run():
                return None
            _wait_for_preset(inner, part.steps)
    finally:
        inner.close()
    return str(inner.preset("best" if inner.preset("best").exists() else "last"))


def is_done(folder, steps):
    """Whether a `RunFolder` has the preset of its last step, the last thing that a run writes."""
    return ((folder.read_json("presets.json") or {}).get("last") or {}).get("step") == steps


def _wait_for_preset(folder, step, seconds=600):
    """Other workers of a cluster wait until the chief has written the last preset."""
    end = time.monotonic() + seconds
    while not is_done(folder, step):
        if time.monotonic() > end:
            raise ZooError(
                f"The chief worker wrote no preset to {folder.path}: all workers of a cluster "
                "need the same --workdir on a shared disk."
            )
        time.sleep(0.2)
