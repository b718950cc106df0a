"""Batches of pictures and tokens for text-to-image training and evaluation.

The batch of step n depends only on the seed and n: the order is a stateless permutation for each
epoch, and every random choice is keyed on (seed, n). Starting at `start_step` therefore gives the
same batches as a run that was never interrupted.
"""

import numpy as np
import tensorflow as tf

from zoo.data.caption_store import CaptionStore
from zoo.data.picture_store import picture_store
from zoo.errors import ZooError

_KEYS = ("images", "tokens", "lengths", "labels")
_WORDS_SALT = 0x5BD1E995


def text_to_image_dataset(
    source,
    tokenizer,
    image_sizes,
    batch_size,
    seed=0,
    start_step=0,
    training=True,
    crop="none",
    flip=False,
    cache=False,
):
    """Endless batches for training.

    Reference: AttnGAN, arXiv 1711.10485, code/datasets.py: one caption of a picture is drawn at
    random per visit, a caption with more than `max_words` words is cut to a random subset of
    words kept in order, the shorter side is scaled to int(size * 76 / 64) and a random square is
    cut, at random mirrored.

    Args:
        source: pictures with captions (see `zoo.data`).
        tokenizer: `zoo.text.CaptionTokenizer`.
        image_sizes: ints, pixels, lowest first; each smaller picture is scaled from the largest.
        batch_size: int, at most the number of pictures.
        seed: int.
        start_step: int, the step of the first batch.
        training: False takes the first caption, its first words, the centre crop and no flip;
            the order of the pictures is random all the same.
        crop: "paper" as above; "none" scales the whole picture to a square.
        flip: mirrors every second picture on average.
        cache: decodes every picture once, in parallel, into memory.

    Returns:
        `tf.data.Dataset` of dicts: `images`, tuple of float32 [B, s, s, 3] in [-1, 1]; `tokens`,
        int32 [B, max_words], zero padded; `lengths`, int32 [B]; `labels`, int64 [B].

    Raises:
        ZooError: sizes, batch size or crop that cannot be used.
    """
    _check(source, image_sizes, batch_size, crop)
    if start_step < 0:
        raise ZooError(f"start_step must be 0 or more, but {start_step} came.")
    count = len(source)
    if batch_size > count:
        raise ZooError(
            f"batch_size {batch_size} is larger than the number of pictures ({count}): "
            "use a smaller batch."
        )
    captions = CaptionStore.make(source, tokenizer)
    pictures = picture_store(source, tuple(image_sizes), crop, cache)
    flip, moving = flip and training, crop == "paper" and training
    labels = np.asarray(source.labels, np.int64)

    def plan(step):
        index = shuffled_indices(step, batch_size, count, seed)
        uniform = tf.random.stateless_uniform([batch_size, 4], _pair(seed, step), alg="philox")
        chosen = captions.choose(index, uniform[:, 0] if training else None)
        words_seed = _pair(seed ^ _WORDS_SALT, step) if training else None
        tokens, lengths = captions.cut(chosen, words_seed)
        return {
            "index": index,
            "place": uniform[:, 1:3] if moving else tf.fill([batch_size, 2], -1.0),
            "flip": uniform[:, 3] < 0.5 if flip else tf.zeros([batch_size], tf.bool),
            "tokens": tf.ensure_shape(tokens, [batch_size, captions.width]),
            "lengths": lengths,
            "labels": tf.gather(labels, index),
        }

    steps = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    return _finish(steps, plan, pictures, batch_size)


def evaluation_batches(source, tokenizer, image_sizes, batch_size, crop="none", cache=False):
    """Every picture once, in order: first caption, first words, centre crop, no flip.

    Args and fields: as `text_to_image_dataset`; the last batch may be smaller.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    _check(source, image_sizes, batch_size, crop)
    captions = CaptionStore.make(source, tokenizer)
    pictures = picture_store(source, tuple(image_sizes), crop, cache)
    count = len(source)
    labels = np.asarray(source.labels, np.int64)

    def plan(step):
        start = step * batch_size
        index = tf.range(start, tf.minimum(start + batch_size, count))
        tokens, lengths = captions.cut(captions.choose(index, None), None)
        return {
            "index": index,
            "place": tf.fill([tf.size(index), 2], -1.0),
            "flip": tf.zeros([tf.size(index)], tf.bool),
            "tokens": tf.ensure_shape(tokens, [None, captions.width]),
            "lengths": lengths,
            "labels": tf.gather(labels, index),
        }

    steps = tf.data.Dataset.range(-(-count // batch_size))
    return _finish(steps, plan, pictures, batch_size, last=False)


def shuffled_indices(step, batch_size, count, seed):
    """The pictures of one step: sample k of the run is place k mod n of epoch k // n's permutation.

    Args:
        step: int64 scalar tensor.
        batch_size, count, seed: int.

    Returns:
        int64 [batch_size], each in 0 to count - 1.
    """
    sample = step * batch_size + tf.range(batch_size, dtype=tf.int64)
    epoch, place = sample // count, sample % count
    run = tf.fill([batch_size], tf.constant(seed, tf.int64))
    seeds = tf.cast(tf.stack([tf.zeros_like(epoch), run, epoch], axis=1), tf.int32)
    return tf.raw_ops.RandomIndexShuffle(  # the public index_shuffle takes one seed for all
        index=place, seed=seeds, max_index=tf.constant(count - 1, tf.int64)
    )


def _pair(seed, step):
    return tf.stack([tf.constant(seed, tf.int64), tf.cast(step, tf.int64)])


def _check(source, image_sizes, batch_size, crop):
    sizes = list(image_sizes)
    if not sizes or sizes != sorted(set(sizes)) or sizes[0] < 1:
        raise ZooError(f"image_sizes must rise from the lowest to the largest, but {sizes} came.")
    if batch_size < 1:
        raise ZooError(f"batch_size must be 1 or more, but {batch_size} came.")
    if crop not in ("paper", "none"):
        raise ZooError(f'crop must be "paper" or "none", but {crop!r} came.')
    if not len(source):
        raise ZooError("The data source has no pictures.")


def _finish(steps, plan, pictures, batch_size, last=True):
    """Adds the pictures to the plans: a batch at once, or one by one when they are decoded."""
    if pictures.batched:

        def add(step):
            batch = plan(step)
            batch["images"] = pictures.batch(batch["index"], batch["flip"])
            return {key: batch[key] for key in _KEYS}

        data = steps.map(add, num_parallel_calls=2, deterministic=True)
    else:

        def add(sample):
            sample["images"] = pictures.one(sample["index"], sample["place"], sample["flip"])
            return {key: sample[key] for key in _KEYS}

        data = steps.map(plan).unbatch()
        data = data.map(add, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        data = data.batch(batch_size, drop_remainder=last)
    return data.prefetch(2)
