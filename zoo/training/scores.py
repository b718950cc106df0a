"""Scores of held-out images that choose a run's best preset.

They compare runs of one recipe, nothing else: the encoder that judges is the run's own DAMSM, so
the names say so.
"""

import numpy as np
import tensorflow as tf

from zoo.data import evaluation_batches
from zoo.metrics.frechet_distance import frechet_distance
from zoo.training.samples import fixed_conditions

PAIRS = 32  # conditions at most whose two samples are compared


class SourceSubset:
    """`count` images of a source, evenly spread over it; itself a source.

    `kind`: what they are, see `zoo.data.splits`, for the protocol of a score.
    """

    def __init__(self, source, count, kind):
        self.kind = kind
        places = np.unique(np.linspace(0, len(source) - 1, min(count, len(source))).astype(int))
        self._source, self._places = source, tf.constant(places, tf.int64)
        self.captions = [source.captions[place] for place in places]
        self.labels = np.asarray(source.labels)[places]
        embeddings = getattr(source, "embeddings", None)
        self.embeddings = None if embeddings is None else [embeddings[place] for place in places]
        self.image_size = source.image_size

    def __len__(self):
        return len(self.captions)

    def load(self, index):
        return self._source.load(tf.gather(self._places, index))


class MatchingScore:
    """Mean losses of a DAMSM over held-out batches, with frozen networks and no dropout."""

    best_metric = "loss"
    least = 2  # images: the wrong captions are those of the others

    def __init__(self, model, source, tokenizer, batch_size, crop):
        self.model, self.images = model, source.kind
        batch_size = min(batch_size, len(source))
        self.protocol = (
            f"{len(source)} images, {source.kind}, in batches of {batch_size}, first caption"
        )
        self.batches = evaluation_batches(
            source, tokenizer, model.image_sizes, batch_size, crop=crop
        ).take(len(source) // batch_size)  # whole batches: the loss depends on their size
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
    """Fréchet distance between the DAMSM's codes of generated and of held-out images.

    One image for each held-out caption, row seeds 0, 1, 2 ...; the EMA generator.
    `encoder` is the DAMSM's image encoder.
    """

    best_metric = "frechet_damsm"
    least = 2  # images: one has no covariance

    def __init__(self, model, source, tokenizer, batch_size, crop, encoder):
        self.model, self.images = model, source.kind
        self.encoder = encoder
        self.protocol = (
            f"one image for the first caption of each of {len(source)} images, {source.kind}, "
            "seeds 0, 1, 2 ...; codes of the run's own DAMSM image encoder"
        )
        self.batches = evaluation_batches(
            source, tokenizer, model.image_sizes, batch_size, crop=crop
        )
        self._function = tf.function(self._codes, autograph=False, reduce_retracing=True)

    def _codes(self, images, condition, seeds):
        made = self.model.sample(condition, seeds)["images"][-1]
        return tuple(
            tf.cast(self.encoder(tf.cast(x, tf.float32), training=False)["code"], tf.float32)
            for x in (made, images)
        )

    def __call__(self):
        made, real, seed = [], [], 0
        for batch in self.batches:
            count = len(batch["labels"])
            seeds = tf.range(seed, seed + count, dtype=tf.int64)
            condition = {name: batch[name] for name in self.model.condition.fields}
            codes = self._function(batch["images"][-1], condition, seeds)
            made.append(codes[0].numpy())
            real.append(codes[1].numpy())
            seed += count
        return {self.best_metric: frechet_distance(np.concatenate(made), np.concatenate(real))}


def frechet_score(config, data, model, encoder):
    """The `FrechetScore` of a text-to-image system; None where it cannot be had, with a note.

    Args:
        config: a config.
        data: its `zoo.training.TextToImageData`; a note of it says why there is no score.
        model: the system.
        encoder: a DAMSM's image encoder, or None.
    """
    size = getattr(encoder, "image_size", model.image_size)  # a compact encoder has its own size
    if encoder is None or size != model.image_size:
        data.notes.append("no score, because no DAMSM is at hand" if encoder is None else
                          f"no score: the DAMSM reads {size} pixels, these images have "
                          f"{model.image_size}")
        return None
    return data.score(FrechetScore, config, model, encoder=encoder)


class CaptionScore(MatchingScore):
    """Mean cross-entropy and accuracy of the words of held-out captions, words before given."""

    least = 1

    def _losses(self, batch):
        return self.model.losses(batch)

    def __call__(self):
        rows = [self._function(batch) for batch in self.batches]
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


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
            self.protocol += f", images: {self.images}"

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
