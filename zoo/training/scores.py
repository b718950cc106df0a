"""Scores on held-out images that select a run's best preset.

They compare runs of one recipe only: the features are those of the run's own DAMSM, as the metric
names say.
"""

import numpy as np
import tensorflow as tf

from zoo.data import evaluation_batches
from zoo.errors import ZooError
from zoo.metrics.frechet_distance import frechet_distance
from zoo.training.samples import fixed_conditions

_OWN = "codes of the run's own DAMSM image encoder"
PAIRS = 32  # maximum number of conditions whose two samples are compared


class SourceSubset:
    """`count` images of a source, evenly spaced over it; itself a source.

    `kind`: which images they are, for the protocol of a score, see `zoo.data.splits`.
    """

    def __init__(self, source, count, kind):
        self.kind = kind
        indices = np.unique(np.linspace(0, len(source) - 1, min(count, len(source))).astype(int))
        self._source, self._indices = source, tf.constant(indices, tf.int64)
        self.captions = [source.captions[index] for index in indices]
        self.labels = np.asarray(source.labels)[indices]
        embeddings = getattr(source, "embeddings", None)
        self.embeddings = None if embeddings is None else [embeddings[index] for index in indices]
        self.image_size = source.image_size

    def __len__(self):
        return len(self.captions)

    def load(self, index):
        return self._source.load(tf.gather(self._indices, index))


class MatchingScore:
    """Mean losses of a DAMSM over held-out batches, in inference mode (no dropout)."""

    best_metric = "loss"
    least = 2  # images: the other images of a batch give the mismatched captions

    def __init__(self, model, source, tokenizer, batch_size, crop):
        self.model, self.images = model, source.kind
        batch_size = min(batch_size, len(source))
        batches = len(source) // batch_size  # full ones only: the loss depends on their size
        self.protocol = (
            f"{batches * batch_size} images, {source.kind}, in batches of {batch_size}, first "
            "caption"
        )
        self.batches = evaluation_batches(
            source, tokenizer, model.image_sizes, batch_size, crop=crop
        ).take(batches)
        self._function = tf.function(self._losses, autograph=False)

    def _losses(self, batch):
        from zoo.losses.damsm import damsm_losses
        from zoo.models.damsm.damsm import retrieval_accuracy

        image, text = self.model(batch, training=False)
        mask = tf.sequence_mask(batch["lengths"], tf.shape(text["words"])[1])
        losses = damsm_losses(image, text, mask, batch["labels"])
        return {**losses, "accuracy": retrieval_accuracy(image, text)}

    def __call__(self):
        rows = [self._function(batch) for batch in self.batches]
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        return {"loss": means["word_loss"] + means["sentence_loss"], **means}


class FrechetScore:
    """Fréchet distance between the features of generated and of held-out images.

    One image per held-out caption, with seeds 0, 1, 2 ..., by the EMA generator.

    Args:
        encoder: the `ImageEncoder` whose codes are the features.
        reader: str, name of the `FeatureEncoder` that it belongs to; "": it is the image encoder of
            the run's own DAMSM, towards which most systems are trained.
    """

    least = 2  # images: a single one has no covariance

    def __init__(self, model, source, tokenizer, batch_size, crop, encoder, reader=""):
        self.model, self.images = model, source.kind
        self.encoder = encoder
        self.best_metric = f"frechet[{reader}]" if reader else "frechet_damsm"
        self.protocol = (
            f"one image for the first caption of each of {len(source)} images, {source.kind}, "
            f"seeds 0, 1, 2 ...; {f'features of {reader}' if reader else _OWN}"
        )
        self.batches = evaluation_batches(
            source, tokenizer, model.image_sizes, batch_size, crop=crop
        )
        self._function = tf.function(self._codes, autograph=False, reduce_retracing=True)

    def _codes(self, images, condition, seeds):
        generated = self.model.sample(condition, seeds)["images"][-1]
        return tuple(
            tf.cast(self.encoder(tf.cast(x, tf.float32), training=False)["code"], tf.float32)
            for x in (generated, images)
        )

    def __call__(self):
        generated, real, seed = [], [], 0
        for batch in self.batches:
            count = len(batch["labels"])
            seeds = tf.range(seed, seed + count, dtype=tf.int64)
            condition = {name: batch[name] for name in self.model.condition.fields}
            codes = self._function(batch["images"][-1], condition, seeds)
            generated.append(codes[0].numpy())
            real.append(codes[1].numpy())
            seed += count
        distance = frechet_distance(np.concatenate(generated), np.concatenate(real))
        return {self.best_metric: distance}


def frechet_score(config, data, model, encoder):
    """The `FrechetScore` of a text-to-image system; None, with a note, if it is not available.

    Args:
        config: a config; its `score_encoder`, if any, takes the place of `encoder`.
        data: its `zoo.training.TextToImageData`; if there is no score, its notes say why.
        model: the system.
        encoder: a DAMSM's image encoder, or None.
    """
    reader = ""
    if handle := config.get("score_encoder"):
        encoder, reader = _open_reader(handle)
    size = getattr(encoder, "image_size", model.image_size)  # a compact encoder has its own size
    if encoder is None or size != model.image_size:
        what = "config.score_encoder" if reader else "the DAMSM"
        data.notes.append("no score, because there is no DAMSM" if encoder is None else
                          f"no score: {what} takes images of {size} pixels, but these have "
                          f"{model.image_size}")
        return None
    return data.score(FrechetScore, config, model, encoder=encoder, reader=reader)


def _open_reader(handle):
    """(image encoder, name) of the preset of a `FeatureEncoder`."""
    from zoo.models.feature_encoder import FeatureEncoder
    from zoo.presets import from_preset

    reader = from_preset(handle)
    if not isinstance(reader, FeatureEncoder):
        raise ZooError(
            f"config.score_encoder {handle} is a {type(reader).__name__}: give a preset of "
            "recipes.train_encoder, or none for the DAMSM."
        )
    return reader.image_encoder, reader.encoder_name


class CaptionScore(MatchingScore):
    """Mean teacher-forced cross-entropy and accuracy of the words of held-out captions."""

    least = 1

    def _losses(self, batch):
        return self.model.losses(batch)

    def __call__(self):
        rows = [self._function(batch) for batch in self.batches]
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


class PairDistance:
    """Distance between two samples of one condition, and between a sample and its target.

    `pair_distance`: mean absolute difference of two samples, with images in [-1, 1]; mode seeking
    increases it. `l1`: mean absolute difference of the first sample and the target, where there is
    one. They do not measure quality, so they select no preset.
    """

    best_metric = ""

    def __init__(self, model, data, seed=0):
        self.images = "labels" if data.kind == "labels" else data.word
        self.model, self.seed = model, seed
        self.conditions = fixed_conditions(model, data, PAIRS)
        count = len(self.conditions[0].values)
        self.protocol = f"two samples, seeds {seed} and {seed + 1}, of each of {count} conditions"
        if data.kind != "labels":
            self.protocol += f", images: {self.images}"

    def __call__(self):
        figures = {}
        for conditions in self.conditions:
            ending = f"_{conditions.name}" if conditions.name else ""
            images = self.model.generate(
                conditions.values, samples_per_condition=2, seed=self.seed, **conditions.arguments
            ) / 127.5
            figures[f"pair_distance{ending}"] = float(np.abs(images[::2] - images[1::2]).mean())
            if len(conditions.references) == 2:
                target = conditions.references[1] / 127.5
                figures["l1"] = float(np.abs(images[::2] - target).mean())
        return figures
