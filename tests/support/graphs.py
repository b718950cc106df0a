"""Operations of a traced graph, runs without one, and kernels that are kept."""

import contextlib
import warnings

import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.ops import gen_resource_variable_ops

CONVOLUTIONS = ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")


@contextlib.contextmanager
def eagerly():
    """A block in which every `tf.function` runs as Python, but those of `tf.data`.

    For runs of a few steps that are not about graphs: tracing a tiny system's step takes as long as
    several steps. tests/models/test_every_system.py traces the step of every system.
    """
    tf.config.run_functions_eagerly(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Even though the .*run_functions_eagerly")
            yield
    finally:
        tf.config.run_functions_eagerly(False)


def keep_kernels():
    """TensorFlow keeps its kernels: making a model takes a third less time.

    A seed and `clear_session` throw all of them away, for the sake of stateful random operations,
    which nothing here uses. And every variable would have a kernel of its own, because of its name
    in error messages.
    """
    context.pywrap_tfe.TFE_ContextClearCaches = lambda _: None
    original = gen_resource_variable_ops.var_handle_op

    def var_handle_op(*args, debug_name="", **options):
        del debug_name
        return original(*args, **options)

    gen_resource_variable_ops.var_handle_op = var_handle_op


def operations(function):
    """All operations of a concrete function and of the functions that it calls."""
    graph = function.graph
    found = list(graph.get_operations())
    for inner in graph._functions.values():  # of branches and loops
        found += inner.graph.get_operations()
    return found


def convolution_paddings(function):
    """list of the `padding` of each 2D convolution and each of its gradients."""
    return [op.get_attr("padding") for op in operations(function) if op.type in CONVOLUTIONS]
