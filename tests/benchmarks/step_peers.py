"""The zoo's systems next to their references in PyTorch: calls, ratios, and their table."""

import statistics
import time

from tests.benchmarks import machine

WHAT = ("step", "generate")
NAMES = {"step": "training step", "generate": "generate"}
# Systems whose reference has the networks of the CPU recipe only (no Inception-v3).
CPU_ONLY = ("dm_gan", "mirror_gan")
HEAD = """
### Compared with PyTorch

Eager PyTorch with the same weights, losses and order of updates
(`tests/benchmarks/torch_reference`, whose tests compare every number in float64), the fused Adam,
and the faster of both memory formats. Each side is a process of its own; the calls alternate.
Ratios are time of the zoo / time of PyTorch, medians over neighboring calls with the quartiles in
parentheses; below 1 the zoo is faster.

| system | scale | precision | what | zoo, ms | PyTorch, ms | wall ratio | CPU ratio |
|---|---|---|---|---|---|---|---|
"""


def has_peer(system, scale):
    """Whether a system can be compared on this machine."""
    if not machine.installed("torch") or (system in CPU_ONLY and scale != "cpu"):
        return False
    from tests.benchmarks.torch_reference.references import NAMES as references

    return system in references


def calls(system, model, batch, conditions, dtype):
    """(dict of what -> function, facts) of a reference with a model's weights.

    The memory format with the faster step is used; the facts name it.
    """
    import numpy as np
    import tensorflow as tf

    from tests.benchmarks.torch_reference import references

    arrays = tf.nest.map_structure(np.array, batch)
    best = None
    for channels_last in (False, True):
        peer = references.make(
            system, model, bfloat16=dtype == "mixed_bfloat16", channels_last=channels_last
        )
        tensors = peer.prepare(arrays)
        peer.train_step(tensors)
        start = time.perf_counter()
        peer.train_step(tensors)
        seconds = time.perf_counter() - start
        if best is None or seconds < best[0]:
            best = seconds, peer, tensors, "channels_last" if channels_last else "NCHW"
    _, peer, tensors, layout = best
    return {
        "step": lambda: peer.train_step(tensors),
        "generate": lambda: peer.generate(conditions),
    }, {"layout": layout}


def rows(system, scale, ours, theirs):
    """Lines of the table, for each precision and each of `WHAT`; none without a peer.

    Args:
        ours, theirs: dicts of precision -> figures, see `steps.measure`.
    """
    lines = []
    for dtype, peer in theirs.items():
        for what in WHAT:
            pairs = list(zip(ours[dtype][what], peer[what], strict=True))
            times = [1e3 * statistics.median(side[i]["wall"] for side in pairs) for i in (0, 1)]
            wall, cpu = (spread([a[kind] / max(b[kind], 1e-9) for a, b in pairs])
                         for kind in ("wall", "cpu"))
            lines.append(
                f"| {system} | {scale} | {dtype} | {NAMES[what]} | {times[0]:.1f} | "
                f"{times[1]:.1f} ({peer['cost']['layout']}) | {wall} | {cpu} |"
            )
    return lines


def spread(values):
    """"median (lower quartile - upper quartile)"."""
    middle = statistics.median(values)
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else [middle] * 3
    return f"{middle:.2f} ({low:.2f} - {high:.2f})"


def table(lines):
    """The part of the document with these lines, "" without any."""
    return HEAD + "\n".join(lines) + "\n" if lines else ""
