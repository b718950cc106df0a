"""All systems: training step and `generate`, compared with PyTorch; what mode seeking costs.

    python -m tests.benchmarks.steps [--systems=attn_gan,pix2pix] [--scale=cpu] [--seconds=20]

Each side of a comparison is a process of its own, and their calls take turns for about `--seconds`
per system and scale, after a start of a minute: all systems at the size of their CPU recipes take a
quarter of an hour on two cores, and at the papers' sizes three quarters (DRIT ten minutes of them).
The page is written after each system; rows of other systems and scales stay on it, unless they are
of another machine or other versions, which a line says first. Without PyTorch, one of the versions,
its columns are left out.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.benchmarks import machine, step_peers, step_tables
from tests.benchmarks.step_process import DTYPES
from tests.benchmarks.timing import OtherLoad

ROUNDS = 2  # at least, in which each side makes each of its calls once
MACHINE_ROUNDS = 3  # the first ones, in which the machine's speeds are measured too


def main():
    options = parse()
    machine.make_room()
    load, failed = OtherLoad(), False
    if options.out and (note := step_tables.drops(options.out, machine.facts(options.threads, 0))):
        print(note, file=sys.stderr, flush=True)
    for scale in options.scale:
        for system in options.systems:
            start = time.perf_counter()
            try:
                found = measure(system, scale, options)
            except RuntimeError as error:
                failed = True
                print(f"{system}, {scale}: {error}", file=sys.stderr, flush=True)
                continue
            rows = step_tables.rows(system, scale, found)
            print(f"{system}, {scale}: {step_tables.faster(found)} takes less time of processors "
                  f"here; measured in {time.perf_counter() - start:.0f} s", flush=True)
            print(*(line for lines in rows.values() for line in lines), sep="\n", flush=True)
            if options.out:
                facts = machine.facts(options.threads, load.share())
                step_tables.write(options.out, facts, system, scale, rows)
    sys.exit(failed)


def parse(arguments=None):
    from tests.benchmarks.step_subjects import RECIPES, SCALES

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--systems", default=",".join(RECIPES), help="names, by commas")
    parser.add_argument("--scale", default=",".join(SCALES), help="cpu, paper or both")
    parser.add_argument("--seconds", type=float, default=20, help="of calls, per system and scale")
    parser.add_argument("--threads", type=int, default=machine.cores())
    parser.add_argument("--out", default="docs/benchmarks.md", help="Markdown file; '' for none")
    parser.add_argument("--quick", action="store_true", help="one small system, no file")
    options = parser.parse_args(arguments)
    if options.quick:
        options.systems, options.scale, options.seconds, options.out = "dcgan", "cpu", 1, ""
    for name, known in (("systems", RECIPES), ("scale", SCALES)):
        given = getattr(options, name).split(",")
        wrong = [value for value in given if value not in known]
        if wrong:
            parser.error(f"--{name} takes {', '.join(known)}, got {wrong[0]!r}.")
        setattr(options, name, given)
    return options


def sides(system, scale):
    """The sides that are compared, see `step_process.SIDES`."""
    seeking = ("seeking",) if system != "damsm" and scale == "cpu" else ()
    peers = ("torch", "torch_kept") if step_peers.has_peer(system) else ()
    return (*DTYPES, *seeking, *peers)


def measure(system, scale, options):
    """dict of side -> dict of `facts`, and of each of its calls a list of figures."""
    with contextlib.ExitStack() as stack:
        children = {
            side: _start(stack, system, scale, side, options) for side in sides(system, scale)
        }
        facts = {side: _answer(child) for side, child in children.items()}
        samples = take_turns(children, facts, options.seconds)
    return {side: {"facts": facts[side], **samples[side]} for side in children}


def take_turns(children, facts, seconds, ask=None):
    """dict of side -> dict of call -> list of figures, all lists of a call equally long.

    Every second round is in the opposite order.
    """
    ask = ask or _ask
    samples = {side: {what: [] for what in facts[side]["calls"]} for side in children}
    start, done = time.perf_counter(), 0
    while done < ROUNDS or time.perf_counter() - start < seconds:
        order = list(children)[:: -1 if done % 2 else 1]
        for what in ("machine", "step", "generate"):
            for side in order:
                if what in samples[side] and (what != "machine" or done < MACHINE_ROUNDS):
                    samples[side][what].append(ask(children[side], what))
        done += 1
    return samples


def _start(stack, system, scale, side, options):
    """The process of one side, which ends with the stack."""
    command = [sys.executable, "-m", "tests.benchmarks.step_process", system, scale, side]
    child = subprocess.Popen(
        [*command, str(options.threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    )
    stack.callback(child.wait)  # its processor time is then known as this program's
    stack.callback(child.kill)
    return child


def _ask(child, what):
    print(what, file=child.stdin, flush=True)
    return _answer(child)


def _answer(child):
    line = child.stdout.readline()
    if not line:
        status = child.wait()
        hint = ": killed, most likely for want of memory" if status == -signal.SIGKILL else ""
        raise RuntimeError(f"{' '.join(child.args[2:])} ended with status {status}{hint}.")
    return json.loads(line)


if __name__ == "__main__":
    main()
