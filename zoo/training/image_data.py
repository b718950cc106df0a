"""The images of a config of labels, pairs or two domains: sources and their batches."""

import inspect
import os

import numpy as np

from zoo.data import (
    get_source,
    labels_dataset,
    paired_dataset,
    paired_evaluation,
    unpaired_dataset,
    unpaired_evaluation,
)
from zoo.data.splits import TRAINING, open_splits
from zoo.errors import MissingSplit, ZooError, check_choice

DATASETS = {"labels": labels_dataset, "pairs": paired_dataset, "domains": unpaired_dataset}
SOURCES = {  # names of the sources of `zoo.data` of each kind
    "labels": ("classes", "cifar10", "shape_classes"),
    "pairs": ("pairs", "shape_pairs"),
    "domains": ("unpaired", "shape_domains"),
}


def check_source(config, kind):
    """Raises `ZooError` for a data source of another kind, or invalid names of two domains."""
    check_choice("config.data.name", config.data.name, SOURCES[kind], f" for {config.system}")
    domains = tuple(config.data.get("domains", ("A", "B")))
    if len(domains) != 2 or not all(domains) or domains[0].casefold() == domains[1].casefold():
        raise ZooError(
            "config.data.domains must be two different names of folders, for example "
            f"""--config.data.domains='("cat","dog")', got {domains!r}."""
        )


class ImageData:
    """The training source of a config and the held-out one.

    Args:
        config: a config with the groups `data` and `model`.
        kind: "labels", "pairs" or "domains".

    Attributes:
        kind: see the arguments.
        source, held_out: sources (see `zoo.data`); if nothing is held out, `held_out` has training
            images; for labels, which need no held-out images, it is None.
        whole: the held-out source, or None.
        word: str, which images `held_out` has, see `zoo.data.splits`.
        notes: list of str, lines for the log.
        is_stand_in: bool. Whether it takes the place of data that is not there, see
            `zoo.training.stand_in`.
    """

    is_stand_in = False

    def __init__(self, config, kind):
        check_source(config, kind)
        self.settings = config.data
        self.kind = kind
        self.image_size = config.model.image_size
        self.channels = {} if self.kind != "pairs" else {
            "source_channels": config.model.get("source_channels", 3)
        }
        self.notes = []
        self.whole, self.word, self.held_out = None, TRAINING, None
        if self.kind == "labels":
            self.source = self._load("train")
            return
        splits = open_splits(
            self._load, self.settings.held_out_split, self.settings.get("held_out_fraction", 0)
        )
        self.source, self.whole, self.word = splits.training, splits.held_out, splits.word
        self.held_out = self.source if self.whole is None else self.whole
        self.notes += splits.notes

    def _load(self, split):
        """A source, called with those of the `data` settings that it accepts."""
        from zoo import data

        count = self.settings.count if split == "train" else self.settings.held_out_count
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
            if "directory" not in known:
                raise
            raise with_hint(error, self.settings.directory) from None
        if skipped := getattr(source, "skipped", []):
            self.notes.append(f"{split}: skipped {len(skipped)} images, the first: {skipped[0]}")
        return source

    def __len__(self):
        """Images per epoch; of two domains, those of the larger one."""
        if self.kind == "domains":
            return max(len(self.source.a), len(self.source.b))
        return len(self.source)

    def describe(self, _):
        """One line for `--dry_run`."""
        if self.kind == "domains":
            return f"images: {len(self.source.a)} in domain A, {len(self.source.b)} in domain B"
        classes = f", {len(self.source.class_names)} classes" if self.kind == "labels" else ""
        return f"images: {len(self.source)}{classes}"

    def batches(self, config, _):
        """(start step, rows=None) -> infinite dataset of a model's batches, see `Experiment`."""
        settings = self.settings

        def from_step(start, rows=None):
            return DATASETS[self.kind](
                self.source, self.image_size, config.batch_size, seed=config.seed,
                start_step=start, load_size=settings.load_size or None, flip=settings.flip,
                cache=settings.cache, rows=rows, **self.channels,
            )

        return from_step

    def held_out_images(self, count):
        """The first `count` held-out images, pairs, or images of each domain.

        Returns:
            dict of the fields of a batch, float32 (count, size, size, channels) in [-1, 1]; fewer
            if there are fewer.
        """
        make = paired_evaluation if self.kind == "pairs" else unpaired_evaluation
        batches = make(
            self.held_out, self.image_size, count, load_size=self.settings.load_size or None,
            **self.channels,
        )
        return {name: np.asarray(part) for name, part in next(iter(batches)).items()}


def with_hint(error, directory):
    """The error of a source that cannot be opened, with a hint if the directory is missing."""
    if isinstance(error, MissingSplit) or (directory and os.path.exists(directory)):
        return error
    return ZooError(f"{error} Give your copy with --config.data.directory=PATH.")
