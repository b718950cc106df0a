"""The tables of `steps` and their part of the page, on which rows of other systems stay."""

import datetime
import statistics

from tests.benchmarks import document
from tests.benchmarks.step_process import DTYPES

PART, FACTS = "steps", ("Machine", "Versions")  # the rows of a page have these facts in common
NAMES = {"step": "training step", "generate": "generate"}
PEERS = {  # column of ratios -> the side that is divided, and by which
    "float32": ("float32", "torch"),
    "float32, same allocator": ("float32", "torch_kept"),
    "bfloat16": ("mixed_bfloat16", "torch"),
}
OURS, PYTORCH, SEEKING = "The zoo's own figures", "Compared with PyTorch", "Mode seeking"
COLUMNS = {
    OURS: (
        "system", "scale", "what", "precision", "batch", "ms (min / median)", "images/s", "CPU ms",
        "GFLOP", "share of peak", "calculated ms", "page faults", "peak memory, MB",
        "CPU time / float32", "date",
    ),
    PYTORCH: (
        "system", "scale", "what", "zoo float32: ms (images/s)", "zoo bfloat16: ms (images/s)",
        "PyTorch float32: ms (images/s)",
        *(f"{name}: {kind} ratio" for name in PEERS for kind in ("wall", "CPU")),
        "page faults: zoo / PyTorch / same allocator", "date",
    ),
    SEEKING: (
        "system", "scale", "weight 0, ms", "weight 1, ms", "wall ratio", "CPU ratio", "FLOP ratio",
        "ratio of calculated ms", "date",
    ),
}
TEXTS = {
    OURS: """
A *training step* is a whole iteration on a constant, random batch: all networks' updates and the
EMA. *generate* goes from conditions to uint8 images. *Share of peak* is FLOP per second of the
fastest call, divided by those of the fastest convolution measured in the same process and
precision; *calculated* is the time by `zoo.training.cost` from the machine's measured speeds. Peak
memory is that of the process until then. Batches at paper scale are smaller than the papers'.
""",
    PYTORCH: """
Eager PyTorch in float32 with the same weights, losses and order of updates
(`tests/benchmarks/torch_reference`, whose tests compare losses, gradients and weights in float64),
the fused Adam, and the faster of both memory formats, started as anyone starts it. *Same allocator*
is PyTorch with the setting of `zoo.allocator`, which the zoo's training has. The columns *bfloat16*
compare the zoo in mixed_bfloat16 with PyTorch in float32: they show what the option gains, not two
equals. Each side is a process of its own; the calls take turns. Ratios are time of the zoo / time
of PyTorch, medians over neighboring calls with the quartiles in parentheses; below 1 the zoo is
faster. A reference without the networks that only training needs (Inception-v3 and ResNet at paper
scale) is compared in `generate` only.
""",
    SEEKING: """
A step in float32 with mode seeking, which draws two images per condition, and without, as above.
The last two ratios are arithmetic: operations of convolutions and matrix products in both graphs,
and the calculated times.
""",
}


def rows(system, scale, found):
    """dict of table -> lines, of what `steps.measure` returns."""
    made = {OURS: [], PYTORCH: [], SEEKING: []}
    for what in NAMES:
        for precision in DTYPES:
            if what in found[precision]:
                made[OURS].append(own_cells(what, precision, found))
        if found.get("torch", {}).get(what):
            made[PYTORCH].append(peer_cells(what, found))
    if "seeking" in found:
        made[SEEKING].append(seeking_cells(found))
    today = datetime.date.today().isoformat()
    return {
        table: [f"| {' | '.join((system, scale, *cells, today))} |" for cells in lines]
        for table, lines in made.items()
    }


def own_cells(what, precision, found):
    """Cells of a call in one precision, without system, scale and date."""
    side, calls = found[precision], found[precision][what]
    cost, speeds = _costs(side)[what], _speeds(side)
    best = min(call["wall"] for call in calls)
    memory = max(c["memory"] for c in calls) if what == "step" else side["facts"]["memory"]
    relative = "1" if precision == "float32" else ratio(what, "cpu", side, found["float32"])
    return [
        NAMES[what], precision, f"{side['facts']['batch']}",
        f"{1e3 * best:.1f} / {1e3 * _median(calls, 'wall'):.1f}", f"{_rate(side, what):,.1f}",
        f"{1e3 * _median(calls, 'cpu'):.1f}", f"{cost.flops / 1e9:.2f}",
        f"{cost.flops / best / speeds.flops:.0%}", f"{1e3 * speeds.seconds(cost):.1f}",
        f"{_median(calls, 'faults'):,.0f}", f"{memory / 1e3:,.0f}", relative,
    ]


def peer_cells(what, found):
    """Cells of a call next to PyTorch's."""
    times = [f"{1e3 * _median(found[side][what], 'wall'):.1f} ({_rate(found[side], what):,.1f})"
             for side in (*DTYPES, "torch")]
    times[-1] += f" {found['torch']['facts']['layout']}"
    ratios = [ratio(what, kind, found[ours], found[theirs])
              for ours, theirs in PEERS.values() for kind in ("wall", "cpu")]
    faults = [f"{_median(found[side][what], 'faults'):,.0f}"
              for side in ("float32", "torch", "torch_kept")]
    return [NAMES[what], *times, *ratios, " / ".join(faults)]


def seeking_cells(found):
    """Cells of the step with mode seeking next to that without."""
    without, seeking = found["float32"], found["seeking"]
    times = [f"{1e3 * _median(side['step'], 'wall'):.1f}" for side in (without, seeking)]
    costs, speeds = [_costs(side)["step"] for side in (without, seeking)], _speeds(without)
    return [
        *times, *(ratio("step", kind, seeking, without) for kind in ("wall", "cpu")),
        f"{costs[1].flops / costs[0].flops:.2f}",
        f"{speeds.seconds(costs[1]) / speeds.seconds(costs[0]):.2f}",
    ]


def ratio(what, kind, ours, theirs):
    """"median (lower quartile - upper quartile)" over neighboring calls of two sides."""
    pairs = zip(ours[what], theirs[what], strict=True)
    values = [a[kind] / max(b[kind], 1e-9) for a, b in pairs]
    low, middle, high = statistics.quantiles(values * 2 if len(values) == 1 else values, n=4,
                                             method="inclusive")
    return f"{middle:.2f} ({low:.2f} - {high:.2f})"


def faster(found):
    """The precision whose training step takes less CPU time."""
    return min(DTYPES, key=lambda precision: _median(found[precision]["step"], "cpu"))


def _median(calls, kind):
    return statistics.median(call[kind] for call in calls)


def _rate(side, what):
    """Images per second."""
    return side["facts"]["batch"] / _median(side[what], "wall")


def _costs(side):
    from zoo.training.cost import Cost

    return {what: Cost(**cost) for what, cost in side["facts"]["costs"].items()}


def _speeds(side):
    """The `Machine` of a side's best measurements."""
    from zoo.training.cost import Machine

    of = {name: [one[name] for one in side["machine"]] for name in side["machine"][0]}
    return Machine(max(of["flops"]), max(of["bandwidth"]), min(of["overhead"]))


# --- the page -------------------------------------------------------------------------------------


def write(path, facts, system, scale, new):
    """Puts the rows of a system at a scale on the page, in place of those that it had.

    Rows of another machine or other versions than those in `facts` are dropped.
    """
    old = "" if drops(path, facts) else document.read_part(path, PART)
    document.write_part(path, PART, page(facts, old, system, scale, new))


def drops(path, facts):
    """Sentence about the rows that the next `write` drops; "" if it keeps them."""
    old = document.read_part(path, PART)
    rows = sum(_key(line) is not None for line in old.split("\n"))
    differences = [f"{_fact(old, name)!r} there, {_fact(facts, name)!r} here"
                   for name in FACTS if _fact(old, name) != _fact(facts, name)]
    if not rows or not differences:
        return ""
    return (f"The {rows} rows of {path} will be dropped ({'; '.join(differences)}); "
            "--out=FILE writes another file.")


def _fact(text, name):
    return next((line for line in text.split("\n") if line.startswith(f"- {name}: ")), "")


def page(facts, old, system, scale, new):
    """The part's text: the new rows and those of the text `old`, in order."""
    from tests.benchmarks.step_subjects import RECIPES, SCALES

    text = f"## All systems: training step and generation\n\n{facts}"
    for table, columns in COLUMNS.items():
        _, _, section = old.partition(f"\n### {table}\n")
        kept = [line for line in section.partition("\n### ")[0].split("\n")
                if _key(line) not in (None, (system, scale))]
        lines = sorted(
            [line for line in kept if _key(line)[0] in RECIPES] + new[table],
            key=lambda line: (SCALES.index(_key(line)[1]), [*RECIPES].index(_key(line)[0])),
        )
        if lines:
            head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
            text += "\n".join(["", f"### {table}", TEXTS[table], head, *lines, ""])
    return text + (
        "\nTo repeat it: `pip install -e .[benchmark]`, then `python -m tests.benchmarks.steps`, "
        "or a part: `--systems=dcgan --scale=cpu`.\n"
    )


def _key(line):
    """(system, scale) of a row, None of another line."""
    cells = [cell.strip() for cell in line.split("|")]
    return (cells[1], cells[2]) if len(cells) > 3 and cells[2] in ("cpu", "paper") else None
