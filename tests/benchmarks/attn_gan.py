"""Images per second of AttnGAN's training iteration, of `generate` and of the data pipeline.

    python -m tests.benchmarks.attn_gan [--quick] [--out=docs/benchmarks.md]

Next to it runs the same model in eager PyTorch, if that is installed, in turn and with as many
threads.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.benchmarks import document, machine, report
from tests.benchmarks.timing import OtherLoad, interleave

DTYPES = ("float32", "mixed_bfloat16")
LAYOUTS = {False: "NCHW", True: "channels_last"}
CALLS = 2  # timed calls a visit
KINDS = ("training iteration", "generate")


def main():
    options = machine.options(__doc__.split("\n")[0], rounds=12, seconds=160)
    sys.stdout.reconfigure(line_buffering=True)
    machine.make_room()
    machine.set_threads(options.threads)
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
    print("\n" + text.split("\n### How")[0])
    if options.out:
        document.write_part(options.out, "attn_gan", text)


def measure_models(sizes, rounds, budget):
    """Rows for `report.model_table`; `budget`: seconds for the rounds of one row."""
    from tests.benchmarks import settings

    batch = settings.make_batch(sizes)
    if not machine.installed("torch"):
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
    if machine.installed("torch"):
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
