"""The pictures of a config of labels, pairs or two domains: sources, batches, held-out ones."""

import inspect

import numpy as np

from recipes.image_systems import check_source, kind_of
from zoo.data import (
    get_source,
    labels_dataset,
    paired_dataset,
    paired_evaluation,
    unpaired_dataset,
    unpaired_evaluation,
)
from zoo.errors import ZooError

DATASETS = {"labels": labels_dataset, "pairs": paired_dataset, "domains": unpaired_dataset}


class ImageData:
    """The training source of a config and the held-out one.

    Attributes:
        kind: "labels", "pairs" or "domains".
        source, held_out: sources (see `zoo.data`); without a held-out split, training pictures.
        notes: lines worth a place in the log.
    """

    def __init__(self, config):
        check_source(config)
        self.settings = config.data
        self.kind = kind_of(config.data.name)
        self.image_size = config.model.image_size
        self.channels = {} if self.kind != "pairs" else {
            "source_channels": config.model.get("source_channels", 3)
        }
        self.notes = []
        self.source = self._load("train", self.settings.count)
        self.held_out = self._held_out()

    def _load(self, split, count):
        """A source; it gets those of the `data` settings that it has."""
        from zoo import data

        settings = {
            **self.settings, "split": split, "count": count, "size": self.image_size,
            "directory": self.settings.directory or None,
        }
        known = inspect.signature(getattr(data, data.SOURCES[self.settings.name])).parameters
        try:
            source = get_source(
                self.settings.name, **{k: v for k, v in settings.items() if k in known}
            )
        except ZooError as error:
            if "directory" in known and not self.settings.directory:
                error = f"{error} Give your copy with --config.data.directory=PATH."
            raise ZooError(str(error)) from None
        if skipped := getattr(source, "skipped", []):
            self.notes.append(f"{split}: skipped {len(skipped)} pictures, the first: {skipped[0]}")
        return source

    def _held_out(self):
        if self.kind == "labels":
            return None  # every label is known; nothing is read from held-out pictures
        try:
            return self._load(self.settings.held_out_split, self.settings.held_out_count)
        except ZooError as error:
            self.notes.append(f"no held-out split, samples are of training pictures: {error}")
            return self.source

    def __len__(self):
        """Pictures of an epoch; of two domains those of the larger."""
        if self.kind == "domains":
            return max(len(self.source.a), len(self.source.b))
        return len(self.source)

    def describe(self, _):
        """One line for `--dry_run`."""
        if self.kind == "domains":
            return f"pictures: {len(self.source.a)} in domain A, {len(self.source.b)} in domain B"
        classes = f", {len(self.source.class_names)} classes" if self.kind == "labels" else ""
        return f"pictures: {len(self.source)}{classes}"

    def batches(self, config, _):
        """start step -> endless dataset of a model's batches."""
        settings = self.settings

        def from_step(start):
            return DATASETS[self.kind](
                self.source, self.image_size, config.batch_size, seed=config.seed,
                start_step=start, load_size=settings.load_size or None, flip=settings.flip,
                cache=settings.cache, **self.channels,
            )

        return from_step

    def held_out_pictures(self, count):
        """The first `count` held-out pictures, or pairs, or of each domain.

        Returns:
            dict of the fields of a batch, float32 (count, size, size, channels) in [-1, 1]; fewer
            where there are fewer.
        """
        make = paired_evaluation if self.kind == "pairs" else unpaired_evaluation
        batches = make(
            self.held_out, self.image_size, count, load_size=self.settings.load_size or None,
            **self.channels,
        )
        return {name: np.asarray(part) for name, part in next(iter(batches)).items()}
