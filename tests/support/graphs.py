"""Operations of a traced graph, and runs without one."""

import contextlib
import warnings

import tensorflow as tf

CONVOLUTIONS = ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")


@contextlib.contextmanager
def eagerly():
    """A block in which every `tf.function` runs as Python, but those of `tf.data`.

    For runs of a few steps that are not about graphs: tracing a tiny system's step takes as long as
    several steps. tests/models/test_every_system.py traces the step of every system. Not for images
    that are read from files: their decoder is a function of itself in a graph.
    """
    tf.config.run_functions_eagerly(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Even though the .*run_functions_eagerly")
            yield
    finally:
        tf.config.run_functions_eagerly(False)


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
