"""Speed of the metrics: FID next to pytorch-fid, the protocol `quick`, and NDB with its memory.

    python -m tests.benchmarks.metrics [--quick] [--out=docs/benchmarks.md]

pytorch-fid runs in turn with the zoo, on the same images, with the same random weights and as
many threads, if it is installed.
"""

import contextlib
import functools
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from tests.benchmarks import children, document, machine, metric_report
from tests.benchmarks.timing import OtherLoad, interleave

EMOJI = "data/emoji.zip"
PRESET, ENCODER = "attn_gan_emoji_64", "damsm_emoji_64"


@dataclass(frozen=True)
class Sizes:
    """Sizes of the measurement."""

    batch: int = 64  # images in memory
    resolutions: tuple = (64, 256)
    files: int = 64  # of each folder
    width_divisor: int = 1  # of Inception
    rows: int = 10_000
    columns: int = 3 * 32 * 32
    bins: int = 100
    evaluation: tuple = ()  # flags of `recipes.evaluate`


def quick(width_divisor):
    """Tiny ones, to try the program out; pytorch-fid has the whole Inception only."""
    counts = ("--conditions=2", "--samples_per_condition=2", "--real=4", "--bins=2")
    return Sizes(2, (16,), 3, width_divisor, 60, 30, 4, (*counts, "--bootstrap=0"))


def main():
    options = machine.options(__doc__.split("\n")[0], rounds=4, seconds=240)
    sys.stdout.reconfigure(line_buffering=True)
    machine.make_room()
    machine.set_threads(options.threads)
    compared = machine.installed("pytorch_fid")
    if not compared:
        print("pytorch-fid is not installed: the comparison is left out (pip install -e "
              ".[benchmark]).")
    sizes, rounds = Sizes(), options.rounds
    if options.quick:
        sizes, rounds = quick(1 if compared else 16), 1
    load = OtherLoad()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        with contextlib.ExitStack() as stack:
            subjects = open_subjects(folder, sizes, options.threads, compared, stack)
            same, rows = compare(subjects, folder, sizes, rounds, options.seconds)
        print("the protocol quick ...")
        evaluation, command = evaluate(folder, sizes, options.threads)
        print("NDB ...")
        bins = measure_ndb(folder, sizes, options.threads)
    text = "".join([
        metric_report.head(options.threads, load.share(), same),
        metric_report.comparison(rows), metric_report.quick_table(evaluation, command),
        metric_report.ndb_table(bins, sizes.rows, sizes.columns, sizes.bins),
        metric_report.method(sizes.batch, rounds),
    ])
    print("\n" + text.split("\n### How")[0])
    if options.out:
        document.write_part(options.out, "metrics", text)


def open_subjects(folder, sizes, threads, compared, stack):
    """dict of the zoo and, if `compared`, pytorch-fid, with the same weights."""
    from tests.benchmarks import metric_subjects
    from tests.benchmarks.pytorch_fid_process import PytorchFid

    weights = folder / "inception.npz"
    metric_subjects.write_weights(weights, sizes.width_divisor)
    subjects = {"zoo": metric_subjects.Zoo(weights)}
    if compared:
        subjects["pytorch-fid"] = stack.enter_context(PytorchFid(weights, threads))
    return subjects


def compare(subjects, folder, sizes, rounds, budget):
    """(how far the results differ, rows for `metric_report.comparison`).

    Args:
        subjects: dict of "zoo" and perhaps "pytorch-fid" -> see `metric_subjects`.
        budget: seconds for the rounds of all rows.
    """
    share = budget / (len(sizes.resolutions) + 1)
    measured = [
        *(features(subjects, size, sizes, rounds, share) for size in sizes.resolutions),
        distances(subjects, folder, sizes, rounds, share),
    ]
    same, rows = zip(*measured, strict=True)
    return "; ".join(filter(None, same)), rows


def features(subjects, size, sizes, rounds, budget):
    """(how far both sides differ, a row) of images in memory."""
    from tests.benchmarks.metric_subjects import same_features, shape_images

    images = shape_images(sizes.batch, size, seed=0)
    for one in subjects.values():
        one.show(images)
    found = {name: one.features() for name, one in subjects.items()}
    same = same_features(found, f"{size} pixels")
    calls = {name: one.features for name, one in subjects.items()}
    what = f"features of {len(images)} images of {size} pixels"
    return same, in_turn(what, len(images), calls, rounds, budget)


def distances(subjects, folder, sizes, rounds, budget):
    """(both numbers, a row) of two folders of images."""
    from tests.benchmarks.metric_subjects import shape_images, write_folder

    size, found = sizes.resolutions[0], {}
    folders = [
        write_folder(folder / name, shape_images(sizes.files, size, seed))
        for name, seed in (("a", 1), ("b", 2))
    ]

    def call(name):
        found[name] = subjects[name].distance(folders)

    calls = {name: functools.partial(call, name) for name in subjects}
    what = f"FID of two folders of {sizes.files} PNG files of {size} pixels"
    row = in_turn(what, 2 * sizes.files, calls, rounds, budget)
    return " and ".join(f"FID {value:.6g} of {name}" for name, value in found.items()), row


def in_turn(what, count, calls, rounds, budget):
    """A row for `metric_report.comparison`."""
    times = interleave(calls, rounds, calls=1, warm_up=0, lead=0, budget=budget)
    row = (what, count, times)
    print(metric_report.line(*row))
    return row


def evaluate(folder, sizes, threads):
    """(what a child found, or a str why there is nothing; the command)."""
    flags = [f"--preset={PRESET}", f"--data={EMOJI}", f"--encoder={ENCODER}", "--protocol=quick"]
    command = " ".join(["python -m recipes.evaluate", *flags, *sizes.evaluation])
    data = Path(__file__).parents[2] / EMOJI
    if not data.exists():
        print(f"{EMOJI} is not there: the protocol quick is left out.")
        return f"Not measured: {EMOJI} was not there.", command
    flags += [*sizes.evaluation, f"--out={folder / 'report'}"]
    return children.run("quick", *flags, threads=threads), command


def measure_ndb(folder, sizes, threads):
    """The result of a child for noise."""
    random = np.random.RandomState(0)
    for name in ("train", "samples"):
        noise = random.randint(0, 256, (sizes.rows, sizes.columns), np.uint8)
        np.save(folder / f"{name}.npy", noise)
    return children.run("ndb", folder, sizes.bins, threads=threads)


if __name__ == "__main__":
    main()
