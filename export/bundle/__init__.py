"""The files next to the versions of an export with which an operator starts TensorFlow Serving.

    served/attn_gan/
      1/                        the SavedModel
      models.config             versions and labels; written once, since an operator edits it
      batching_parameters.txt   measured on this model
      monitoring.config
      compose.yaml
      README.md                 the card: commands, rollout, and the measured latency and memory
"""

import dataclasses
import os
import re

from export.bundle import card, configs, measure, served
from export.bundle.served import BATCHING, MODELS
from zoo import storage
from zoo.errors import ZooError


def check_name(out):
    """The model's name on the server, which is its folder's.

    Raises:
        ZooError: it is no name that a URL and `models.config` can hold.
    """
    name = os.path.basename(os.path.realpath(out))
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name, re.ASCII):
        raise ZooError(
            "A bundle names the model after its folder, which must be letters, digits, dots, "
            f'dashes and underscores, got "{name}": choose another --out.'
        )
    return name


def check_folder(out):
    """Raises `ZooError` if the folder's name, or its `models.config`, does not suit a bundle."""
    served.read_config(out, check_name(out))


def check_rows(out, version, limits, warmup, rewritten):
    """Raises `ZooError` if a new version could not be served with the files and versions in `out`.

    Args:
        out: str, the model's folder.
        version, limits, warmup: see `served.rows_of`.
        rewritten: bool. Whether the bundle is written for the new version.
    """
    if rewritten:
        served.rows_of(out, check_name(out), version, limits, warmup)
    else:
        served.check_written(out, limits, warmup)


def write_bundle(path, limits, preset="", warmup_sizes=(), seconds=measure.SECONDS):
    """Measures an export and writes the files of its bundle into the folder above it.

    Every file is replaced atomically. An existing `models.config` is kept. A batch has at most as
    many rows as each version takes that is served with this one, see `served.rows_of`.

    Args:
        path: str. One version of an export, `out/version`.
        limits: `zoo.conditions.records.Limits` of the export.
        preset: str. The preset's name, for the card.
        warmup_sizes: ints. The sizes of the warm-up requests, for the card.
        seconds: float. Length of each measurement.

    Returns:
        list of str, the names of the files that were written.

    Raises:
        ZooError: the folder's name is no model's name, its `models.config` is of another model, the
            versions cannot be served together, the export cannot be measured, or a file cannot be
            written.
    """
    out, version = os.path.split(os.path.abspath(path))
    name = check_name(out)
    rows = served.rows_of(out, name, int(version), limits, warmup_sizes)
    most = {number: rows[number].most for number in sorted(rows)}
    limits = dataclasses.replace(limits, max_batch=min(most.values()))
    measured, signatures = measure.measure(path, limits, seconds)
    facts = card.Facts(
        name, int(version), preset, limits, tuple(warmup_sizes), signatures, measured, most
    )
    files = {
        MODELS: configs.models(facts),
        BATCHING: configs.batching(facts),
        "monitoring.config": configs.monitoring(),
        "compose.yaml": configs.compose(facts),
        "README.md": card.readme(facts),
    }
    if os.path.exists(os.path.join(out, MODELS)):
        del files[MODELS]
    for file, text in files.items():
        storage.write_bytes_atomically(os.path.join(out, file), text.encode())
    return list(files)
