"""The pictures of a config: the training source, the held-out one, and batches of them."""

from recipes import evaluation
from zoo.data import get_source, text_to_image_dataset
from zoo.errors import ZooError
from zoo.text import CaptionTokenizer, Vocabulary


class Data:
    """The training source of a config and the held-out one.

    Attributes:
        source, held_out: sources (see `zoo.data`); without a held-out split, training pictures.
        notes: lines worth a place in the log.
    """

    def __init__(self, config):
        self.settings = settings = config.data
        self.image_size = max(_sizes(config))
        self.notes = []
        self.source = self._load("train", settings.count)
        try:
            held_out, kind = self._load("test", settings.held_out_count), "held-out"
        except ZooError as error:
            self.notes.append(f"no held-out split, scores use training pictures: {error}")
            held_out, kind = self.source, "training"
        self.held_out = evaluation.Subset(held_out, settings.held_out_count, kind)

    def _load(self, split, count):
        settings = self.settings
        if settings.name == "shapes":
            return get_source("shapes", size=self.image_size, count=count, split=split)
        arguments = {"directory": settings.directory, "split": split}
        if settings.name == "folder":
            arguments["on_error"] = settings.on_error
        try:
            source = get_source(settings.name, **arguments)
        except ZooError as error:
            raise ZooError(
                f"{error} Give your copy with --config.data.directory=PATH."
            ) from None
        skipped = getattr(source, "skipped", [])
        if skipped:
            self.notes.append(f"{split}: skipped {len(skipped)} lines, the first: {skipped[0]}")
        return source

    def vocabulary(self):
        """The words of the training captions that `min_count` lets in."""
        return Vocabulary.build(
            [caption for captions in self.source.captions for caption in captions],
            min_count=self.settings.min_count, unknown=self.settings.unknown == "unk",
        )

    def tokenizer(self, vocabulary):
        return CaptionTokenizer(vocabulary, self.settings.max_words, unknown=self.settings.unknown)

    def batches(self, config, model):
        """start step -> endless dataset of `model`'s batches."""
        settings = self.settings

        def from_step(start):
            return text_to_image_dataset(
                self.source, self.tokenizer(model.vocabulary), model.image_sizes,
                config.batch_size, seed=config.seed, start_step=start, crop=settings.crop,
                flip=settings.flip, cache=settings.cache,
            )

        return from_step

    def score(self, kind, config, model):
        return kind(
            model, self.held_out, self.tokenizer(model.vocabulary), config.batch_size,
            self.settings.crop,
        )


def _sizes(config):
    return config.model.get("stage_sizes") or (config.model.image_size,)
