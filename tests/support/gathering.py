"""A worker of a cluster that gathers an input of its step and prints all workers' rows.

    TF_CONFIG=... python -m tests.support.gathering
"""

import tensorflow as tf

from zoo.models.base import replicas


def main():
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    data = tf.data.Dataset.range(4).batch(4)  # each of two workers gets two rows
    rows = next(iter(strategy.experimental_distribute_dataset(data)))

    @tf.function
    def step(rows):
        return strategy.run(lambda x: (replicas.gather(x), replicas.gather(x > 1)), (rows,))

    numbers, large = step(rows)
    print(numbers.numpy().tolist(), large.numpy().tolist())


if __name__ == "__main__":
    main()
