"""Which versions a server of a bundle loads, from its `models.config`, which an operator may edit.

TensorFlow Serving has one size of a batch for all versions of a model: it must be one that each of
them takes, and that holds the warm-up requests of each.
"""

import dataclasses
import os

from google.protobuf import text_format

from export import protos
from export.bundle import configs
from export.request_limits import read_limits
from export.server.models import versions_in
from export.warmup import read_warmup
from zoo.errors import ZooError, reason

MODELS, BATCHING = "models.config", "batching_parameters.txt"


@dataclasses.dataclass(frozen=True)
class Rows:
    """Rows of a version: the most that a request may have, and the most of a warm-up request."""

    most: int
    warmup: int


def read_config(out, name):
    """The `export.protos.ModelConfig` of a model in its folder's `models.config`.

    Args:
        out: str, the model's folder.
        name: str, the model's name.

    Returns:
        the message, or None without the file.

    Raises:
        ZooError: the file cannot be read, or it does not have the model at the path where
            `compose.yaml` mounts the folder.
    """
    path = os.path.join(out, MODELS)
    if not os.path.exists(path):
        return None
    found = _parsed(path, protos.ModelServerConfig()).model_config_list.config
    for config in found:
        if (config.name, config.base_path.rstrip("/")) == (name, configs.folder(name)):
            return config
    listed = ", ".join(f'"{config.name}" at {config.base_path}' for config in found) or "no model"
    raise ZooError(
        f'{path} has {listed}, but this folder is the model "{name}" at {configs.folder(name)}: '
        "correct the file, or remove it and it is written again."
    )


def rows_of(out, name, version, limits, warmup):
    """The rows of the versions that are served with a new one.

    Args:
        out, name: see `read_config`.
        version: int, the new version.
        limits: `zoo.conditions.records.Limits` of the new version.
        warmup: ints, sizes of its warm-up requests.

    Returns:
        dict of version -> `Rows`, of the new version and those served with it.

    Raises:
        ZooError: as `read_config`, or a warm-up request has more rows than another version takes.
    """
    paths = versions_in(out)
    chosen = _chosen({*paths, version}, read_config(out, name))
    found = {version: Rows(limits.max_batch, max(warmup, default=1))}
    for number in chosen & set(paths) - {version}:
        sizes = [len(inputs["seed"]) for _, inputs in read_warmup(paths[number])]
        found[number] = Rows(read_limits(paths[number]).max_batch, max(sizes, default=1))
    least = min(found, key=lambda number: found[number].most)
    for number, rows in sorted(found.items()):
        if rows.warmup > found[least].most:
            raise ZooError(
                f"Version {least} takes at most {found[least].most} rows, fewer than the warm-up "
                f"request of {rows.warmup} rows of version {number}, which then could not be "
                f"loaded next to it: give --max_batch and --warmup that fit both, or move the "
                "other version out of the folder."
            )
    return found


def check_written(out, limits, warmup):
    """Raises `ZooError` if the bundle of another version, which is not written again, lets a server
    join more rows than a new version takes, or fewer than its warm-up requests have.

    Args:
        out, limits, warmup: see `rows_of`.
    """
    path = os.path.join(out, BATCHING)
    if not os.path.exists(path):
        return
    most = _parsed(path, protos.BatchingParameters()).max_batch_size.value
    if not max(warmup) <= most <= limits.max_batch:
        raise ZooError(
            f"{path} has a max_batch_size of {most}, and this version takes {max(warmup)} (its "
            f"largest --warmup) to {limits.max_batch} (its --max_batch): add --bundle, which "
            "writes the file again."
        )


def _chosen(versions, config):
    """The versions that the policy of a `ModelConfig` selects; None: that of a new file."""
    newest = configs.NEWEST
    if config is not None:
        policy = config.model_version_policy
        if policy.HasField("all"):
            return versions
        if policy.HasField("specific"):
            return versions & set(policy.specific.versions)
        newest = policy.latest.num_versions or 1
    return set(sorted(versions)[-newest:])


def _parsed(path, message):
    try:
        with open(path, encoding="utf-8") as file:
            return text_format.Parse(file.read(), message, allow_unknown_field=True)
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ZooError(
            f"{path} cannot be read: {reason(error)}. Correct the file, or remove it and it is "
            "written again."
        ) from None
