"""Two evaluations side by side, with bootstrap intervals of their differences."""

import numpy as np

from zoo.errors import ZooError
from zoo.evaluation.figures import bin_bars
from zoo.evaluation.measures import centred_interval, draw
from zoo.evaluation.report import number
from zoo.storage import write_bytes_atomically, write_json
from zoo.training.progress import counted
from zoo.visualization.grid import save_png

NAMES = ("A", "B")


def compare(out, runs, repeats, seed):
    """Writes `compare.json`, `compare.md` and, with NDB, `ndb.png` into `out`.

    Args:
        out: `Path`. runs: two dicts with `report`, `measures` and `subject`.
        repeats: draws of the bootstrap, or None for the usual ones. seed: theirs.

    Returns:
        str, the content of `compare.md`.

    Raises:
        ZooError: the two were measured against different real pictures, or in different sizes.
    """
    reports = [run["report"] for run in runs]
    _check(reports)
    first, second = ({m.metric: m for m in run["measures"]} for run in runs)
    paired = _paired(runs)
    rows = [
        difference(first[metric], second[metric], repeats, seed, paired)
        for metric in first if metric in second
    ]
    result = {
        "format": 1, "a": reports[0]["subject"], "b": reports[1]["subject"],
        "protocol": reports[0]["protocol"], "data": reports[0]["data"], "paired": paired,
        "repeats": repeats, "seed": seed, "rows": rows,
        "warnings": {name: report["warnings"] for name, report in zip("ab", reports, strict=True)},
    }
    text = markdown(result)
    shares, different = bars(runs)
    if shares:
        save_png(out / "ndb.png", bin_bars(shares, "Shares of NDB's bins", different))
        text += "\n![ndb](ndb.png)\n\nShares of the bins: the real pictures, A and B.\n"
    out.mkdir(parents=True, exist_ok=True)
    write_json(str(out / "compare.json"), result)
    write_bytes_atomically(str(out / "compare.md"), text.encode())
    return text


def difference(a, b, repeats, seed, paired):
    """A's value, B's, and A - B with its interval; one draw serves both where they are paired."""
    row = {
        "metric": a.metric, "a": a.value, "b": b.value, "difference": a.value - b.value,
        "better": a.better,
    }
    repeats = min(a.draws(repeats), b.draws(repeats))
    if not repeats:
        return row
    random = np.random.RandomState(seed)
    together = paired and a.units.shape[:2] == b.units.shape[:2]
    draws = []
    for _ in counted(range(repeats), repeats, f"bootstrap of {a.metric}, A - B: draw"):
        places = draw(random, *a.units.shape[:2])
        other = places if together else draw(random, *b.units.shape[:2])
        draws.append(
            a.statistic(np.asarray(a.units[places])) - b.statistic(np.asarray(b.units[other]))
        )
    row["interval_95"] = low, high = centred_interval(row["difference"], draws)
    if a.better and not low <= 0 <= high:
        row["ahead"] = "A" if (low > 0) == (a.better == "higher") else "B"
    return row


def bars(runs):
    """Of the first NDB that both have: shares of the real pictures, of A and of B, and which bins
    of A and B differ; two empty dicts where there is none."""
    found = [next((m.more for m in run["measures"] if "bins" in m.more), None) for run in runs]
    if not all(found):
        return {}, {}
    shares = {name: more["shares"] for name, more in zip(NAMES, found, strict=True)}
    different = {name: more["different"] for name, more in zip(NAMES, found, strict=True)}
    return {"real": found[0]["bins"], **shares}, different


def markdown(result):
    names = [f"{name} = {result[name.lower()]['name']}" for name in NAMES]
    lines = [f"# {' and '.join(names)}, protocol {result['protocol']['name']}", ""]
    lines += [
        f"{result['data']['count']} real pictures of {result['data']['name']}. Intervals: "
        "bootstrap, 95 %, draws of the generated pictures"
        f"{', the same for both' if result['paired'] else ''}; real pictures are kept.", "",
        "| metric | A | B | A - B | 95 % interval | better | ahead |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        interval = " to ".join(map(number, row.get("interval_95", ())))
        lines.append(
            f"| {row['metric']} | {number(row['a'])} | {number(row['b'])} | "
            f"{number(row['difference'])} | {interval} | {row['better']} | {row.get('ahead', '')} |"
        )
    for name, warnings in result["warnings"].items():
        lines += [f"\n**Not the protocol, {name.upper()}:** {text}" for text in warnings]
    return "\n".join(lines) + "\n"


def _check(reports):
    hashes = [report["data"]["sha256"] for report in reports]
    if hashes[0] != hashes[1]:
        raise ZooError(
            "The two presets were measured against different real pictures "
            f"({reports[0]['resolution']} and {reports[1]['resolution']} pixels of "
            f"{reports[0]['data']['name']} and {reports[1]['data']['name']}), so their numbers do "
            "not compare: give presets of one size, and --data."
        )


def _paired(runs):
    """Whether both made pictures of the same conditions, so that one draw serves both."""
    conditions = [run["subject"].conditions for run in runs]
    return all(conditions) and conditions[0].names == conditions[1].names
