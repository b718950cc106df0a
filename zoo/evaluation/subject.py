"""What an evaluation measures: a model or a set of images; and what it misses of a protocol."""

import dataclasses
import functools
import os

import numpy as np

from zoo.conditions.kinds import kinds_of_task
from zoo.data import SOURCES, form_of
from zoo.errors import ZooError
from zoo.evaluation import soa
from zoo.evaluation.dataset import EvaluationDataset, check_measurable, size_of, source_name
from zoo.evaluation.feature_networks import variables_digest, weights_digest
from zoo.evaluation.image_set import ImageSet, from_array, from_path, with_classes
from zoo.evaluation.parts import fingerprint_of, is_asked
from zoo.evaluation.protocols import count_deviations

MAKE = 64  # images per call of `generate`, about


@dataclasses.dataclass
class Subject:
    """What is measured: a model on some conditions, or a set of images.

    Attributes:
        name: str.
        make: function () -> `ImageSet`, ordered by condition.
        shape: (conditions, images per condition); (images, 1) of a set of images.
        size: (height, width) in pixels.
        model: the model, or None.
        conditions: `Conditions`, or None.
        kind: of the model's condition, see `zoo.conditions.kinds.KINDS`, or None.
        data: `EvaluationDataset`, or None of a set of images.
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
    def images(self):
        """The `ImageSet`; a model generates it at the first access."""
        return self.make()

    @property
    def count(self):
        return self.shape[0] * self.shape[1]


def open_subject(model, source, protocol, options, cache):
    """What is measured, and what it is compared with; no image is generated yet.

    Args:
        model: a conditional GAN, a preset's name, directory or handle, or an `ImageSet`.
        source: the data, see `zoo.evaluation.evaluate`.
        protocol: `Protocol`, with the counts that are to be measured.
        options: `Options`.
        cache: `Cache` of the generated images.

    Returns:
        (`Subject`, `ImageSet` of all real images, dict of facts about the data, warnings).

    Raises:
        ZooError: something cannot be opened, or the two have different sizes.
    """
    warnings, splits, data = [], {}, None
    if isinstance(model, ImageSet):
        if isinstance(source, str) and not source:
            raise ZooError("`source` is missing: give the real images' folder, or a source.")
        subject = of_images(model)
        name = source_name(source)
        if name in SOURCES or not isinstance(source, str | ImageSet):
            data = EvaluationDataset(source, form_of(name), crop=options.crop)
    else:
        subject, warnings = of_model(model, source, protocol, options, cache)
        data = subject.data
        if "condition_split" in subject.source:
            splits = {"conditions": subject.source["condition_split"]}
    if data is not None:
        name = data.name
        real, split = data.real_images(protocol.real_split, subject.size[0], options.direction)
    elif isinstance(source, ImageSet):
        real, name, split = source, "", source.split
    else:
        real = from_path(source, subject.size[0], protocol.real_split)
        name, split = "", real.split
    if subject.model is None:
        with_classes(subject.images, real.class_names)
    if (*subject.size, 3) != real.shape:
        raise ZooError(
            f"The generated images are of {subject.size}, the real ones of {real.shape[:2]}: "
            "give both in one size, or --size."
        )
    if data is not None:
        if not is_asked(split, protocol.real_split):
            warnings.append(f'real images are {split}, not the split "{protocol.real_split}"')
        warnings += [] if subject.model is None else other_data(subject, data, splits, split)
    elif split not in (None, protocol.real_split):
        warnings.append(f'real images are of the split "{split}", not "{protocol.real_split}"')
    splits["real"] = split or "all that were given"
    given = source if isinstance(source, str) else name or real.name
    return subject, real, {"data": given, "source": name, "splits": splits}, warnings


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


def of_model(model, data_source, protocol, options, cache):
    """(Subject, warnings) of a model, whose images are not generated yet.

    Args:
        model: the model, or the name, directory or handle of a preset.
        data_source, protocol, options, cache: see `open_subject`.

    Raises:
        ZooError: the model generates no images, none for this protocol, or has weights that are
            not finite.
    """
    handle, digest = model, None
    if isinstance(model, str | os.PathLike):
        from zoo.presets import from_preset

        model = from_preset(handle)
        digest = weights_digest(model)
    else:  # its weights may have changed since they were read from a file
        handle = getattr(model, "preset_metadata", {}).get("name") or type(model).__name__
        digest = variables_digest(model)
    check_measurable(model)
    condition = model.condition
    metadata = getattr(model, "preset_metadata", {})
    if protocol.task not in ("any", condition.task):
        fitting = ", ".join(kinds_of_task(protocol.task))
        raise ZooError(f"{handle} draws from {condition.kind}, but this protocol is for {fitting}.")
    check_weights(handle, model)
    data = EvaluationDataset(
        data_source, condition.data_form, metadata.get("training"), options.crop,
        trained_on=metadata.get("training_data"), embeddings=condition.kind == "embeddings",
    )
    conditions, split = data.conditions(
        model, protocol.conditions, protocol.condition_split, options.direction, protocol.repeat
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
        "weights_sha256": digest,
        "conditions": len(conditions), "samples_per_condition": samples,
        **({} if split is None else {"condition_split": split}),
        "generated": shape[0] * shape[1], "kind": condition.kind, **conditions.settings,
        **({"words": conditions.words.describe()} if conditions.words else {}),
    }
    return Subject(
        metadata.get("name") or str(handle),
        lambda: generate_images(model, digest, conditions, samples, options, cache),
        shape, (size_of(model),) * 2, model, conditions, condition.kind, data, source,
    ), warnings


def check_weights(handle, model):
    """Raises `ZooError` where a weight is no number: such images are black, or anything."""
    for name, variable in model.preset_variables().items():
        if not np.isfinite(np.asarray(variable.numpy(), np.float32)).all():
            raise ZooError(
                f"The weights {name} of {handle} are not finite, so its images mean nothing: "
                "take an earlier checkpoint of its run."
            )


def generate_images(model, digest, conditions, samples, options, cache):
    """The generated images as an `ImageSet`, from the cache where they are there already.

    Image k of condition i has the seed `seed + i * samples + k`, so no two share a latent.

    Args:
        digest: str, hash of the model's weights.
        conditions: `Conditions`. samples: int, images per condition.
    """
    at_once = max(1, MAKE // samples)
    extra = {"batch_size": options.batch_size} if options.batch_size else {}

    def batches():
        for start in range(0, len(conditions), at_once):
            places = np.arange(start, min(start + at_once, len(conditions)))
            values = conditions.part(places)
            for k in range(0, samples, MAKE):  # in one go where samples are few
                seeds = [options.seed + int(place) * samples + k for place in places]
                yield model.generate(
                    values, min(MAKE, samples - k), seed=seeds, **conditions.settings, **extra
                )

    parts = ("generated 1", digest, type(model).__name__, conditions.digest, samples, options.seed)
    count = len(conditions) * samples
    array = cache.rows("generated", parts, count, batches, "generated pictures")
    labels = np.repeat(conditions.labels, samples)
    name = getattr(model, "preset_metadata", {}).get("name", "generated")
    return from_array(array, name, labels=labels, class_names=model.condition.class_names)


def of_images(images):
    """`Subject` of an `ImageSet`."""
    source = {"images": images.path or images.name, "generated": len(images),
              "sha256": images.digest, "input": images.preprocessing}
    return Subject(images.name, lambda: images, (len(images), 1), images.shape[:2], source=source)


def common_record(subject, real, protocol_name, seed, splits, versions):
    """What belongs to every number.

    Args:
        splits: dict of what is taken -> its split. versions: dict.
    """
    return {
        "name": protocol_name, "conditions": subject.shape[0],
        "samples_per_condition": subject.shape[1], "generated": subject.count,
        "real": len(real), "real_pictures": real.name, "real_input": real.preprocessing,
        "data_splits": splits, "resolution": list(subject.size), "seed": seed,
        "versions": versions,
    }


def protocol_deviations(subject, real, available, protocol, asked, evaluators):
    """What falls short of a protocol: a list of str.

    Args:
        real: `ImageSet` that is measured against. available: int, real images there are.
        protocol: `Protocol` with its own counts; asked: with those that are measured.
    """
    conditions, samples = subject.shape
    classes = None
    if subject.kind == "labels":
        classes = subject.model.condition.classes
    elif subject.kind in (None, "nothing"):
        conditions = samples = None
        if protocol.conditions is None and real.class_names:  # a folder, of all classes
            classes = len(real.class_names)
            if subject.kind is None and subject.images.labels is not None:
                counts = np.bincount(subject.images.labels, minlength=classes)
                conditions, samples = int((counts > 0).sum()), int(counts.min())
    lacks = count_deviations(
        protocol, conditions, samples, subject.count, len(real), classes, available
    )
    if protocol.network == "inception" and not any(n.family for n in evaluators.networks):
        lacks.append("an encoder of this zoo instead of Inception: no number here is a paper's FID")
    if "lpips" in protocol.needs and evaluators.lpips is None:
        lacks.append("no LPIPS, for --lpips_trunk and --lpips_heads were not given")
    if asked.bins != protocol.bins:
        lacks.append(f"{asked.bins} bins of NDB instead of {protocol.bins}")
    return lacks + soa.deviations(subject, evaluators)
