"""Recording of an evaluation's results in the metadata and model card of a preset."""

import datetime
import os

from zoo.errors import ZooError
from zoo.evaluation.report import number

OF_EVALUATION = "evaluation"  # key of a recorded result: the name of its protocol
DIRECTION = "direction"  # key of a recorded result of a model of two domains


def writable_directory(handle):
    """The directory of a preset on this machine.

    Raises:
        ZooError: if the preset is remote.
    """
    from zoo.presets.registry import builtin_directory, builtin_names

    handle = os.fspath(handle)
    if "://" in handle:
        raise ZooError(
            f"`record` writes into a preset on this machine, but {handle} is remote: download "
            "its directory and give the path."
        )
    return builtin_directory(handle) if handle in builtin_names() else handle


def record(handle, report):
    """Writes a report's results into the preset's metadata, and regenerates its card.

    Results of an earlier evaluation with the same protocol and direction are replaced, and so are
    those whose direction was not recorded; others stay.

    Args:
        handle: built-in name or directory. report: the content of `report.json`.
    """
    from zoo.presets import read_metadata
    from zoo.presets.saving import update_metadata

    directory, name = writable_directory(handle), report["protocol"]["name"]
    directions = None, report["subject"].get("direction")
    kept = [
        entry for entry in read_metadata(directory).get("results") or []
        if entry.get(OF_EVALUATION) != name or entry.get(DIRECTION) not in directions
    ]
    update_metadata(directory, results=[*kept, *results(report)])


def results(report):
    """The `results` for a preset's metadata from the content of `report.json`: metric, value with
    four digits, protocol as text, and separately the interval, the network's hash and the date."""
    date = datetime.date.today().isoformat()
    return [_result(entry, report, date) for entry in report["results"]]


def _result(entry, report, date):
    protocol = entry["protocol"]
    value = float(f"{entry['value']:.4g}")
    result = {"metric": entry["metric"], "value": int(value) if value.is_integer() else value,
              "protocol": _words(entry, report), OF_EVALUATION: report["protocol"]["name"],
              "date": date}
    if direction := report["subject"].get("direction"):
        result[DIRECTION] = direction
    if "interval_95" in entry:
        result["interval_95"] = [float(f"{bound:.4g}") for bound in entry["interval_95"]]
    if "network" in protocol:
        result["network_sha256"] = protocol["network"]["sha256"]
    return result


def _words(entry, report):
    """The protocol of a result as one line of text."""
    protocol, subject = entry["protocol"], report["subject"]
    more = [f"direction {subject['direction']}"] if subject.get("direction") else []
    if "max_words" in subject:
        more.append(f"captions of up to {subject['max_words']} words")
    if "interval_95" in entry:
        more.append("95 % interval {} to {}".format(*map(number, entry["interval_95"])))
    if "network" in protocol:
        more.append(f"network sha256 {protocol['network']['sha256'][:16]}")
    if "bins" in protocol:
        more.append(f"{protocol['bins']} bins")
    if "real_accuracy" in entry:
        more.append(f"{number(entry['real_accuracy'])} of {protocol['accuracy_of_real']}")
    if "baseline" in entry:
        more.append(f"{protocol['baseline_of']}: {number(entry['baseline'])}")
    if "classifier" in protocol:
        more.append(coverage_text(entry))
    of_each = f"{protocol['conditions']} conditions x {protocol['samples_per_condition']}"
    return "; ".join([
        f"recipes.evaluate --protocol={report['protocol']['name']}: {protocol['generated']} "
        f"generated ({of_each}) against {protocol['real']} real images of "
        f"{protocol['real_pictures']}, {report['resolution']} pixels, seed {report['seed']}",
        *more, *entry["warnings"],
    ])


def coverage_text(entry):
    """The facts needed to interpret a mode coverage, as text."""
    protocol, classifier = entry["protocol"], entry["protocol"]["classifier"]
    return (
        f"{protocol['modes_of_a_condition']:.3g} true modes per condition on average, of which "
        f"uniform sampling would reach {entry['ideal_share']:.3g}; {entry['on_caption']:.3g} of "
        f"the images are in a true mode; accuracy of the classifier: {classifier['accuracy']:.3g} "
        f"of {classifier['accuracy_of']}"
    )
