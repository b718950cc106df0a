"""`report.json` and `report.md` of an evaluation."""

import platform

from zoo.evaluation.published import published

FORMAT = 1


def versions():
    """Library -> version, of all that numbers may depend on."""
    from importlib.metadata import PackageNotFoundError, version

    import numpy

    from zoo.version import __version__

    found = {"zoo": __version__, "python": platform.python_version(), "numpy": numpy.__version__}
    for name in ("tensorflow", "keras", "scikit-learn", "pillow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def record(measure, common, repeats=None, seed=0, seconds=None):
    """The dict of a measure in `report.json`.

    Args:
        measure: `Measure`.
        common: dict of the facts that all measures share: protocol, resolution, seed.
        repeats: draws of the interval, or None for the default.
    """
    entry = {"metric": measure.metric, "value": measure.value}
    interval = measure.interval(repeats, seed)
    if interval is not None:
        entry["interval_95"] = interval
        entry["interval_by"] = interval_text(measure, measure.draws(repeats))
    entry |= measure.more
    entry["better"] = measure.better
    entry["protocol"] = {**common, **measure.protocol}
    entry["warnings"] = measure.warnings
    if seconds is not None:
        entry["seconds"] = round(seconds, 2)
    return entry


def interval_text(measure, repeats):
    from zoo.evaluation.measures import MANY

    drawn = "conditions, with all their pictures" if measure.units.shape[0] >= MANY else (
        "pictures of each condition"
    )
    if measure.units.shape[1] == 1:
        drawn = "pictures"
    return (
        f"bootstrap, {repeats} draws of the generated {drawn}, centred on the value; real images "
        "are kept"
    )


def markdown(report):
    """The text of `report.md` from the content of `report.json`."""
    subject = report["subject"]
    lines = [
        f"# {subject['name']}, protocol {report['protocol']['name']}", "",
        f"{report['protocol']['source']}.", "",
        *(f"- {key}: {value}" for key, value in facts(report).items()),
        *(f"- **Not the protocol:** {text}" for text in report["warnings"]), "",
    ]
    lines += table(report)
    if report.get("not_measured"):
        lines += ["", "Not measured:", ""]
        lines += [f"- {name}: {why}" for name, why in report["not_measured"].items()]
    notes = [(e["metric"], w) for e in report["results"] for w in e["warnings"]]
    notes = [pair for pair in notes if pair[1] not in report["warnings"]]
    if notes:
        lines += ["", "Warnings:", "", *(f"- {metric}: {text}" for metric, text in notes)]
    for picture in report.get("pictures", []):
        lines += ["", f"![{picture['text']}]({picture['path']})", "", picture["text"]]
    return "\n".join(lines) + "\n"


def facts(report):
    """What stands above the table."""
    subject, data = report["subject"], report["data"]
    made = f"{subject['generated']}"
    if subject.get("conditions"):
        made += f" ({subject['conditions']} conditions, {subject['samples_per_condition']} of each)"
    conditions = data.get("splits", {}).get("conditions")
    return {
        "Generated pictures": f"{made}, {report['resolution']} pixels, seed {report['seed']}",
        **({"Conditions of": conditions} if conditions else {}),
        "Real pictures": f"{data['count']} of {data['name']}",
        "Networks": "; ".join(
            f"{n['name']}, sha256 {n['sha256'][:16]}, {n['input']}" for n in report["networks"]
        ) or "none",
        "Time": f"{report['seconds']:.0f} s",
        "Versions": ", ".join(f"{name} {v}" for name, v in report["versions"].items() if v),
    }


def table(report):
    """The numbers; a paper's stands beside one only where the network is the same."""
    lines = ["| metric | value | 95 % interval | better | paper |", "|---|---|---|---|---|"]
    subject, data = report["subject"], report["data"]
    for entry in report["results"]:
        low_high = entry.get("interval_95")
        interval = f"{number(low_high[0])} to {number(low_high[1])}" if low_high else ""
        value = number(entry["value"]) + beside(entry)
        paper = paper_cell(entry, subject.get("class"), data.get("source"))
        lines.append(f"| {entry['metric']} | {value} | {interval} | {entry['better']} | {paper} |")
    return lines


def beside(entry):
    """What a value is not read without: a deviation, how many bins, or what coverage is worth."""
    for key in ("std_over_splits", "std_over_folds"):
        if key in entry:
            return f" +- {number(entry[key])}"
    if "different" in entry:
        return f" of {len(entry['different'])} bins"
    if "classifier_accuracy" in entry:
        return (f" (even draws: {number(entry['ideal_share'])}; the classifier is right in "
                f"{number(entry['classifier_accuracy'])})")
    return ""


def paper_cell(entry, system, data):
    """A paper's number of the same network, or that there are only others; "" where is none.

    A number that was not measured by the paper's protocol says so.
    """
    rows, protocol = published(system, data, entry["metric"]), entry["protocol"]
    same = [row for row in rows if row.network == protocol.get("family")]
    if same:
        text = "; ".join(f"{row.value} ({row.source})" for row in same)
        theirs = all(row.protocol == protocol["name"] for row in same) and not entry["warnings"]
        return text if theirs else f"{text}; by another protocol than this number"
    others = sorted({row.network for row in rows})
    return f"not comparable: the paper's are of {' and of '.join(others)}" if others else ""


def number(value):
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
