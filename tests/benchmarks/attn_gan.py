"""Images per second of AttnGAN's training iteration, of `generate` and of the data pipeline.

    python -m tests.benchmarks.attn_gan [--quick] [--out=docs/benchmarks.md]

Beside it runs the same model in eager PyTorch, if that is installed, in turn and with as many
threads.
"""

import argparse
import importlib.util
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.benchmarks import report
from tests.benchmarks.timing import OtherLoad, interleave

DTYPES = ("float32", "mixed_bfloat16")
LAYOUTS = {False: "NCHW", True: "channels_last"}
CALLS = 2  # timed calls a visit
KINDS = ("training iteration", "generate")
BUSY = 0.2  # share of the processors taken by others from which PyTorch's threads must not spin


def main():
    options = parse()
    sys.stdout.reconfigure(line_buffering=True)
    make_room()
    set_threads(options.threads)
    from tests.benchmarks import pipelines, settings

    sizes = settings.quick() if options.quick else settings.emoji()
    rounds = 2 if options.quick else options.rounds
    load = OtherLoad()
    rows = measure_models(sizes, rounds, options.seconds / 4)
    batch = sizes.batch_size
    fastest = max(batch / row[2].median for row in rows if row[0] == KINDS[0])
    print("data pipelines ...")
    data = pipelines.measure(sizes, *((32, 4, 1) if options.quick else ()))
    text = "".join([
        report.head(sizes, options.threads, load.share()),
        report.model_table(rows, batch),
        report.data_table(data, batch, fastest), report.method(batch, CALLS, rounds),
    ])
    print("\n" + text.split("\n## How")[0])
    if options.out:
        from zoo.storage import write_bytes_atomically

        write_bytes_atomically(options.out, text.encode())
        print(f"written to {options.out}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, two rounds, no file")
    parser.add_argument("--out", help="Markdown file (default: docs/benchmarks.md; --quick: none)")
    parser.add_argument("--rounds", type=int, default=12, help="visits of each side")
    parser.add_argument("--seconds", type=float, default=160, help="about the time for all rounds")
    parser.add_argument("--threads", type=int, default=report.cores(), help="for each library")
    options = parser.parse_args()
    if options.rounds < 1 or options.threads < 1:
        parser.error("--rounds and --threads must be 1 or more.")
    if options.out is None:
        options.out = "" if options.quick else "docs/benchmarks.md"
    return options


def has_torch():
    return importlib.util.find_spec("torch") is not None


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
    """The same number of threads for both libraries."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)
    if has_torch():
        import torch

        torch.set_num_threads(count)


def measure_models(sizes, rounds, budget):
    """Rows for `report.model_table`; `budget`: seconds for the rounds of one row."""
    from tests.benchmarks import settings

    batch = settings.make_batch(sizes)
    if not has_torch():
        print("PyTorch is not installed: the comparison is left out (pip install -e .[benchmark]).")
    rows = []
    for dtype in DTYPES:
        for row in measure_dtype(sizes, batch, dtype, rounds, budget):
            rows.append(row)
            print(line(*row))
    return sorted(rows, key=lambda row: KINDS.index(row[0]))


def measure_dtype(sizes, batch, dtype, rounds, budget):
    from tests.benchmarks import subjects

    zoo = subjects.make_zoo(sizes, batch, dtype)
    layouts = {}
    if has_torch():
        layouts = {
            name: subjects.make_torch(sizes, batch, dtype, flag) for flag, name in LAYOUTS.items()
        }
        check_counts(zoo[-1], next(iter(layouts.values()))[-1])
    for i, what in enumerate(KINDS):
        theirs, layout = {}, ""
        if layouts:
            layout = faster({name: made[i] for name, made in layouts.items()})
            theirs = {"torch": layouts[layout][i]}
        times = interleave(
            {"zoo": zoo[i], **theirs}, rounds, calls=CALLS, budget=budget
        )
        yield what, dtype, times["zoo"], times.get("torch"), layout


def check_counts(ours, theirs):
    """Stops unless each network has as many weights on both sides."""
    if ours != theirs:
        raise AssertionError(f"The PyTorch networks differ: {theirs}, the zoo's: {ours}.")
    total = ", ".join(f"{name} {count:,}" for name, count in ours.items())
    print(f"weights, the same on both sides: {total}")


def faster(functions):
    """The name of the faster function, by a short trial."""
    trial = interleave(functions, rounds=2, calls=2, warm_up=2)
    return min(trial, key=lambda name: trial[name].best)


def line(what, dtype, ours, theirs, layout):
    text = f"{what}, {dtype}: zoo {report.milliseconds(ours)} ms"
    if theirs is None:
        return text
    ratio = ours.median / theirs.median
    return f"{text}, PyTorch ({layout}) {report.milliseconds(theirs)} ms, ratio {ratio:.2f}"


if __name__ == "__main__":
    main()
