"""The subject of an evaluation: a model with conditions, or a set of images."""

import dataclasses
import functools

import numpy as np

from zoo.conditions.kinds import kinds_of_task
from zoo.data import SOURCES, form_of
from zoo.errors import ZooError
from zoo.evaluation.arguments import kind_of
from zoo.evaluation.dataset import EvaluationDataset, check_measurable, size_of, source_name
from zoo.evaluation.identity import (
    file_digest,
    model_digest,
    precision_of,
    variables_digest,
    weights_digest,
)
from zoo.evaluation.image_set import ImageSet, from_array, from_path, with_classes
from zoo.evaluation.parts import fingerprint_of, is_requested

MAKE = 64  # approximate number of images per call of `generate`


@dataclasses.dataclass
class Subject:
    """The subject of an evaluation: a model with conditions, or a set of images.

    Attributes:
        name: str.
        make: function () -> `ImageSet`, ordered by condition.
        shape: (conditions, images per condition); (images, 1) for a set of images.
        size: (height, width) in pixels.
        model: the model, or None.
        conditions: `Conditions`, or None.
        kind: kind of the model's condition, see `zoo.conditions.kinds.KINDS`, or None.
        data: `EvaluationDataset`, or None for a set of images.
        source: dict for the report.
        digest: str, hash of everything in the model that its images depend on; "" without one.
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
    digest: str = ""

    @functools.cached_property
    def images(self):
        """The `ImageSet`; a model generates it on first access."""
        return self.make()

    @property
    def count(self):
        return self.shape[0] * self.shape[1]


def check_subject(model):
    """Raises `ZooError` unless it is a model, text (the handle of a preset) or an `ImageSet`."""
    from zoo.models.base.system import System

    if not isinstance(model, str | ImageSet | System):
        raise ZooError(
            "`model` must be a model of this zoo, the name or path of a preset, or a set of "
            f"images, got {kind_of(model)}. Turn an array of images into a set with "
            "zoo.evaluation.from_array."
        )


def open_subject(model, source, protocol, options, cache):
    """The subject and the real images; no image is generated yet.

    Args:
        model: a conditional GAN, a preset's name, directory or handle, or an `ImageSet`.
        source: the data, see `zoo.evaluation.evaluate`; no path but its text.
        protocol: `Protocol`, with the counts to use.
        options: `Options`.
        cache: `Cache` of the generated images.

    Returns:
        (`Subject`, `ImageSet` of all real images, dict of facts about the data, warnings).

    Raises:
        ZooError: if something cannot be opened, an option changes nothing, or the two have
            different sizes.
    """
    warnings, splits, data = [], {}, None
    if isinstance(model, ImageSet):
        if isinstance(source, str) and not source:
            raise ZooError("`source` is missing: give the real images' folder, or a source.")
        subject = of_images(model)
        name = source_name(source)
        if name in SOURCES or not isinstance(source, str | ImageSet):
            data = EvaluationDataset(source, form_of(name), crop=options.crop)
        options.check_used(data.form if data else "", None, subject.size)
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
            f"The generated images have size {subject.size}, the real images {real.shape[:2]}: "
            "give both in the same size, or `size`."
        )
    if data is not None:
        if not is_requested(split, protocol.real_split):
            warnings.append(f'real images are {split}, not the split "{protocol.real_split}"')
        warnings += [] if subject.model is None else other_data(subject, data, splits, split)
    elif split not in (None, protocol.real_split):
        warnings.append(f'real images are of the split "{split}", not "{protocol.real_split}"')
    splits["real"] = split or "all that were given"
    data_name = source if isinstance(source, str) else name or real.name
    return subject, real, {"data": data_name, "source": name, "splits": splits}, warnings


def other_data(subject, data, splits, real_word):
    """The warning that held-out images may have been in the training data, as a list."""
    if data.fingerprint is None or not data.fraction:
        return []
    if not any(word.endswith("by hash)") for word in (*splits.values(), real_word)):
        return []
    trained, _ = data.held_out(subject.size[0], "train")
    if fingerprint_of(trained) == data.fingerprint:
        return []
    return ["the data are not those that the preset was trained on, so images that are held out "
            "by hash may be training images under other file names"]


def of_model(model, data_source, protocol, options, cache):
    """(Subject, warnings) of a model; no image is generated yet.

    Args:
        model: the model, or the name, directory or handle of a preset.
        data_source, protocol, options, cache: see `open_subject`.

    Raises:
        ZooError: if the model generates no images, does not match the protocol, or has weights that
            are not finite.
    """
    handle, model, weights = opened(model, options.max_words)
    check_measurable(model)
    if isinstance(data_source, ImageSet):
        raise ZooError(
            "A model needs a data set, with its conditions and real images, got a set of images: "
            "give a source's name, a path or an open source as `source`."
        )
    condition = model.condition
    metadata = getattr(model, "preset_metadata", {})
    if protocol.task not in ("any", condition.task):
        fitting = ", ".join(kinds_of_task(protocol.task))
        raise ZooError(
            f"{handle} is conditioned on {condition.kind}, but this protocol is for {fitting}: "
            "choose another protocol."
        )
    options.check_used(condition.data_form, condition.kind, (size_of(model),) * 2)
    check_weights(handle, model)
    data = EvaluationDataset(
        data_source, condition.data_form, metadata.get("training"), options.crop,
        trained_on=metadata.get("training_data"), embeddings=condition.kind == "embeddings",
    )
    # The real images are of all classes, so only the user's own number selects some of them.
    count = options.conditions if condition.kind == "labels" else protocol.conditions
    conditions, split = data.conditions(
        model, count, protocol.condition_split, options.direction, protocol.repeat
    )
    samples, warnings = protocol.samples, []
    if condition.kind == "nothing":
        samples *= protocol.conditions or 1
    if not model.latent_dim and samples > 1:
        warnings.append("the model has no latent, so each condition has one image")
        samples = 1
    splits = protocol.equal_values("condition_split")
    if split is not None and not any(is_requested(split, name) for name in splits):
        warnings.append(
            f'conditions are {split}, not the split "{protocol.condition_split}"'
        )
    if conditions.words and (conditions.words.loses_words or conditions.words.loses_captions):
        coverage = conditions.words.describe()
        warnings.append(f"the preset reads only a part of the captions: {coverage}")
    shape = (len(conditions), samples)
    source = {
        "preset": str(handle), "class": type(model).__name__,
        "weights_sha256": weights, "precision": precision_of(model),
        "conditions": len(conditions), "samples_per_condition": samples,
        **({} if split is None else {"condition_split": split}),
        "generated": shape[0] * shape[1], "kind": condition.kind, **conditions.settings,
        **({"words": conditions.words.describe(), "max_words": model.max_words}
           if conditions.words else {}),
    }
    digest = model_digest(model, variables_digest(model))
    return Subject(
        metadata.get("name") or str(handle),
        lambda: generate_images(model, digest, conditions, samples, options, cache),
        shape, (size_of(model),) * 2, model, conditions, condition.kind, data, source, digest,
    ), warnings


def opened(model, max_words=None):
    """(handle, model, SHA-256 of its weights) of a model, or of the handle of a preset.

    `max_words`: the words of a caption that a preset reads, or None for its own number.
    """
    if isinstance(model, str):
        from zoo.presets import from_preset

        loaded = from_preset(model, max_words=max_words)
        return model, loaded, file_digest(loaded)
    if max_words is not None:
        raise ZooError(
            f"`max_words` ({max_words}) is for the name or path of a preset: give that, or a model "
            f"from from_preset(..., max_words={max_words})."
        )
    handle = getattr(model, "preset_metadata", {}).get("name") or type(model).__name__
    return handle, model, weights_digest(model)


def check_weights(handle, model):
    """Raises `ZooError` for weights that are not finite."""
    for name, variable in model.preset_variables().items():
        if not np.isfinite(np.asarray(variable.numpy(), np.float32)).all():
            raise ZooError(
                f"The weights {name} of {handle} are not finite, so its images are meaningless: "
                "use an earlier checkpoint of its run."
            )


def generate_images(model, digest, conditions, samples, options, cache):
    """The generated images as an `ImageSet`, from the cache if it has them.

    Image k of condition i has the seed `seed + i * samples + k`, so that all latents differ.

    Args:
        digest: str, hash of the model, see `model_digest`.
        conditions: `Conditions`. samples: int, images per condition.
    """
    at_once = max(1, MAKE // samples)
    extra = {"batch_size": options.batch_size} if options.batch_size else {}

    def batches():
        for start in range(0, len(conditions), at_once):
            indices = np.arange(start, min(start + at_once, len(conditions)))
            values = conditions.part(indices)
            for k in range(0, samples, MAKE):  # a single call if samples are few
                seeds = [options.seed + int(index) * samples + k for index in indices]
                yield model.generate(
                    values, min(MAKE, samples - k), seed=seeds, **conditions.settings, **extra
                )

    parts = ("generated 2", digest, conditions.digest, samples, options.seed)
    count = len(conditions) * samples
    array = cache.rows("generated", parts, count, batches, "generated images")
    labels = np.repeat(conditions.labels, samples)
    name = getattr(model, "preset_metadata", {}).get("name", "generated")
    return from_array(array, name, labels=labels, class_names=model.condition.class_names)


def of_images(images):
    """The `Subject` of an `ImageSet`."""
    source = {"images": images.path or images.name, "generated": len(images),
              "sha256": images.digest, "input": images.preprocessing}
    return Subject(images.name, lambda: images, (len(images), 1), images.shape[:2], source=source)


def common_record(subject, real, protocol_name, seed, splits, versions):
    """The facts that every result of an evaluation shares.

    Args:
        splits: dict of "conditions", "real" -> split. versions: dict of library -> version.
    """
    return {
        "name": protocol_name, "conditions": subject.shape[0],
        "samples_per_condition": subject.shape[1], "generated": subject.count,
        **({"direction": subject.source["direction"]} if "direction" in subject.source else {}),
        "real": len(real), "real_pictures": real.name, "real_input": real.preprocessing,
        "data_splits": splits, "resolution": list(subject.size), "seed": seed,
        "versions": versions,
    }
