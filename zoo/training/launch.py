"""A training from its config: the folder, the pre-training of what is not given, the run."""

import time
from pathlib import Path

from zoo.errors import ZooError
from zoo.training.configs import as_begun
from zoo.training.data import open_data
from zoo.training.experiment import build, parameter_line, resolve
from zoo.training.hardware import precision_note
from zoo.training.pretraining import GROUPS, check_weights, pretraining_config, pretrains
from zoo.training.run_data import card_facts, check_folder, meaning_of, record
from zoo.training.run_folder import RunFolder, check_owner
from zoo.training.trainer import Trainer, is_chief


def train(config, workdir, strategy):
    """Train a config in a folder; returns True when the run is complete, False when stopped."""
    config = as_begun(config, workdir)
    data = open_data(config)
    config = resolve(config, data)
    check_owner(workdir, config)
    check_folder(workdir, data)
    check_weights(config)
    experiment = None
    if not pretrains(config) or not (Path(workdir) / "config.json").exists():
        # A mistake in the settings shows here, before anything is written or pre-trained.
        experiment = build(config, data, strategy, config.get("damsm"), config.get("stream"))
    folder = RunFolder(workdir, config, writer=is_chief(strategy))
    try:
        for line in (*data.notes, precision_note(config.dtype)):
            if line:
                folder.log(line)
        record(folder, data)
        presets = {name: config[name] for name in GROUPS if name in config}
        if pretrains(config):
            del experiment
            presets = pretrain_all(config, data, folder, strategy)
            if presets is None:
                return False
            experiment = build(config, data, strategy, **presets)
        _with_data(experiment, config, data, presets)
        folder.log(data.describe(experiment.model))
        folder.log("parameters: " + parameter_line(experiment.model))
        return Trainer(experiment, config, folder, strategy).run()
    finally:
        folder.close()


def _with_data(experiment, config, data, presets):
    """Tells an experiment what its presets and checkpoints say of the data."""
    experiment.metadata["training_data"] = card_facts(data)
    experiment.meaning = meaning_of(experiment.model, config, data, presets)


def pretrain_all(config, data, folder, strategy):
    """Trains what a config's system stands on and is not given, one after the other.

    Returns:
        dict of "damsm" and "stream", if the config has them: the preset of each, "" if it is not
        needed; None when a signal stopped it.
    """
    presets = {name: config[name] for name in GROUPS if name in config}
    for name in pretrains(config):
        presets[name] = pretrain(config, name, data, folder, strategy, presets["damsm"])
        if presets[name] is None:
            return None
    return presets


def pretrain(config, name, data, folder, strategy, damsm=None):
    """Trains the DAMSM or STREAM of a config in a folder of a `RunFolder`, unless that was done.

    Returns:
        str, its preset, the best one where there is a score; None when a signal stopped it.
    """
    part = pretraining_config(config, name)
    check_folder(folder.path / name, data)
    inner = RunFolder(folder.path / name, part, writer=folder.writer)
    try:
        record(inner, data, rows=False)
        if not is_done(inner, part.steps):
            inner.log(
                f"pre-training a {name.upper()} (--config.{name}=PRESET would use a trained one)"
            )
            experiment = build(part, data, strategy, damsm)
            _with_data(experiment, part, data, {"damsm": damsm} if name == "stream" else {})
            inner.log(data.describe(experiment.model))
            if not Trainer(experiment, part, inner, strategy).run():
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
