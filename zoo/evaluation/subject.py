"""What an evaluation measures: pictures that are made or taken, and what a protocol misses."""

import dataclasses
import functools

import numpy as np

from zoo.conditions.kinds import kinds_of_task
from zoo.data import SOURCES, form_of
from zoo.errors import ZooError
from zoo.evaluation import soa
from zoo.evaluation.dataset import Data, check_measurable, size_of
from zoo.evaluation.feature_networks import weights_digest
from zoo.evaluation.image_set import from_array, from_path, with_classes
from zoo.evaluation.parts import fingerprint_of, is_asked
from zoo.evaluation.protocols import shortfalls

MAKE = 64  # pictures of a call of `generate`, about


@dataclasses.dataclass
class Subject:
    """What is measured.

    Attributes:
        name: str.
        make: function () -> `PictureSet`, ordered by condition.
        shape: (conditions, pictures of each); (pictures, 1) of a folder.
        size: (height, width).
        model: the system, or None.
        conditions: `Conditions`, or None.
        kind: of the model's condition, see `zoo.conditions.kinds.KINDS`, or None.
        data: `Data`, or None of a folder.
        source: dict for the report.
    """

    name: str
    make: object
    shape: tuple
    size: tuple
    model: object = None
    conditions: object = None
    kind: str | None = None
    data: object = None
    source: dict = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def pictures(self):
        """The `PictureSet`; a preset draws when it is asked for first."""
        return self.make()

    @property
    def count(self):
        return self.shape[0] * self.shape[1]


@dataclasses.dataclass
class Tools:
    """What pictures are measured with.

    Attributes:
        networks: list of `FeatureNetwork`. lpips: `LpipsDistance` or None.
        damsm: a DAMSM for R-precision, or None. cache: `Cache`.
        detector: `zoo.evaluation.soa.Detector` for SOA, or None.
        soa_captions: folder of SOA's lists of captions, or None.
        captions_per_label: int, at most so many of SOA's, or None.
    """

    networks: list
    lpips: object
    damsm: object
    cache: object
    detector: object = None
    soa_captions: str | None = None
    captions_per_label: int | None = None


def opened(options, handle, protocol, tools):
    """What is measured against what; no picture is made yet.

    Args:
        options: see `recipes.evaluate`. handle: of a preset, or None for `--images`.
        protocol: with the counts that were asked for.

    Returns:
        (`Subject`, `PictureSet` of all real pictures, dict about the data, warnings).

    Raises:
        ZooError: something cannot be opened, or the two are of different sizes.
    """
    warnings, splits = [], {}
    if handle is None:
        if not options.data:
            raise ZooError("--data is missing: give the real pictures' folder, or a source's name.")
        subject = of_images(options.images, options.size)
        data = None
        if (name := options.data.partition(":")[0]) in SOURCES:
            data = Data(options.data, form_of(name), crop=options.crop)
    else:
        from zoo.presets import from_preset

        subject, warnings = of_preset(
            handle, from_preset(handle), protocol, options, tools.cache
        )
        data = subject.data
        if "condition_split" in subject.source:
            splits = {"conditions": subject.source["condition_split"]}
    if data is None:
        real = from_path(options.data, subject.size[0], protocol.real_split)
        name, split = "", real.split
    else:
        name = data.name
        real, split = data.pictures(protocol.real_split, subject.size[0], options.direction)
    if subject.model is None:
        with_classes(subject.pictures, real.class_names)
    if (*subject.size, 3) != real.shape:
        raise ZooError(
            f"The generated pictures are of {subject.size}, the real ones of {real.shape[:2]}: "
            "give both in one size, or --size."
        )
    if data is not None:
        if not is_asked(split, protocol.real_split):
            warnings.append(f'real pictures are {split}, not the split "{protocol.real_split}"')
        warnings += [] if subject.model is None else other_data(subject, data, splits, split)
    elif split not in (None, protocol.real_split):
        warnings.append(f'real pictures are of the split "{split}", not "{protocol.real_split}"')
    splits["real"] = split or "all that were given"
    return subject, real, {"data": options.data, "source": name, "splits": splits}, warnings


def other_data(subject, data, splits, real_word):
    """A list with the warning that images which count as held out may have been trained on."""
    if data.fingerprint is None or not data.fraction:
        return []
    if not any(word.endswith("by hash)") for word in (*splits.values(), real_word)):
        return []
    trained, _ = data.held_out(subject.size[0], "train")
    if fingerprint_of(trained) == data.fingerprint:
        return []
    return ["the data are not those that the preset was trained on, so images that are held out "
            "by hash may be among those that it was trained on under other names"]


def of_preset(handle, model, protocol, settings, cache):
    """(Subject, warnings) of a preset's model, whose pictures are not made yet.

    Args:
        settings: object with `data`, `crop`, `seed`, `direction`, `batch_size`.

    Raises:
        ZooError: the model makes no pictures, none for this protocol, or none that mean anything.
    """
    check_measurable(model)
    condition = model.condition
    metadata = getattr(model, "preset_metadata", {})
    if protocol.task not in ("any", condition.task):
        fitting = ", ".join(kinds_of_task(protocol.task))
        raise ZooError(f"{handle} draws from {condition.kind}, but this protocol is for {fitting}.")
    check_weights(handle, model)
    data = Data(
        settings.data, condition.data_form, metadata.get("training"), settings.crop,
        trained_on=metadata.get("training_data"), embeddings=condition.kind == "embeddings",
    )
    conditions, split = data.conditions(
        model, protocol.conditions, protocol.condition_split, settings.direction, protocol.repeat
    )
    samples, warnings = protocol.samples, []
    if condition.kind == "nothing":
        samples *= protocol.conditions or 1
    if not model.latent_dim and samples > 1:
        warnings.append("the model has no latent, so a condition has one picture")
        samples = 1
    if split is not None and not is_asked(split, protocol.condition_split):
        warnings.append(
            f'conditions are of {split}, not of the split "{protocol.condition_split}"'
        )
    if conditions.words and (conditions.words.loses_words or conditions.words.loses_captions):
        warnings.append(f"the preset reads little of the captions: {conditions.words.describe()}")
    shape = (len(conditions), samples)
    source = {
        "preset": str(handle), "class": type(model).__name__,
        "weights_sha256": weights_digest(model),
        "conditions": len(conditions), "samples_per_condition": samples,
        **({} if split is None else {"condition_split": split}),
        "generated": shape[0] * shape[1], "kind": condition.kind, **conditions.settings,
        **({"words": conditions.words.describe()} if conditions.words else {}),
    }
    return Subject(
        metadata.get("name") or str(handle),
        lambda: made(model, metadata, conditions, samples, settings, cache),
        shape, (size_of(model),) * 2, model, conditions, condition.kind, data, source,
    ), warnings


def check_weights(handle, model):
    """Raises `ZooError` where a weight is no number: such pictures are black, or anything."""
    for name, variable in model.preset_variables().items():
        if not np.isfinite(np.asarray(variable.numpy(), np.float32)).all():
            raise ZooError(
                f"The weights {name} of {handle} are not finite, so its pictures mean nothing: "
                "take an earlier checkpoint of its run."
            )


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
    labels = np.repeat(conditions.labels, samples)
    return from_array(array, metadata.get("name", "generated"), labels=labels,
                      class_names=model.condition.class_names)


def of_images(path, size):
    """`Subject` of a folder, .zip or .npy of pictures."""
    pictures = from_path(path, size)
    source = {"images": str(path), "generated": len(pictures), "sha256": pictures.digest,
              "input": pictures.route}
    return Subject(
        pictures.name, lambda: pictures, (len(pictures), 1), pictures.shape[:2], source=source
    )


def common_record(subject, real, protocol_name, seed, splits, versions):
    """What belongs to every number.

    Args:
        splits: dict of what is taken -> its split. versions: dict.
    """
    return {
        "name": protocol_name, "conditions": subject.shape[0],
        "samples_per_condition": subject.shape[1], "generated": subject.count,
        "real": len(real), "real_pictures": real.name, "real_input": real.route,
        "data_splits": splits, "resolution": list(subject.size), "seed": seed,
        "versions": versions,
    }


def lacking(subject, real, available, protocol, asked, tools):
    """What falls short of a protocol: a list of str.

    Args:
        real: `PictureSet` that is measured against. available: int, real pictures there are.
        protocol: with its own counts; asked: with those of the flags.
    """
    conditions, samples = subject.shape
    classes = None
    if subject.kind == "labels":
        classes = subject.model.condition.classes
    elif subject.kind in (None, "nothing"):
        conditions = samples = None
        if protocol.conditions is None and real.class_names:  # a folder, of all classes
            classes = len(real.class_names)
            if subject.kind is None and subject.pictures.labels is not None:
                counts = np.bincount(subject.pictures.labels, minlength=classes)
                conditions, samples = int((counts > 0).sum()), int(counts.min())
    lacks = shortfalls(
        protocol, conditions, samples, subject.count, len(real), classes, available
    )
    if protocol.network == "inception" and not any(n.family for n in tools.networks):
        lacks.append("an encoder of this zoo instead of Inception: no number here is a paper's FID")
    if "lpips" in protocol.needs and tools.lpips is None:
        lacks.append("no LPIPS, for --lpips_trunk and --lpips_heads were not given")
    if asked.bins != protocol.bins:
        lacks.append(f"{asked.bins} bins of NDB instead of {protocol.bins}")
    return lacks + soa.lacking(subject, tools)
