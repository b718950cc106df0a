"""A training from its config: the folder, a DAMSM's pre-training where none is given, the run."""

import time
from pathlib import Path

from recipes.factory import (
    build,
    check_image_weights,
    parameter_line,
    pretraining_config,
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
    pretrains = config.get("damsm") == ""
    if config.system == "damsm" or pretrains:
        check_image_weights(pretraining_config(config) if pretrains else config)
    experiment = None
    if not pretrains or not (Path(workdir) / "config.json").exists():
        # A mistake in the settings shows here, before anything is written or pre-trained.
        experiment = build(config, data, strategy, config.get("damsm"))
    folder = RunFolder(workdir, config, writer=is_chief(strategy))
    try:
        for line in data.notes:
            folder.log(line)
        if pretrains:
            del experiment
            if not _pretrain(config, data, folder, strategy):
                return False
            experiment = build(config, data, strategy, _pretrained(folder))
        folder.log("parameters: " + parameter_line(experiment.model))
        return Trainer(experiment, config, folder, strategy).run()
    finally:
        folder.close()


def _pretrain(config, data, folder, strategy):
    part = pretraining_config(config)
    inner = RunFolder(folder.path / "damsm", part, writer=folder.writer)
    try:
        if _has_preset(inner, part.steps):
            return True
        inner.log("pre-training a DAMSM (--config.damsm=PRESET would use a trained one)")
        done = Trainer(build(part, data, strategy), part, inner, strategy).run()
        if done:
            _wait_for_preset(inner, part.steps)
        return done
    finally:
        inner.close()


def _has_preset(folder, step):
    return ((folder.read_json("presets.json") or {}).get("last") or {}).get("step") == step


def _wait_for_preset(folder, step, seconds=600):
    """Other workers of a cluster wait until the chief has written the last preset."""
    end = time.monotonic() + seconds
    while not _has_preset(folder, step):
        if time.monotonic() > end:
            raise ZooError(
                f"The chief worker wrote no preset to {folder.path}: all workers of a cluster "
                "need the same --workdir on a shared disk."
            )
        time.sleep(0.2)


def _pretrained(folder):
    presets = folder.path / "damsm" / "presets"
    return str(presets / ("best" if (presets / "best").exists() else "last"))
