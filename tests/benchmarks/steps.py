"""Training steps of all ten systems: time, share of the processor's peak, memory, page faults.

    python -m tests.benchmarks.steps [--systems=attn_gan,pix2pix] [--scale=cpu] [--seconds=20]

Each system runs in two processes of its own, one per precision, in turn. A system takes about
`--seconds` per scale after its start, which is half a minute at a paper's size: the ten at both
scales take about a quarter of an hour. `calculated` is the time by `zoo.training.cost`.
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

from tests.benchmarks import document, machine

DTYPES = {"float32": "float32", "mixed_bfloat16": "bfloat16"}
HEAD = (
    "| system | scale | precision | ms (min / median) | CPU ms | GFLOP | share of peak | "
    "calculated ms | page faults | peak memory, MB |\n|---|---|---|---|---|---|---|---|---|---|\n"
)


def main():
    options = parse()
    rows, choices = [], []
    for scale in options.scale:
        for system in options.systems:
            found = measure(system, scale, options)
            rows += [row(system, scale, dtype, figures) for dtype, figures in found.items()]
            choices.append(choice(system, scale, found))
            print(*rows[-len(found):], choices[-1], sep="\n", flush=True)
    if options.out:
        head = "## Training steps of all systems\n\n" + machine.facts(options.threads, None)
        text = f"{head}\n{HEAD}" + "\n".join(rows) + "\n\n" + "\n".join(choices) + "\n"
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
    """dict of dtype -> figures; the processes of both precisions take steps in turn."""
    command = [sys.executable, "-m", "tests.benchmarks.steps", "child", system, scale]
    with contextlib.ExitStack() as stack:
        children = {}
        for dtype in DTYPES:
            child = stack.enter_context(subprocess.Popen(
                [*command, dtype, str(options.threads)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            ))
            stack.callback(child.kill)
            children[dtype] = child
        facts = {dtype: _answer(child) for dtype, child in children.items()}
        samples = {dtype: {"step": [], "machine": []} for dtype in children}
        start = time.perf_counter()
        while len(samples["float32"]["step"]) < 2 or time.perf_counter() - start < options.seconds:
            for dtype, child in children.items():
                for what in ("machine", "step", "step"):
                    print(what, file=child.stdin, flush=True)
                    samples[dtype][what].append(_answer(child))
        return {dtype: {"cost": facts[dtype], **samples[dtype]} for dtype in children}


def _answer(child):
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"{' '.join(child.args[2:])} ended with status {child.wait()}.")
    return json.loads(line)


def child(system, scale, dtype, threads):
    """Takes a step for each line that comes, and answers with its figures."""
    from zoo.allocator import keep_memory

    keep_memory()
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
    tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    from tests.benchmarks.step_subjects import make
    from zoo.training import cost

    keras.config.set_dtype_policy(dtype)
    model, batch = make(system, scale)
    counted = cost.step_cost(model, batch)
    step = tf.function(model.train_step, autograph=False)
    for _ in range(2):
        _wait(step(batch))
    print(json.dumps(dataclasses.asdict(counted)), flush=True)
    for line in sys.stdin:
        if line.strip() == "machine":
            answer = dataclasses.asdict(cost.measure_machine(DTYPES[dtype], repeats=2))
        else:
            answer = timed(lambda: _wait(step(batch)))
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
