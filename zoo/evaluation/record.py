"""An evaluation's numbers in the metadata, and so on the model card, of the preset itself."""

import datetime
import os

from zoo.errors import ZooError
from zoo.evaluation.report import number

OF_EVALUATION = "evaluation"  # key of a result that an evaluation wrote: its protocol's name


def writable_directory(handle):
    """The directory of a preset on this machine.

    Raises:
        ZooError: a preset elsewhere, or none.
    """
    from zoo.presets.registry import builtin_directory, builtin_names

    handle = os.fspath(handle)
    if "://" in handle:
        raise ZooError(
            f"--record writes into a preset on this machine, but {handle} lies elsewhere: download "
            "its directory and give its path."
        )
    return builtin_directory(handle) if handle in builtin_names() else handle


def record(handle, report):
    """Writes a report's numbers into the preset's metadata, and its card anew.

    Those of an earlier evaluation by the same protocol are replaced; other results stay.

    Args:
        handle: built-in name or directory. report: the content of `report.json`.
    """
    from zoo.presets import read_metadata
    from zoo.presets.saving import update_metadata

    directory, name = writable_directory(handle), report["protocol"]["name"]
    kept = [
        entry for entry in read_metadata(directory).get("results") or []
        if entry.get(OF_EVALUATION) != name
    ]
    update_metadata(directory, results=[*kept, *results(report)])


def results(report):
    """The `results` of a preset's metadata from the content of `report.json`: metric, value to four
    digits, the protocol in words; the interval, the network's hash and the date apart."""
    date = datetime.date.today().isoformat()
    return [_result(entry, report, date) for entry in report["results"]]


def _result(entry, report, date):
    protocol = entry["protocol"]
    value = float(f"{entry['value']:.4g}")
    result = {"metric": entry["metric"], "value": int(value) if value.is_integer() else value,
              "protocol": _words(entry, report), OF_EVALUATION: report["protocol"]["name"],
              "date": date}
    if "interval_95" in entry:
        result["interval_95"] = [float(f"{bound:.4g}") for bound in entry["interval_95"]]
    if "network" in protocol:
        result["network_sha256"] = protocol["network"]["sha256"]
    return result


def _words(entry, report):
    """The protocol of a number as one line of text."""
    protocol, more = entry["protocol"], []
    if "interval_95" in entry:
        more.append("95 % interval {} to {}".format(*map(number, entry["interval_95"])))
    if "network" in protocol:
        more.append(f"network sha256 {protocol['network']['sha256'][:16]}")
    if "bins" in protocol:
        more.append(f"{protocol['bins']} bins")
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
    """What a share of known modes is to be read beside, in words."""
    protocol, classifier = entry["protocol"], entry["protocol"]["classifier"]
    return (
        f"{protocol['modes_of_a_condition']:.3g} true modes a condition on average, of which draws "
        f"spread evenly over them would reach {entry['ideal_share']:.3g}; "
        f"{entry['on_caption']:.3g} of the images lie in a true mode; the classifier names "
        f"{classifier['accuracy']:.3g} of {classifier['accuracy_of']}"
    )
