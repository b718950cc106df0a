"""A system's part in training on several replicas: what they share, and joint gradients."""

import tensorflow as tf

from zoo.errors import check_choice
from zoo.models.base import replicas


class OnReplicas:
    """Base class of `System`: optimizer steps whose gradients are those of all replicas."""

    statistics = negatives = "replica"  # of each replica, or "global", see `share`

    @property
    def replicas(self):
        """int. Number of replicas of the current strategy."""
        return tf.distribute.get_strategy().num_replicas_in_sync

    @property
    def averaging(self):
        """The function that takes the mean of a statistic over the replicas, if they share it."""
        return replicas.mean if self.statistics == "global" else None

    def share(self, statistics=None, negatives=None):
        """Sets what the replicas of a strategy have in common; on one device it has no effect.

        With both "global", a step on several replicas is that of one device on the whole batch.
        Call it before the first step; `build_for_training` must have been called.

        Args:
            statistics: "replica" or "global". Batch statistics of each replica, or of all: of batch
                normalization, and the distances of mode seeking. None leaves them as they are.
            negatives: "replica" or "global". Whether a loss contrasts and mismatches the pairs of
                each replica, or those of all. None leaves it as it is.
        """
        if statistics is not None:
            self.statistics = check_choice("`statistics`", statistics, replicas.SHARES)
        if negatives is not None:
            self.negatives = check_choice("`negatives`", negatives, replicas.SHARES)
        for network in self.networks.values() if statistics == "global" else ():
            for layer in network._flatten_layers():
                if hasattr(layer, "synchronized"):
                    layer.synchronized = True

    def apply_gradients(self, name, tape, loss, variables, transform=None, of_all=False):
        """One step of the optimizer `name` on `loss`, which is recorded on `tape`.

        The loss is divided by the number of replicas, because Keras optimizers sum their gradients.

        Args:
            transform: function of the list of gradients, such as a clip.
            of_all: bool. Whether `transform` takes the gradients summed over the replicas, as a
                clip by their norm must; otherwise those of this replica, which are then summed.
        """
        transform_of = (lambda _: transform) if transform else None
        self.apply_joint_gradients(tape, loss, {name: variables}, transform_of, of_all)

    def apply_joint_gradients(self, tape, loss, variables, transform_of=None, of_all=False):
        """One step of several optimizers on the same loss, whose gradient is computed once.

        Args:
            variables: dict of optimizer name -> trained variables. An optimizer without any, whose
                networks are frozen, does nothing.
            transform_of: function of an optimizer's variables that returns a function of their
                gradients, or None.
            of_all: bool, see `apply_gradients`.
        """
        variables = {name: members for name, members in variables.items() if members}
        if not variables:
            return
        lead = getattr(self, next(iter(variables)))
        with tape:
            scaled = lead.scale_loss(loss / self.replicas)
        # dense: the norm of a sparse embedding gradient would not sum a repeated word's rows
        gradients = tf.nest.map_structure(
            tf.convert_to_tensor, tape.gradient(scaled, list(variables.values()))
        )
        scales = hasattr(lead, "dynamic_scale")
        for (name, members), own in zip(variables.items(), gradients, strict=True):
            optimizer = getattr(self, name)
            transform = transform_of(members) if transform_of else None
            if transform is not None or optimizer is not lead:
                # with mixed_float16 each optimizer scales its losses
                own = [g / lead.dynamic_scale for g in own] if scales else own
                if transform is not None:
                    own = self._transformed(own, transform, of_all)
                own = [g * optimizer.dynamic_scale for g in own] if scales else own
            optimizer.apply_gradients(zip(own, members, strict=True))

    @staticmethod
    def _transformed(gradients, transform, of_all):
        if not of_all or replicas.count() == 1:
            return transform(gradients)
        return [g / replicas.count() for g in transform(replicas.total(gradients))]
