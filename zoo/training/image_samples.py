"""Sample grids and held-out figures of label-to-image and image-to-image runs."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from zoo.images.convert import to_uint8
from zoo.visualization.grid import in_colour, rows_grid, save_png

PAIRS = 32  # conditions at most whose two samples are compared


@dataclass
class Conditions:
    """Some conditions of one kind, fixed for a run.

    Attributes:
        name: str, such as "a2b"; "" where there is only one kind.
        values: what `model.generate` takes first.
        labels: list of str, written above each row; None for none.
        shown: list of uint8 (conditions, size, size, 3), pictures that stand before the samples.
        arguments: dict. More arguments of `model.generate`.
    """

    name: str
    values: object
    labels: list | None = None
    shown: list = field(default_factory=list)
    arguments: dict = field(default_factory=dict)


def fixed_conditions(model, data, count):
    """A list of `Conditions`: the first labels, or held-out pictures, of each direction."""
    if data.kind == "labels":
        values = list(range(min(count, model.classes)))
        return [Conditions("", values, [str(data.source.class_names[v]) for v in values])]
    pictures = data.held_out_pictures(count)
    if data.kind == "pairs":
        shown = [in_bytes(pictures[name]) for name in ("source", "target")]
        return [Conditions("", pictures["source"], shown=shown)]
    return [
        Conditions(direction, pictures[f"images_{direction[0]}"],
                   shown=[in_bytes(pictures[f"images_{direction[0]}"])],
                   arguments={"direction": direction})
        for direction in ("a2b", "b2a")
    ]


def in_bytes(images):
    """float (n, h, w, 1 or 3) in [-1, 1] -> uint8 (n, h, w, 3)."""
    return in_colour(to_uint8(images))


class ConditionSamples:
    """Writes pictures of fixed conditions from fixed noise, so that steps can be compared.

    A row has its source, the picture that belongs to it if there is one, and samples.
    """

    def __init__(self, model, conditions, samples_per_condition, seed):
        self.model, self.conditions = model, conditions
        self.samples, self.seed = samples_per_condition, seed

    def __call__(self, directory, step):
        """Write `step_N.png`, of DRIT `step_N_a2b.png` and `step_N_b2a.png`, and to TensorBoard."""
        for conditions in self.conditions:
            ending = f"_{conditions.name}" if conditions.name else ""
            picture = sample_grid(self.model, conditions, self.samples, self.seed)
            save_png(Path(directory) / f"step_{step:07d}{ending}.png", picture)
            tf.summary.image(f"samples{ending}", picture[None])


def sample_grid(model, conditions, samples, seed):
    """uint8 (H, W, 3): a row a condition."""
    made = model.generate(
        conditions.values, samples_per_condition=samples, seed=seed, **conditions.arguments
    )
    return rows_grid(made, samples, conditions.shown, labels=conditions.labels)


class PairDistance:
    """How far two samples of one condition are apart, and pairs' samples from their target.

    `pair_distance`: mean absolute difference of two samples, in the scale of [-1, 1]; what mode
    seeking enlarges. `l1`: mean absolute difference of the first sample and the target, where there
    is one. They say nothing about quality, so no preset is chosen by them.
    """

    best_metric = ""

    def __init__(self, model, data, seed=0):
        self.images = "labels" if data.kind == "labels" else data.word
        self.model, self.seed = model, seed
        self.conditions = fixed_conditions(model, data, PAIRS)
        count = len(self.conditions[0].values)
        self.protocol = f"two samples, seeds {seed} and {seed + 1}, of each of {count} conditions"
        if data.kind != "labels":
            self.protocol += f", pictures: {self.images}"

    def __call__(self):
        figures = {}
        for conditions in self.conditions:
            ending = f"_{conditions.name}" if conditions.name else ""
            made = self.model.generate(
                conditions.values, samples_per_condition=2, seed=self.seed, **conditions.arguments
            ) / 127.5
            figures[f"pair_distance{ending}"] = float(np.abs(made[::2] - made[1::2]).mean())
            if len(conditions.shown) == 2:
                figures["l1"] = float(np.abs(made[::2] - conditions.shown[1] / 127.5).mean())
        return figures
