"""`report.json` and `report.md` of an evaluation."""

import platform

from zoo.evaluation.measures import TRAINED_WITH
from zoo.evaluation.published import published

FORMAT = 1


def versions():
    """Library -> version, for all libraries that affect the results."""
    from importlib.metadata import PackageNotFoundError, version

    import numpy

    from zoo.version import __version__

    result = {"zoo": __version__, "python": platform.python_version(), "numpy": numpy.__version__}
    for name in ("tensorflow", "keras", "scikit-learn", "pillow"):
        try:
            result[name] = version(name)
        except PackageNotFoundError:
            result[name] = None
    return result


def record(measure, common, repeats=None, seed=0, seconds=None):
    """The dict of a measure in `report.json`.

    Args:
        measure: `Measure`.
        common: dict of the facts that all measures share: protocol, resolution, seed.
        repeats: bootstrap draws of the interval, or None for the default.
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
    resampled = "conditions, with all their images" if measure.whole else (
        "images of each condition"
    )
    if measure.shape[1] == 1:
        resampled = "images"
    return (
        f"bootstrap, {repeats} draws of the generated {resampled}, centered on the value; real "
        "images are fixed"
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
    for figure in report.get("pictures", []):
        lines += ["", f"![{figure['text']}]({figure['path']})", "", figure["text"]]
    return "\n".join(lines) + "\n"


def facts(report):
    """The facts above the table."""
    subject, data = report["subject"], report["data"]
    generated = f"{subject['generated']}"
    if subject.get("conditions"):
        samples = subject["samples_per_condition"]
        generated += f" ({subject['conditions']} conditions, {samples} each)"
    conditions = data.get("splits", {}).get("conditions")
    return {
        "Generated images": f"{generated}, {report['resolution']} pixels, seed {report['seed']}",
        **({"Conditions": conditions} if conditions else {}),
        **({"Captions": f"up to {subject['max_words']} words"} if "max_words" in subject else {}),
        **({"Direction": subject["direction"]} if subject.get("direction") else {}),
        "Real images": f"{data['count']} of {data['name']}",
        "Networks": "; ".join(
            f"{n['name']}, sha256 {n['sha256'][:16]}, {n['input']}" for n in report["networks"]
        ) or "none",
        "Time": f"{report['seconds']:.0f} s",
        "Versions": ", ".join(f"{name} {v}" for name, v in report["versions"].items() if v),
    }


def table(report):
    """The results; a paper's value is shown only if it was measured with the same network."""
    lines = ["| metric | value | 95 % interval | better | paper |", "|---|---|---|---|---|"]
    subject, data = report["subject"], report["data"]
    for entry in report["results"]:
        low_high = entry.get("interval_95")
        interval = f"{number(low_high[0])} to {number(low_high[1])}" if low_high else ""
        value = number(entry["value"]) + qualifier(entry)
        paper = paper_cell(entry, subject.get("class"), data.get("source"))
        lines.append(f"| {entry['metric']} | {value} | {interval} | {entry['better']} | {paper} |")
    return lines


def qualifier(entry):
    """Text after a value: standard deviation, number of bins, or reference values of coverage."""
    deviations = (entry.get(f"std_over_{parts}") for parts in ("splits", "folds"))
    deviation = "".join(f" +- {number(one)}" for one in deviations if one is not None)
    if "different" in entry:
        return f" of {len(entry['different'])} bins"
    if "real_accuracy" in entry:
        baseline = f"; {entry['protocol']['baseline_of']}: {number(entry['baseline'])}" if (
            "baseline" in entry) else ""
        return f"{deviation} (of real images: {number(entry['real_accuracy'])}{baseline})"
    if "classifier_accuracy" in entry:
        return (f" (uniform sampling: {number(entry['ideal_share'])}; classifier accuracy: "
                f"{number(entry['classifier_accuracy'])})")
    return deviation


def paper_cell(entry, system, data):
    """A paper's value with the same network, or a note that there are only others; "" without any.

    A value that was measured with another protocol than the paper's has a note. The papers' own
    R-precision is by the DAMSM of the training, too.
    """
    rows, protocol = published(system, data, entry["metric"]), entry["protocol"]
    same = [row for row in rows if row.network == protocol.get("family")]
    if same:
        text = "; ".join(f"{row.value} ({row.source})" for row in same)
        theirs = all(row.protocol == protocol["name"] for row in same) and not (
            set(entry["warnings"]) - {TRAINED_WITH})
        return text if theirs else f"{text}; measured with another protocol"
    others = sorted({row.network for row in rows})
    return f"not comparable: the paper used {' and '.join(others)}" if others else ""


def number(value):
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
