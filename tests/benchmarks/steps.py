"""Training steps of all ten systems: time, share of the processor's peak, memory, page faults.

    python -m tests.benchmarks.steps [--systems=attn_gan,pix2pix] [--scale=cpu] [--seconds=20]

Each system runs in two processes of its own, one per precision, in turn. A system takes about
`--seconds` per scale after its start, which is half a minute at a paper's size: the ten at both
scales take about a quarter of an hour. `calculated` is the time by `zoo.training.cost`.

If PyTorch is installed, a system with a reference in `tests/benchmarks/torch_reference` is also
compared with that, in two more processes: a step and `generate` of both sides, in turn.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.benchmarks import document, machine, step_peers

DTYPES = {"float32": "float32", "mixed_bfloat16": "bfloat16"}
HEAD = (
    "| system | scale | precision | ms (min / median) | CPU ms | GFLOP | share of peak | "
    "calculated ms | page faults | peak memory, MB |\n|---|---|---|---|---|---|---|---|---|---|\n"
)


def main():
    options = parse()
    rows, choices, peers = [], [], []
    for scale in options.scale:
        for system in options.systems:
            found, theirs = measure(system, scale, options)
            rows += [row(system, scale, dtype, figures) for dtype, figures in found.items()]
            choices.append(choice(system, scale, found))
            peers += step_peers.rows(system, scale, found, theirs)
            print(*rows[-len(found):], choices[-1], sep="\n", flush=True)
            print(*peers[-len(step_peers.WHAT) * len(theirs):] if theirs else (), sep="\n")
    if options.out:
        head = "## Training steps of all systems\n\n" + machine.facts(options.threads, None)
        text = f"{head}\n{HEAD}" + "\n".join(rows) + "\n\n" + "\n".join(choices) + "\n"
        text += step_peers.table(peers)
        document.write_part(options.out, "steps", text)


def parse(arguments=None):
    from tests.benchmarks.step_subjects import RECIPES, SCALES

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--systems", default=",".join(RECIPES), help="names, by commas")
    parser.add_argument("--scale", default=",".join(SCALES), help="cpu, paper or both")
    parser.add_argument("--seconds", type=float, default=20, help="of steps, per system and scale")
    parser.add_argument("--threads", type=int, default=machine.cores())
    parser.add_argument("--out", default="docs/benchmarks.md", help="Markdown file; '' for none")
    parser.add_argument("--quick", action="store_true", help="one small system, no file")
    options = parser.parse_args(arguments)
    if options.quick:
        options.systems, options.scale, options.seconds, options.out = "drit", "cpu", 1, ""
    for name, known in (("systems", RECIPES), ("scale", SCALES)):
        given = getattr(options, name).split(",")
        wrong = [value for value in given if value not in known]
        if wrong:
            parser.error(f"--{name} takes {', '.join(known)}, got {wrong[0]!r}.")
        setattr(options, name, given)
    return options


def measure(system, scale, options):
    """Two dicts of dtype -> figures, the zoo's and PyTorch's; all processes take steps in turn."""
    sides = ("zoo", "torch") if step_peers.has_peer(system, scale) else ("zoo",)
    with contextlib.ExitStack() as stack:
        children = {
            (side, dtype): stack.enter_context(_start(stack, system, scale, dtype, side, options))
            for dtype in DTYPES for side in sides
        }
        facts = {key: _answer(child) for key, child in children.items()}
        kinds = step_peers.WHAT if len(sides) > 1 else ("step",)
        samples = {key: {"machine": [], **{kind: [] for kind in kinds}} for key in children}
        start = time.perf_counter()
        first = samples[next(iter(samples))]["step"]
        while len(first) < 2 or time.perf_counter() - start < options.seconds:
            for dtype in DTYPES:
                for what in ("machine", *kinds * 2):
                    for side in sides if what != "machine" else ("zoo",):
                        child = children[side, dtype]
                        print(what, file=child.stdin, flush=True)
                        samples[side, dtype][what].append(_answer(child))
    found = {key: {"cost": facts[key], **samples[key]} for key in children}
    return tuple(
        {dtype: found[side, dtype] for dtype in DTYPES if (side, dtype) in found}
        for side in ("zoo", "torch")
    )


def _start(stack, system, scale, dtype, side, options):
    """The process of one side and precision, which ends with the stack."""
    command = [sys.executable, "-m", "tests.benchmarks.steps", "child", system, scale, dtype, side]
    child = subprocess.Popen(
        [*command, str(options.threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    )
    stack.callback(child.kill)
    return child


def _answer(child):
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"{' '.join(child.args[2:])} ended with status {child.wait()}.")
    return json.loads(line)


def child(system, scale, dtype, side, threads):
    """Makes a call for each line that comes, such as "step", and answers with its figures."""
    from zoo.allocator import keep_memory

    keep_memory()
    machine.set_threads(int(threads))
    import keras
    import tensorflow as tf

    from tests.benchmarks.step_subjects import conditions, make
    from zoo.training import cost

    keras.config.set_dtype_policy(dtype if side == "zoo" else "float32")
    model, batch = make(system, scale)
    rows = len(tf.nest.flatten(batch)[0])
    inputs = conditions(system, batch) if system != "damsm" else None
    if side == "zoo":
        facts = dataclasses.asdict(cost.step_cost(model, batch))
        step = tf.function(model.train_step, autograph=False)
        calls = {
            "step": lambda: _wait(step(batch)),
            "generate": lambda: model.generate(inputs, batch_size=rows),
        }
    else:
        calls, facts = step_peers.calls(system, model, batch, inputs, dtype)
    for _ in range(2):
        calls["step"]()
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        if line.strip() == "machine":
            answer = dataclasses.asdict(cost.measure_machine(DTYPES[dtype], repeats=2))
        else:
            answer = timed(calls[line.strip()])
        print(json.dumps(answer), flush=True)


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


def _wait(losses):
    assert all(float(value) == float(value) for value in losses.values()), losses  # no NaN


def row(system, scale, dtype, figures):
    """A line of the table."""
    from zoo.training.cost import Cost, Machine

    of = {name: [step[name] for step in figures["step"]] for name in figures["step"][0]}
    speeds = {name: [one[name] for one in figures["machine"]] for name in figures["machine"][0]}
    machine = Machine(
        max(speeds["flops"]), max(speeds["bandwidth"]), min(speeds["overhead"])
    )
    cost = Cost(**figures["cost"])
    best, median = min(of["wall"]), statistics.median(of["wall"])
    return (
        f"| {system} | {scale} | {dtype} | {1e3 * best:.1f} / {1e3 * median:.1f} | "
        f"{1e3 * statistics.median(of['cpu']):.1f} | {cost.flops / 1e9:.2f} | "
        f"{cost.flops / best / machine.flops:.0%} | {1e3 * machine.seconds(cost):.1f} | "
        f"{statistics.median(of['faults']):,.0f} | {max(of['memory']) / 1e3:,.0f} |"
    )


def choice(system, scale, found):
    """Which precision is faster here, by the CPU time of steps taken in turn, as a sentence."""
    pairs = zip(*(found[dtype]["step"] for dtype in DTYPES), strict=True)
    ratio = statistics.median(half["cpu"] / full["cpu"] for full, half in pairs)
    better = "mixed_bfloat16" if ratio < 1 else "float32"
    return f"- {system}, {scale}: {better} (mixed_bfloat16 takes {ratio:.2f} of float32's time)"


if __name__ == "__main__":
    child(*sys.argv[2:]) if sys.argv[1:2] == ["child"] else main()
