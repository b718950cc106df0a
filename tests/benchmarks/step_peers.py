"""The zoo's systems next to their references in PyTorch: which have one, and its calls."""

import time

from tests.benchmarks import machine


def has_peer(system):
    """Whether a system can be compared on this machine."""
    if not machine.installed("torch"):
        return False
    from tests.benchmarks.torch_reference.references import NAMES as references

    return system in references


def calls(system, model, batch, conditions):
    """(dict of call -> function, memory format) of a reference in float32 with a model's weights.

    The calls are `step` and `generate`, or the latter alone where the reference lacks a network
    that only training needs. The memory format is the one in which the first of them is faster.
    """
    import numpy as np
    import tensorflow as tf

    from tests.benchmarks.torch_reference import references

    arrays = tf.nest.map_structure(np.array, batch)
    best = None
    for channels_last in (False, True):
        peer = references.make(system, model, channels_last=channels_last)
        peer.forget()
        found = _calls(peer, arrays, conditions)
        first = next(iter(found.values()))
        first()
        start = time.perf_counter()
        first()
        seconds = time.perf_counter() - start
        if best is None or seconds < best[0]:
            best = seconds, found, "channels_last" if channels_last else "NCHW"
    return best[1:]


def _calls(peer, arrays, conditions):
    generate = {"generate": lambda: peer.generate(conditions)}
    if not peer.trains:
        return generate
    tensors = peer.prepare(arrays)
    return {"step": lambda: peer.train_step(tensors), **generate}
