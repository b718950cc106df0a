"""One side of `steps` as a process: makes a call for each line that comes, and answers in JSON.

    python -m tests.benchmarks.step_process SYSTEM SCALE SIDE THREADS
"""

import dataclasses
import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.benchmarks import machine

# side -> dtype policy of the zoo's model; a peer's weights are those of a model in float32
SIDES = {
    "float32": "float32", "mixed_bfloat16": "mixed_bfloat16", "seeking": "float32",
    "torch": "float32", "torch_kept": "float32",
}
DTYPES = {"float32": "float32", "mixed_bfloat16": "bfloat16"}  # of the sides with all calls


def main(system, scale, side, threads):
    """First answers with facts, of which `calls` names the lines that it then takes."""
    from zoo.allocator import keep_memory

    if side != "torch":  # which is as anyone starts it
        keep_memory()
    machine.set_threads(int(threads))
    import keras

    keras.config.set_dtype_policy(SIDES[side])
    make = _peer if side.startswith("torch") else _zoo
    calls, facts = make(system, scale, side)
    print(json.dumps({"calls": list(calls), **facts}), flush=True)
    for line in sys.stdin:
        what = line.strip()
        print(json.dumps(calls[what]() if what == "machine" else timed(calls[what])), flush=True)


def _zoo(system, scale, side):
    """(dict of line -> function, facts) of the zoo's model."""
    import tensorflow as tf

    from tests.benchmarks.step_subjects import batch_size, conditions, make
    from zoo.training import cost

    model, batch = make(system, scale, seeking=side == "seeking")
    rows = batch_size(batch)
    step = tf.function(model.train_step, autograph=False)
    calls, costs, memory = {}, {}, 0
    if side in DTYPES:
        calls["machine"] = lambda: dataclasses.asdict(
            cost.measure_machine(DTYPES[side], repeats=2)
        )
    if side in DTYPES and system != "damsm":
        inputs = conditions(system, batch)
        calls["generate"] = lambda: model.generate(inputs, batch_size=rows)
        memory = _warm(calls["generate"])
        costs["generate"] = dataclasses.asdict(_cost_of_generate(model, rows))
    calls["step"] = lambda: _check(step(batch))
    _warm(calls["step"])
    costs["step"] = dataclasses.asdict(cost.graph_cost(step.get_concrete_function(batch)))
    return calls, {"batch": rows, "costs": costs, "memory": memory}


def _peer(system, scale, side):
    """The same of the reference in PyTorch, which has the weights of the zoo's model."""
    from tests.benchmarks import step_peers
    from tests.benchmarks.step_subjects import batch_size, conditions, make

    model, batch = make(system, scale)
    calls, layout = step_peers.calls(system, model, batch, conditions(system, batch))
    _warm(calls["generate"])  # the choice of the layout was the warm-up of steps
    return calls, {"batch": batch_size(batch), "layout": layout}


def _warm(call):
    """Two calls; returns the process's most memory so far in kB."""
    for _ in range(2):
        call()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _cost_of_generate(model, rows):
    """The `Cost` of the graph that generates a batch."""
    import tensorflow as tf

    from zoo.training import cost

    specs = {
        name: tf.TensorSpec([rows, *spec.shape[1:]], spec.dtype)
        for name, spec in model.input_signature.items()
    }
    function = tf.function(model.sample_batch, autograph=False)
    return cost.graph_cost(function.get_concrete_function(specs))


def timed(function):
    """Figures of a call: seconds of the clock and of the processor, page faults, and the most
    memory so far in kB."""
    before, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    function()
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": wall, "faults": after.ru_minflt - before.ru_minflt, "memory": after.ru_maxrss,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }


def _check(losses):
    assert all(float(value) == float(value) for value in losses.values()), losses  # no NaN


if __name__ == "__main__":
    main(*sys.argv[1:])
