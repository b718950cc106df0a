"""Trains the tiny system on several replicas.

    python -m tests.training.replicated STRATEGY DIR:STEPS [DIR:STEPS ...]

Runs in the same folder resume. "mirrored" splits the CPU in two logical devices; "multiworker"
takes its cluster from TF_CONFIG.
"""

import sys

import numpy as np
import tensorflow as tf

from tests.training.fakes import TinySystem, config, experiment
from zoo.training.cluster import is_chief, make_strategy
from zoo.training.run_folder import RunFolder
from zoo.training.trainer import Trainer


def main(name, *runs):
    if name == "mirrored":
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, parts)
    strategy = make_strategy(name)
    print("replicas", strategy.num_replicas_in_sync, "chief", is_chief(strategy))
    for run in runs:
        directory, steps = run.rsplit(":", 1)
        with strategy.scope():
            model = TinySystem()
        settings = config(steps=int(steps), strategy=name)
        folder = RunFolder(directory, settings, writer=is_chief(strategy), quiet=True)
        assert Trainer(experiment(model), settings, folder, strategy).run()
        folder.close()
        print("w", *np.asarray(model.w).tolist())


if __name__ == "__main__":
    main(*sys.argv[1:])
