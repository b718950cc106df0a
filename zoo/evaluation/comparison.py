"""Comparison of two evaluations, with bootstrap intervals of their differences."""

import dataclasses
from pathlib import Path

import numpy as np

from zoo.errors import ZooError
from zoo.evaluation.arguments import kind_of
from zoo.evaluation.figures import bin_bars
from zoo.evaluation.measures import centered_interval
from zoo.evaluation.report import number
from zoo.storage import write_bytes_atomically, write_json
from zoo.training.progress import progress_bar
from zoo.visualization.grid import save_png

NAMES = ("A", "B")


@dataclasses.dataclass
class Comparison:
    """Comparison of two evaluations.

    Attributes:
        report: dict, the content of `compare.json`; its `rows` are dicts of `metric`, `a`, `b`,
            `difference`, `interval_95` of the difference, `better`, `ahead`, and `differ`: a list
            of the facts in which the two measurements differ, which leaves nothing ahead.
        shares: dict of "real", "A", "B" -> shares of NDB's bins; empty without NDB.
        different: dict of "A", "B" -> bool per bin, whether it differs from the real images.
    """

    report: dict
    shares: dict
    different: dict

    @property
    def rows(self):
        """List of the dicts of all metrics that both evaluations have."""
        return self.report["rows"]

    @property
    def text(self):
        """The comparison as Markdown."""
        text = markdown(self.report)
        if self.shares:
            text += "\n![ndb](ndb.png)\n\nShares of the bins: the real images, A and B.\n"
        return text

    def write(self, folder):
        """Writes `compare.json`, `compare.md` and, with NDB, `ndb.png` into a folder.

        Raises:
            ZooError: the folder cannot be written.
        """
        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        if self.shares:
            bars = bin_bars(self.shares, "Shares of NDB's bins", self.different)
            save_png(out / "ndb.png", bars)
        write_json(str(out / "compare.json"), self.report)
        write_bytes_atomically(str(out / "compare.md"), self.text.encode())


def compare(first, second, bootstrap=None, seed=0):
    """The `Comparison` of two evaluations.

    Nothing is ahead in a metric that was measured in two ways: with other counts, bins, seeds,
    splits, directions or networks. Its row says in what they differ.

    Args:
        first, second: `Evaluation`s with the same real images.
        bootstrap: int, draws of the intervals; 0 for none; None for 100, but none for features
            with more than 512 dimensions.
        seed: int, of the draws.

    Raises:
        ZooError: if the two used different real images, or different sizes, or are no evaluations.
    """
    runs = (first, second)
    for run in runs:
        if not (hasattr(run, "report") and hasattr(run, "measures")):
            raise ZooError(f"`compare` takes two evaluations, got {kind_of(run)}.")
    reports = [run.report for run in runs]
    _check(reports)
    own, other = ({m.metric: m for m in run.measures} for run in runs)
    paired, common = _paired(runs), differences(*_common(reports))
    rows = [
        difference(own[metric], other[metric], bootstrap, seed, paired, common)
        for metric in own if metric in other
    ]
    result = {
        "format": 1, "a": reports[0]["subject"], "b": reports[1]["subject"],
        "protocol": reports[0]["protocol"], "data": reports[0]["data"], "paired": paired,
        "repeats": bootstrap, "seed": seed, "rows": rows,
        "warnings": {name: report["warnings"] for name, report in zip("ab", reports, strict=True)},
    }
    return Comparison(result, *bin_shares(runs))


def difference(a, b, repeats, seed, paired, common=()):
    """Values of A and B, and A - B with its interval; if `paired`, both use the same draws.

    `common`: list of the facts in which the two evaluations differ, see `differences`.
    """
    row = {
        "metric": a.metric, "a": a.value, "b": b.value, "difference": a.value - b.value,
        "better": a.better,
    }
    if differ := [*common, *differences(a.protocol, b.protocol)]:
        row["differ"] = differ
    repeats = min(a.draws(repeats), b.draws(repeats))
    if not repeats:
        return row
    random = np.random.RandomState(seed)
    together = paired and a.shape == b.shape
    draws = []
    for _ in progress_bar(range(repeats), repeats, f"bootstrap of {a.metric}, A - B: draw"):
        indices = a.draw(random)
        draws.append(a.drawn(*indices) - b.drawn(*(indices if together else b.draw(random))))
    row["interval_95"] = low, high = centered_interval(row["difference"], draws)
    if a.better and not differ and not low <= 0 <= high:
        row["ahead"] = "A" if (low > 0) == (a.better == "higher") else "B"
    return row


def differences(a, b):
    """The facts (dicts) in which two measurements differ: a list of str, as "seed: 0 and 1"."""
    result = []
    for name in {**a, **b}:
        one, other = a.get(name), b.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            result += [f"{name}, {text}" for text in differences(one, other)]
        elif one != other:
            result.append(f"{name}: {one} and {other}")
    return result


def _common(reports):
    """The facts about two whole evaluations that must not differ: two dicts of equal keys."""
    facts = [
        {"seed": report["seed"], "direction": report["subject"].get("direction"),
         "split of the conditions": report["subject"].get("condition_split")}
        for report in reports
    ]
    names = [name for name in facts[0] if None not in (facts[0][name], facts[1][name])]
    return [{name: one[name] for name in names} for one in facts]


def bin_shares(runs):
    """The bins of the first NDB that both evaluations have; two empty dicts if there is none.

    Returns:
        (dict of "real", "A", "B" -> shares, dict of "A", "B" -> which bins differ).
    """
    results = [next((m.more for m in run.measures if "bins" in m.more), None) for run in runs]
    if not all(results) or results[0]["bins"] != results[1]["bins"]:
        return {}, {}
    shares = {name: more["shares"] for name, more in zip(NAMES, results, strict=True)}
    different = {name: more["different"] for name, more in zip(NAMES, results, strict=True)}
    return {"real": results[0]["bins"], **shares}, different


def markdown(result):
    names = [f"{name} = {result[name.lower()]['name']}" for name in NAMES]
    lines = [f"# {' and '.join(names)}, protocol {result['protocol']['name']}", ""]
    lines += [
        f"{result['data']['count']} real images of {result['data']['name']}. Intervals: "
        "bootstrap, 95 %, resampling the generated images"
        f"{', the same for both' if result['paired'] else ''}; the real images are fixed.", "",
        "| metric | A | B | A - B | 95 % interval | better | ahead |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        interval = " to ".join(map(number, row.get("interval_95", ())))
        lines.append(
            f"| {row['metric']} | {number(row['a'])} | {number(row['b'])} | "
            f"{number(row['difference'])} | {interval} | {row['better']} | {row.get('ahead', '')} |"
        )
    for row in result["rows"]:
        if "differ" in row:
            lines.append(f"\n**Not comparable, {row['metric']}:** {'; '.join(row['differ'])}")
    a, b = ("; ".join(result["warnings"].get(name, ())) for name in "ab")
    each = {"A and B": a} if a == b else {"A": a, "B": b}
    lines += [f"\n**Not the protocol, {name}:** {text}" for name, text in each.items() if text]
    return "\n".join(lines) + "\n"


def _check(reports):
    hashes = [report["data"]["sha256"] for report in reports]
    if hashes[0] != hashes[1]:
        raise ZooError(
            "The two presets were evaluated against different real images "
            f"({reports[0]['resolution']} and {reports[1]['resolution']} pixels of "
            f"{reports[0]['data']['name']} and {reports[1]['data']['name']}), so their numbers "
            "are not comparable: give presets of one size, and `source`."
        )


def _paired(runs):
    """Whether both have the same conditions, so that they can share bootstrap draws."""
    conditions = [run.subject.conditions for run in runs]
    return all(conditions) and conditions[0].names == conditions[1].names
