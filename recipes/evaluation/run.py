"""What an evaluation measures: pictures that are made or taken, and what a protocol misses."""

import dataclasses

import numpy as np

from recipes.evaluation.conditions import Data, kind_of
from recipes.evaluation.data import PictureSet, from_array, from_path
from recipes.evaluation.networks import weights_digest
from recipes.evaluation.protocols import KINDS, shortfalls
from zoo.errors import ZooError

MAKE = 64  # pictures of a call of `generate`, about


@dataclasses.dataclass
class Subject:
    """What is measured.

    Attributes:
        name: str.
        pictures: `PictureSet`, ordered by condition.
        shape: (conditions, pictures of each); (pictures, 1) of a folder.
        model: the system, or None.
        conditions: `Conditions`, or None.
        kind: see `recipes.evaluation.conditions.kind_of`, or None.
        source: dict for the report.
    """

    name: str
    pictures: PictureSet
    shape: tuple
    model: object = None
    conditions: object = None
    kind: str | None = None
    source: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Tools:
    """What pictures are measured with.

    Attributes:
        networks: list of `FeatureNetwork`. lpips: `LpipsDistance` or None.
        damsm: a DAMSM for R-precision, or None. cache: `Cache`.
        detector: `recipes.evaluation.soa.Detector` for SOA, or None.
    """

    networks: list
    lpips: object
    damsm: object
    cache: object
    detector: object = None


def check_tools(protocol, networks, lpips):
    """What falls short of the networks that a protocol names: a list of str."""
    lacks = []
    if protocol.network == "inception" and not any(network.family for network in networks):
        lacks.append("an encoder of this zoo instead of Inception: no number here is a paper's FID")
    if "lpips" in protocol.needs and lpips is None:
        lacks.append("no LPIPS, for --lpips_trunk and --lpips_heads were not given")
    return lacks


def of_preset(handle, model, protocol, settings, cache):
    """(Subject, Data, warnings): the pictures of a preset's model.

    Args:
        settings: object with `data`, `crop`, `seed`, `direction`, `batch_size`.
    """
    kind = kind_of(model)
    metadata = getattr(model, "preset_metadata", {})
    if kind not in KINDS[protocol.kinds]:
        fitting = ", ".join(KINDS[protocol.kinds])
        raise ZooError(f"{handle} draws by {kind}, but this protocol is for {fitting}.")
    data = Data(settings.data, kind, metadata.get("training"), settings.crop)
    count = protocol.conditions
    conditions, split = data.conditions(
        model, count, protocol.condition_split, settings.direction
    )
    samples, warnings = protocol.samples, []
    if kind == "nothing":
        samples *= protocol.conditions or 1
    if not model.latent_dim and samples > 1:
        warnings.append("the model has no latent, so a condition has one picture")
        samples = 1
    if kind not in ("nothing", "labels") and split != protocol.condition_split:
        warnings.append(
            f'conditions are of the split "{split}" instead of "{protocol.condition_split}"'
        )
    pictures = made(model, metadata, conditions, samples, settings, cache)
    source = {
        "preset": str(handle), "class": type(model).__name__,
        "weights_sha256": weights_digest(model),
        "conditions": len(conditions), "samples_per_condition": samples, "condition_split": split,
        "generated": len(pictures), "kind": kind, **conditions.settings,
    }
    name = metadata.get("name") or str(handle)
    shape = (len(conditions), samples)
    return Subject(name, pictures, shape, model, conditions, kind, source), data, warnings


def made(model, metadata, conditions, samples, settings, cache):
    """The generated pictures as a `PictureSet`; picture k of condition i has the seed
    `seed + i * samples + k`, so no two share a latent."""
    at_once = max(1, MAKE // samples)
    extra = {"batch_size": settings.batch_size} if settings.batch_size else {}

    def batches():
        for start in range(0, len(conditions), at_once):
            places = np.arange(start, min(start + at_once, len(conditions)))
            values = conditions.part(places)
            for k in range(0, samples, MAKE):  # in one go where samples are few
                seeds = [settings.seed + int(place) * samples + k for place in places]
                yield model.generate(
                    values, min(MAKE, samples - k), seed=seeds, **conditions.settings, **extra
                )

    parts = ("generated 1", weights_digest(model), type(model).__name__, conditions.digest, samples,
             settings.seed)
    count = len(conditions) * samples
    array = cache.rows("generated", parts, count, batches, "generated pictures")
    names = model.class_names if hasattr(model, "class_names") else None
    labels = np.repeat(conditions.labels, samples)
    return from_array(array, metadata.get("name", "generated"), labels=labels, class_names=names)


def of_images(path, size):
    """`Subject` of a folder, .zip or .npy of pictures."""
    pictures = from_path(path, size)
    source = {"images": str(path), "generated": len(pictures), "sha256": pictures.digest}
    return Subject(pictures.name, pictures, (len(pictures), 1), source=source)


def common_record(subject, real, protocol_name, protocol, seed):
    """What belongs to every number."""
    height, width = subject.pictures.shape[:2]
    return {
        "name": protocol_name, "conditions": subject.shape[0],
        "samples_per_condition": subject.shape[1], "generated": len(subject.pictures),
        "real": len(real), "real_pictures": real.name, "resolution": [height, width], "seed": seed,
    }


def lacking(subject, real, protocol):
    """What falls short of the protocol's counts."""
    conditions, samples = subject.shape
    if subject.kind in (None, "nothing"):
        conditions = samples = None
    available = subject.model.classes if subject.kind == "labels" else None
    return shortfalls(protocol, conditions, samples, len(subject.pictures), len(real), available)
