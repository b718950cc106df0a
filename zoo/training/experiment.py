"""The result of a recipe's `build`: a model with its data, scores and samples."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Experiment:
    """The output of a recipe's `build` and the input of the `Trainer`.

    Attributes:
        model: a `zoo.models.base.system.System` (anything with `train_step`, `step_arguments`,
            `iteration`, `checkpoint_variables`, `save_checkpoint`, `load_checkpoint`, `metrics` and
            `save_to_preset`), compiled.
        batches: start step -> `tf.data.Dataset` of global batches, starting with that step's. If it
            also takes `rows`, int (rows,), a dataset of these rows of each batch: then each worker
            of a cluster reads only its own.
        score: () -> `{name: float}`, or None; must not change the model. Its attributes:
            `best_metric`, the metric that selects the best preset (lower is better, "" for none);
            `protocol`, how it is measured; `images`, the images it is measured on, such as
            "held-out (test)" (see `zoo.data.splits`).
        samples: (directory, step) -> the generated images, uint8, or a tuple of them, one array
            per direction of two domains, or None; or None. Writes images to files and to
            TensorBoard.
        metadata: dict, the metadata of the presets, see `zoo.presets.save_to_preset`.
        start: str, the log line of a fine-tuning, see `zoo.training.initial_weights`.
        meaning: dict, the vocabulary, classes, seed and data that the weights belong to, see
            `zoo.training.run_data.meaning_of`; it is stored in checkpoints, and a checkpoint with
            a different one is rejected.
    """

    model: Any
    batches: Callable
    score: Callable | None = None
    samples: Callable | None = None
    metadata: dict = field(default_factory=dict)
    start: str = ""
    meaning: dict = field(default_factory=dict)
