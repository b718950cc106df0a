"""Program: normalizes `FOLDER/x.npy` on two replicas and writes `FOLDER/results.npz`."""

import pathlib
import sys

import numpy as np
import tensorflow as tf

from zoo.layers.batch_normalization import BatchNormalization


def main(folder, synchronized):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    x = np.load(folder / "x.npy")
    with strategy.scope():
        layer = BatchNormalization(synchronized=synchronized)
        layer.build((None, *x.shape[1:]))
    data = tf.data.Dataset.from_tensor_slices(x).batch(len(x))
    batch = next(iter(strategy.experimental_distribute_dataset(data)))
    run = tf.function(lambda b: strategy.run(lambda v: layer(v, training=True), (b,)))

    def copies(value):
        return [v.numpy() for v in strategy.experimental_local_results(value)]

    np.savez(
        folder / "results.npz",
        y=np.concatenate(copies(run(batch))),
        moving_mean=copies(layer.moving_mean.value),
        moving_variance=copies(layer.moving_variance.value),
    )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), bool(int(sys.argv[2])))
