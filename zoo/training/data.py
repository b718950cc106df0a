"""The captioned images of a config: training source, held-out source, and their batches."""

from zoo.data import get_source, text_to_image_dataset
from zoo.data.splits import open_splits
from zoo.errors import ZooError
from zoo.text import END, UNKNOWN, CaptionTokenizer, Vocabulary, coverage
from zoo.training import scores
from zoo.training.image_data import with_hint
from zoo.training.text import open_cache


class TextToImageData:
    """The captioned training source of a config and the held-out one.

    Attributes:
        source, held_out: sources (see `zoo.data`); if nothing is held out, `held_out` has training
            images.
        whole: the complete held-out source, of which `held_out` has `held_out_count`, or None.
        word: str, which images `held_out` has, see `zoo.data.splits`.
        notes: list of str, lines for the log.
        is_stand_in: bool. Whether it takes the place of data that is not there, see
            `zoo.training.stand_in`.
    """

    is_stand_in = False

    def __init__(self, config):
        self.settings = settings = config.data
        self.embeddings = config.get("text") == "embeddings"
        self.image_size = max(_sizes(config))
        self.notes, self._counts = [], {}
        splits = open_splits(
            self._load, settings.get("held_out_split", "test"), settings.get("held_out_fraction", 0)
        )
        self.source, self.whole, self.word = splits.training, splits.held_out, splits.word
        self.notes += splits.notes
        others = self.source if self.whole is None else self.whole
        self.held_out = scores.SourceSubset(others, settings.held_out_count, self.word)

    def _load(self, split):
        settings = self.settings
        if self.embeddings and settings.name in ("shapes", "emoji"):
            raise ZooError(
                'config.text "embeddings" needs files of pre-computed sentence embeddings, which '
                f"the source {settings.name} does not have: use folder, birds or coco "
                "(docs/data.md)."
            )
        if settings.name == "shapes":
            count = settings.count if split == "train" else settings.held_out_count
            return get_source("shapes", size=self.image_size, count=count, split=split)
        arguments = {
            "directory": settings.directory, "split": split, "embeddings": self.embeddings,
            "follow_links": settings.get("follow_links", False),
        }
        if settings.name in ("folder", "emoji"):
            arguments["on_error"] = settings.on_error
        if settings.name == "emoji":
            del arguments["embeddings"]
        try:
            source = get_source(settings.name, **arguments)
        except ZooError as error:
            raise with_hint(error, settings.directory) from None
        skipped = getattr(source, "skipped", [])
        if skipped:
            self.notes.append(f"{split}: skipped {len(skipped)} lines, the first: {skipped[0]}")
        return source

    def __len__(self):
        """Images per epoch."""
        return len(self.source)

    def describe(self, model):
        """One line for the log and `--dry_run`."""
        if model.hub_encoder is not None:
            words = "word pieces by a hub encoder"
        else:
            words = "no captions are used" if model.vocabulary is None else (
                self.check_words(model.vocabulary).describe()
            )
        return f"images: {len(self)}, {words}"

    def vocabulary(self):
        """The `Vocabulary` of the words that occur `min_count` times in the training captions.

        Raises:
            ZooError: if there are none, or they cover too little of the captions.
        """
        settings = self.settings
        try:
            vocabulary = Vocabulary.build(
                self.source.captions, min_count=settings.min_count,
                unknown=settings.unknown == "unk", rule=settings.words,
            )
        except ZooError as error:
            raise ZooError(f"{error} {self._remedy()}") from None
        self.check_words(vocabulary)
        return vocabulary

    def check_words(self, vocabulary):
        """The `Coverage` of the training captions; raises `ZooError` if it is too low."""
        settings = self.settings
        if vocabulary not in self._counts:
            counts = coverage(
                self.source.captions, vocabulary, settings.max_words, settings.unknown
            )
            counts.check(self._remedy())
            self._counts[vocabulary] = counts
        return self._counts[vocabulary]

    def _remedy(self):
        return (
            f"A word must occur --config.data.min_count={self.settings.min_count} times; "
            f'--config.data.words="{self.settings.words}" defines words (unicode: letters of every '
            "script; ascii: English); a DAMSM that is already trained must know the words."
        )

    @property
    def features(self):
        """Length of a pre-computed sentence embedding."""
        return int(self.source.embeddings[0].shape[-1])

    def tokenizer(self, model):
        """The tokenizer of a model's captions; None if embeddings are used instead.

        A model without text receives the captions' tokens too, and ignores them.
        """
        if self.embeddings:
            return None
        if model.hub_encoder is not None:
            return model.hub_encoder
        return CaptionTokenizer(
            self._words_for(model), self.settings.max_words, unknown=self.settings.unknown
        )

    def _words_for(self, model):
        if model.vocabulary is not None:
            self.check_words(model.vocabulary)
            return model.vocabulary
        try:
            return self.vocabulary()
        except ZooError:  # a model without text accepts captions without words
            return Vocabulary([END, UNKNOWN])

    def batches(self, config, model, mismatched=False):
        """(start step, rows=None) -> infinite dataset of `model`'s batches, see `Experiment`.

        `mismatched`: bool. Whether batches have mismatched images too.
        """
        settings = self.settings
        texts = self.tokenizer(model) if (cache := open_cache(config, model)) is None else cache

        def from_step(start, rows=None):
            return text_to_image_dataset(
                self.source, texts, model.image_sizes, config.batch_size, seed=config.seed,
                start_step=start, crop=settings.crop, flip=settings.flip, cache=settings.cache,
                mismatched=mismatched, rows=rows,
            )

        return from_step

    def score(self, kind, config, model, **arguments):
        """A score of `zoo.training.scores` on the held-out images; None if there are too few."""
        if len(self.held_out) < kind.least:
            self.notes.append(
                f"no score: it needs at least {kind.least} {self.word} images, got "
                f"{len(self.held_out)}"
            )
            return None
        return kind(
            model, self.held_out, self.tokenizer(model), config.batch_size, self.settings.crop,
            **arguments,
        )


def _sizes(config):
    return config.model.get("stage_sizes") or (config.model.image_size,)
