"""The exponential moving average (EMA) of a generator's weights."""

import tensorflow as tf


class ExponentialMovingAverage:
    """A second network whose weights are the EMA of a trained one's; without it, all methods are
    no-ops.

    Args:
        network: function () -> the trained network, which may be created at the first call.
        average: the network of the averages, with the same architecture, or None.
        decay: float or None. average <- decay * average + (1 - decay) * network.
        statistics: "average" averages weights that are not trained (batch statistics) too;
            "current" copies them.
        iteration: the variable n that counts finished iterations: the decay is then
            min(decay, (1 + n) / (10 + n)); None: always `decay`.
    """

    def __init__(self, network, average, decay, statistics, iteration=None):
        self._network, self.average = network, average
        self.decay, self.statistics, self.iteration = decay, statistics, iteration

    def reset(self):
        """Copies the network into the average."""
        if self.average is not None:
            copy_weights(self._network(), self.average)

    def restore(self):
        """Copies the average into the network: a preset stores the average only."""
        if self.average is not None:
            copy_weights(self.average, self._network())

    def _share_of_new(self):
        """1 - decay: the weight of the network in an update."""
        if self.iteration is None:
            return 1 - self.decay
        n = tf.cast(self.iteration, tf.float64)
        return 1 - tf.minimum(tf.constant(self.decay, tf.float64), (1 + n) / (10 + n))

    def update(self):
        """Updates the average, over all weights; part of a training step."""
        if self.average is None:
            return
        network = self._network()
        trained = {id(v) for v in network.trainable_variables}
        pairs = list(zip(self.average.variables, network.variables, strict=True))
        share = self._share_of_new()

        def follow(average, value, copied):
            if copied:
                average.assign(value)
            else:
                average.assign_sub((average - value) * tf.cast(share, average.dtype))

        def update(strategy):
            for average, variable in pairs:
                copied = self.statistics == "current" and id(variable) not in trained
                strategy.extended.update(average.value, follow, args=(variable.value, copied))

        context = tf.distribute.get_replica_context()
        if context is None or context.num_replicas_in_sync == 1:
            update(tf.distribute.get_strategy())
        else:
            context.merge_call(update)


def copy_weights(source, target):
    """Copies the weights of `source` into `target`, a network of the same architecture."""
    for variable, value in zip(target.variables, source.variables, strict=True):
        variable.assign(value)
