"""The files next to the versions of an export with which an operator starts TensorFlow Serving.

    served/attn_gan/
      1/                        the SavedModel
      models.config             versions and labels; written once, since an operator edits it
      batching_parameters.txt   measured on this model
      monitoring.config
      compose.yaml
      README.md                 the card: commands, rollout, and the measured latency and memory
"""

import os
import re

from export.bundle import card, configs, measure
from zoo import storage
from zoo.errors import ZooError

MODELS = "models.config"  # never overwritten


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


def write_bundle(path, limits, preset="", warmup_sizes=(), seconds=measure.SECONDS):
    """Measures an export and writes the files of its bundle into the folder above it.

    Every file is replaced atomically. An existing `models.config` is kept.

    Args:
        path: str. One version of an export, `out/version`.
        limits: `zoo.conditions.records.Limits` of the export.
        preset: str. The preset's name, for the card.
        warmup_sizes: ints. The sizes of the warm-up requests, for the card.
        seconds: float. Length of each measurement.

    Returns:
        list of str, the names of the files that were written.

    Raises:
        ZooError: the folder's name is no model's name, the export cannot be measured, or a file
            cannot be written.
    """
    out, version = os.path.split(os.path.abspath(path))
    name = check_name(out)
    measured, signatures = measure.measure(path, limits, seconds)
    facts = card.Facts(
        name, int(version), preset, limits, tuple(warmup_sizes), signatures, measured
    )
    files = {
        MODELS: configs.models(facts),
        "batching_parameters.txt": configs.batching(facts),
        "monitoring.config": configs.monitoring(),
        "compose.yaml": configs.compose(facts),
        "README.md": card.readme(facts),
    }
    if os.path.exists(os.path.join(out, MODELS)):
        del files[MODELS]
    for file, text in files.items():
        storage.write_bytes_atomically(os.path.join(out, file), text.encode())
    return list(files)
