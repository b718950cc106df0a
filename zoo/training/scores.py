"""Scores of held-out pictures that choose a run's best preset.

They compare runs of one recipe, nothing else: the encoder that judges is the run's own DAMSM, so
the names say so.
"""

import numpy as np
import tensorflow as tf

from zoo.data import evaluation_batches
from zoo.metrics.frechet_distance import frechet_distance


class Subset:
    """`count` pictures of a source, evenly spread over it; itself a source.

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
    least = 2  # pictures: the wrong captions are those of the others

    def __init__(self, model, source, tokenizer, batch_size, crop):
        self.model, self.images = model, source.kind
        batch_size = min(batch_size, len(source))
        self.protocol = (
            f"{len(source)} pictures, {source.kind}, in batches of {batch_size}, first caption"
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
    """Fréchet distance between the DAMSM's codes of generated and of held-out pictures.

    One picture of each held-out caption, row seeds 0, 1, 2 ...; the moving-average generator.
    `encoder` is the DAMSM's image encoder.
    """

    best_metric = "frechet_damsm"
    least = 2  # pictures: one has no covariance

    def __init__(self, model, source, tokenizer, batch_size, crop, encoder):
        self.model, self.images = model, source.kind
        self.encoder = encoder
        self.protocol = (
            f"one picture for the first caption of each of {len(source)} pictures, {source.kind}, "
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
