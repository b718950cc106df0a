"""Weight decay, coupled with Adam as in the papers' framework.

PyTorch's `weight_decay` argument (before AdamW) adds the L2 term's derivative to the gradient, so
Adam scales it too; `weight_decay` of Keras' optimizers is decoupled, which is another method.
Checked against HelenMao/MSGAN, whose DCGAN and DRIT train with it.
"""

import tensorflow as tf


def coupled_weight_decay(variables, rate, of_all=False):
    """The `transform` of `System.apply_gradients` from each gradient g of w to g + rate * w.

    Args:
        variables: list of variables, those given to `apply_gradients`: all trained ones, biases and
            batch-norm scales too, as in the official code.
        rate: float. Weight decay; 0 gives None, no transform.
        of_all: bool. Whether the gradients are sums over the replicas, see
            `System.apply_gradients`.

    Returns:
        A function from a list of gradients to a list of gradients, or None.
    """
    if not rate:
        return None

    def transform(gradients):
        replicas = 1 if of_all else tf.distribute.get_strategy().num_replicas_in_sync
        share = rate / replicas  # replicas are summed
        return [
            g + tf.cast(share * tf.convert_to_tensor(v), g.dtype)
            for g, v in zip(gradients, variables, strict=True)
        ]

    return transform
