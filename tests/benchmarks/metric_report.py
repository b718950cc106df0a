"""The tables of the metrics' benchmark as Markdown."""

from tests.benchmarks import machine

LIBRARIES = (*machine.LIBRARIES[:3], "torchvision", "pytorch-fid", "scikit-learn", "scipy", "numpy")
MEGA = 1e6

METHOD = """
### How the metrics were measured

Both sides read one file of random weights, created from the names of the layers, through their own
loaders: the zoo's importer, and pytorch-fid with its download replaced by the file. The program
stops unless both give the same features. *Features* go from {batch} images as bytes in memory to
an array of features, including resizing. *FID of two folders* goes from PNG files to the number:
the zoo does what `recipes.evaluate --inception` does for its FID, including hashes and cached
files; pytorch-fid does what its command does, with as many reader processes as it chooses itself.
Networks are loaded, and graphs traced, beforehand. Both take {batch} images at a time.

Both run alternately, each in its own process that waits while the other works, for up to {rounds}
rounds; *min* and *median* are over the timed calls, images per second follow from the median. A
ratio below 1 means that the zoo is faster. The time of `quick` and of NDB is that of one process
from start to end; memory is the process's peak.

To repeat it: `pip install -e .[benchmark]`, then `make bench`, or only this part:
`python -m tests.benchmarks.metrics`. Without pytorch-fid the comparison is omitted.
"""


def head(threads, others, check):
    """`check`: what was compared before anything was timed, or "" without pytorch-fid."""
    text = f"## Metrics\n\n{machine.facts(threads, others, LIBRARIES)}"
    return f"{text}- Same results: {check}\n" if check else text


def comparison(rows):
    """Rows: (what, images, dict of "zoo" and perhaps "pytorch-fid" -> `Timing`)."""
    lines = [
        "\n### FID compared with pytorch-fid\n",
        "| | zoo: s (min / median) | zoo: images/s | pytorch-fid: s (min / median) "
        "| pytorch-fid: images/s | time ratio zoo / pytorch-fid (min / median) |",
        "|---|---|---|---|---|---|",
    ]
    for what, count, times in rows:
        ours, theirs = times["zoo"], times.get("pytorch-fid")
        cells = [what, seconds(ours), f"{count / ours.median:.2f}"]
        if theirs is None:
            cells += ["not installed", "", ""]
        else:
            cells += [seconds(theirs), f"{count / theirs.median:.2f}", ratio(ours, theirs)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def line(what, count, times):
    """A row of `comparison` for the terminal."""
    text = ", ".join(
        f"{name} {seconds(timing)} s ({count / timing.median:.2f} images/s)"
        for name, timing in times.items()
    )
    if "pytorch-fid" in times:
        text += f", ratio {ratio(times['zoo'], times['pytorch-fid'])}"
    return f"{what}: {text}"


def seconds(timing):
    return f"{timing.best:.2f} / {timing.median:.2f}"


def ratio(ours, theirs):
    return f"{ours.best / theirs.best:.2f} / {ours.median / theirs.median:.2f}"


def quick_table(found, command):
    """`found`: what `children.run("quick", ...)` gives, or a str that says why there is nothing."""
    title = "\n### The protocol `quick`\n\n"
    if isinstance(found, str):
        return f"{title}{found}\n"
    parts = {_named(name): spent for name, spent in found["parts"].items()}
    start = found["seconds"] - found["report_seconds"]
    rest = found["report_seconds"] - sum(parts.values())
    rows = {
        "start: imports, encoder": start, **parts,
        "numbers, intervals, figures of the report": rest, "**total**": found["seconds"],
    }
    lines = [f"`{command}`", "", "| part | seconds |", "|---|---|"]
    lines += [f"| {name} | {spent:.1f} |" for name, spent in rows.items()]
    lines.append(f"\nPeak memory: {found['peak_bytes'] / MEGA:,.0f} MB.")
    return title + "\n".join(lines) + "\n"


def _named(part):
    """The reader's name of a file of an evaluation's cache."""
    known = {"generated": "generated images", "clusters": "k-means of NDB"}
    return known.get(part, part.replace("features-", "features of ", 1).replace("-", "_"))


def ndb_table(found, rows, columns, bins):
    """`found`: what `children.run("ndb", ...)` gives."""
    cells = (
        f"{rows:,} x {columns:,}", f"{found['dimensions']} of {columns:,}", str(bins),
        f"{found['bins_seconds']:.1f}", f"{found['ndb_seconds']:.1f}", f"{found['seconds']:.1f}",
        f"{found['peak_bytes'] / MEGA:,.0f}",
    )
    return "\n".join([
        "\n### NDB and JSD\n",
        "Bytes of uniform noise, in which k-means finds no clusters to settle in; as many samples "
        "are compared as the bins were built from.\n",
        "| images x values | values that k-means sees | bins | bins: s | comparison: s "
        "| whole process: s | peak memory: MB |",
        "|---|---|---|---|---|---|---|",
        f"| {' | '.join(cells)} |",
    ]) + "\n"


def method(batch, rounds):
    return METHOD.format(batch=batch, rounds=rounds)
