"""The machine that a benchmark runs on: libraries, threads, and what else runs at the same time."""

import argparse
import datetime
import importlib.metadata
import importlib.util
import os
import platform
import time

from tests.benchmarks.timing import OtherLoad
from zoo.training.hardware import processor_name

BUSY = 0.2  # share of the processors taken by others from which PyTorch's threads must not spin
QUIET = 0.05  # share of the processors that others may take without a warning
LIBRARIES = ("tensorflow", "keras", "torch", "numpy")


def installed(name):
    """Whether a module could be imported."""
    return importlib.util.find_spec(name) is not None


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def options(description, rounds, seconds):
    """The flags that all benchmarks share; `rounds` and `seconds` are their defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, two rounds, no file")
    parser.add_argument("--out", help="Markdown file (default: docs/benchmarks.md; --quick: none)")
    parser.add_argument("--rounds", type=int, default=rounds, help="visits of each side")
    parser.add_argument(
        "--seconds", type=float, default=seconds, help="about the time for all rounds"
    )
    parser.add_argument("--threads", type=int, default=cores(), help="for each library")
    found = parser.parse_args()
    if found.rounds < 1 or found.threads < 1:
        parser.error("--rounds and --threads must be 1 or more.")
    if found.out is None:
        found.out = "" if found.quick else "docs/benchmarks.md"
    return found


def make_room():
    """On a busy machine, lets PyTorch's threads sleep when they wait for each other.

    They spin by default, which is fastest on a quiet machine, and can be more than ten times
    slower than sleeping when another process wants the same processor. Call it before the import.
    """
    load = OtherLoad()
    time.sleep(2)
    if (load.share() or 0) > BUSY and "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        print("The machine is busy: the figures will not be reliable (OMP_WAIT_POLICY=passive).")


def set_threads(count):
    """The same number of threads for both libraries. Call it before TensorFlow is imported."""
    if installed("triton"):  # PyTorch imports it when it likes, and after TensorFlow it crashes
        import triton  # noqa: F401
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)
    if installed("torch"):
        import torch

        torch.set_num_threads(count)


def versions(names):
    """`Python 3.x, tensorflow 2.x, ...`, of those that are installed."""
    found = [f"Python {platform.python_version()}"]
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def facts(threads, others, names=LIBRARIES):
    """The text above the figures, as Markdown.

    Args:
        others: the share of the processors that other processes took, or None if not known.
        names: packages whose versions are named.
    """
    if others is None:
        load = "not known"
    else:
        load = f"{100 * others:.0f} % of the processors during the measurement"
        if others > QUIET:
            load += "; **the machine was busy, so the figures are not reliable**"
    if "OMP_WAIT_POLICY" in os.environ:
        load += f"; OMP_WAIT_POLICY={os.environ['OMP_WAIT_POLICY']} for PyTorch"
    return "\n".join([
        f"- Date: {datetime.date.today().isoformat()}",
        f"- Machine: {processor_name()}, {cores()} cores; {threads} threads for each library",
        f"- Versions: {versions(names)}",
        f"- Other processes: {load}",
    ]) + "\n"
