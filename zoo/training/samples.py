"""Sample grids of a run, from fixed conditions and fixed noise, so that steps can be compared.

A grid is written as a PNG file and as a TensorBoard image. `CaptionSamples` generates images from
captions, `ConditionSamples` from labels and images; `DescriptionSamples` shows the output of a
captioning network.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from zoo.data import evaluation_batches
from zoo.images.convert import to_uint8
from zoo.text.captions import can_read
from zoo.visualization.attention_panel import panel
from zoo.visualization.caption_page import caption_page
from zoo.visualization.explain import explanations, labels_of
from zoo.visualization.grid import grid, rows_grid, save_png, to_rgb

# --- captions -------------------------------------------------------------------------------------


def caption_samples(config, data, model):
    """The `CaptionSamples` of a config; None, with a note, if the model can read no caption."""
    rows, labels = sample_rows(config, data, model)
    if rows is not None and not len(rows):
        data.notes.append("no sample grid: the model can read none of the captions")
        return None
    if labels and labels != list(config.samples.captions):
        data.notes.append("sample grid: " + "; ".join(labels))
    return CaptionSamples(
        model, rows, config.samples.images_per_caption, config.samples.seed,
        unknown=config.data.unknown, labels=labels,
    )


class CaptionSamples:
    """Writes images of fixed captions from fixed noise, so that steps can be compared.

    Args:
        model: a text-to-image system with `generate`.
        captions: list of str, one row each; float (rows, features) for a model of embeddings; None
            for an unconditional model.
        images_per_caption: images per row.
        seed: of the noise.
        unknown: "drop" | "unk", what unknown words become.
        labels: list of str, the text of each row; by default the captions.
    """

    def __init__(
        self, model, captions, images_per_caption=6, seed=0, unknown="drop", labels=None
    ):
        self.model, self.captions, self.labels = model, captions, labels or labels_of(captions)
        self.images_per_caption, self.seed, self.unknown = images_per_caption, seed, unknown

    def __call__(self, directory, step):
        """Writes `step_N.png` and, if the model has attention, `step_N_explain.png`.

        Returns the images, uint8 (captions * images_per_caption, size, size, 3).

        The second file has the details of these images, without the strips in which only one noise
        varies. A model that can caption images adds `step_N_described.png`. All of them are
        TensorBoard images too.
        """
        images, details = self.model.generate(
            self.captions, images_per_caption=self.images_per_caption, seed=self.seed,
            unknown=self.unknown, return_details=True,
        )
        pages = {"": grid(images, self.images_per_caption, labels=self.labels)}
        if "attention" in details:
            pages["_explain"] = panel(explanations(self.labels, self.seed, images, details))
        if hasattr(self.model, "describe"):
            descriptions = self.model.describe(images)
            pages["_described"] = caption_page(self.labels, images, descriptions)
        for name, page in pages.items():
            save_png(Path(directory) / f"step_{step:07d}{name}.png", page)
            tf.summary.image(f"samples{name}", np.asarray(page)[None])
        tf.summary.text("captions", tf.constant(self.labels))
        return images


def sample_rows(config, data, model):
    """The conditions of the rows of the fixed sample grid.

    Captions that the model cannot read are replaced by held-out ones, and if it can read none of
    those either, by training captions. Embeddings are always held-out ones, as many as the grid
    has captions.

    Returns:
        (rows, labels); without text (None, []).
    """
    configured = list(config.samples.captions)
    if model.condition.kind != "captions":
        return held_out_rows(config, data, model, max(len(configured), 1))
    captions = [c for c in configured if can_read(c, model.vocabulary, config.data.unknown)]
    if not captions or len(captions) < len(configured):
        others = [c for c in held_out_rows(config, data, model)[0] if c not in captions]
        captions += others[:max(len(configured), 1) - len(captions)]
    if not captions:
        captions = _readable(config, data.source, model)[:max(len(configured), 1)]
    return captions, captions


def held_out_rows(config, data, model, count=None):
    """The conditions of the first `count` held-out images, or of all, with their captions.

    Returns:
        (rows, labels); without text (None, []).
    """
    if model.condition.kind == "nothing":
        return None, []
    if model.condition.kind != "captions":
        captions = [captions[0] for captions in data.held_out.captions[:count]]
        return np.stack([rows[0] for rows in data.held_out.embeddings[:count]]), captions
    captions = _readable(config, data.held_out, model)[:count]
    return captions, captions


def _readable(config, source, model):
    """The distinct first captions of a source that a model can read."""
    captions = dict.fromkeys(captions[0] for captions in source.captions)
    return [c for c in captions if can_read(c, model.vocabulary, config.data.unknown)]


# --- labels and images ----------------------------------------------------------------------------


@dataclass
class Conditions:
    """Conditions of one kind, fixed for a run.

    Attributes:
        name: str, such as "a2b"; "" where there is only one kind.
        values: the conditions, as `model.generate` takes them.
        labels: list of str, written above each row; None for none.
        references: list of uint8 (conditions, size, size, 3), images to the left of the samples.
        arguments: dict. More arguments of `model.generate`.
    """

    name: str
    values: object
    labels: list | None = None
    references: list = field(default_factory=list)
    arguments: dict = field(default_factory=dict)


def fixed_conditions(model, data, count):
    """A list of `Conditions`: the first labels, or held-out images, of each direction."""
    if data.kind == "labels":
        values = list(range(min(count, model.classes)))
        return [Conditions("", values, [str(data.source.class_names[v]) for v in values])]
    images = data.held_out_images(count)
    if data.kind == "pairs":
        references = [in_bytes(images[name]) for name in ("source", "target")]
        return [Conditions("", images["source"], references=references)]
    return [
        Conditions(direction, images[f"images_{direction[0]}"],
                   references=[in_bytes(images[f"images_{direction[0]}"])],
                   arguments={"direction": direction})
        for direction in ("a2b", "b2a")
    ]


def in_bytes(images):
    """float (n, h, w, 1 or 3) in [-1, 1] -> uint8 (n, h, w, 3)."""
    return to_rgb(to_uint8(images))


class ConditionSamples:
    """Writes images of fixed conditions from fixed noise, so that steps can be compared.

    A row consists of its source image and target image, if there are any, and samples.
    """

    def __init__(self, model, conditions, samples_per_condition, seed):
        self.model, self.conditions = model, conditions
        self.samples, self.seed = samples_per_condition, seed

    def __call__(self, directory, step):
        """Writes `step_N.png`, or `step_N_a2b.png` and `step_N_b2a.png`, and to TensorBoard.

        Returns the images, uint8 (conditions * samples, size, size, channels), a tuple of one array
        per direction.
        """
        made = []
        for conditions in self.conditions:
            ending = f"_{conditions.name}" if conditions.name else ""
            images, canvas = sample_grid(self.model, conditions, self.samples, self.seed)
            save_png(Path(directory) / f"step_{step:07d}{ending}.png", canvas)
            tf.summary.image(f"samples{ending}", canvas[None])
            made.append(images)
        return tuple(made)


def sample_grid(model, conditions, samples, seed):
    """The images, and their grid, uint8 (H, W, 3), with one row per condition."""
    images = model.generate(
        conditions.values, samples_per_condition=samples, seed=seed, **conditions.arguments
    )
    return images, rows_grid(images, samples, conditions.references, labels=conditions.labels)


# --- descriptions ---------------------------------------------------------------------------------


class DescriptionSamples:
    """Writes held-out images with their true captions to the left and their descriptions below.

    Args:
        model: a `CaptionPretraining`.
        source: the held-out images.
        tokenizer, crop: see `evaluation_batches`.
        count: int, number of images.
    """

    def __init__(self, model, source, tokenizer, crop, count=8):
        self.model = model
        count = min(count, len(source))
        self.captions = [captions[0] for captions in source.captions[:count]]
        batches = evaluation_batches(source, tokenizer, model.image_sizes, count, crop=crop)
        self.images = next(iter(batches))["images"][-1].numpy()

    def __call__(self, directory, step):
        """Writes `step_N.png`, also as a TensorBoard image."""
        images = to_uint8(self.images)
        page = caption_page(self.captions, images, self.model.describe(images))
        save_png(Path(directory) / f"step_{step:07d}.png", page)
        tf.summary.image("samples", page[None])
