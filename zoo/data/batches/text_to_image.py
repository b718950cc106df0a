"""Batches of images and texts for text-to-image training and evaluation.

The batch of step n depends only on the seed and n: the order is a stateless permutation per epoch,
and every random choice is keyed on (seed, n). Starting at `start_step` therefore gives the same
batches as an uninterrupted run.

What calls no function of a user is not converted by TensorFlow's AutoGraph, which would only make
the pipeline slower to trace. A source's `load` is converted.
"""

from numbers import Integral

import numpy as np
import tensorflow as tf

from zoo.data.batches.caption_store import CaptionStore
from zoo.data.batches.embedding_store import EmbeddingStore
from zoo.data.batches.image_store import image_store
from zoo.data.batches.piece_store import PieceStore
from zoo.data.text_cache import TextCache
from zoo.errors import ZooError, check_choice

RANGES = {
    "batch_size": (1, 2**31 - 1), "start_step": (0, 2**62),
    "seed": (0, 2**32 - 1),  # the order of the images knows no other
    "image_size": (1, 2**15), "load_size": (1, 2**15), "pad": (0, 2**15),
}
_WORDS_SALT = 0x5BD1E995
_MISMATCHED_SALT, _MISMATCHED_CROP_SALT = 0x1B873593, 0x52DCE729


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
    mismatched=False,
    rows=None,
):
    """Endless batches for training.

    Reference: AttnGAN, arXiv 1711.10485, code/datasets.py: every time an image is used, one of its
    captions is drawn at random; a caption with more than `max_words` words is reduced to a random
    subset of its words in order; the shorter side is scaled to int(size * 76 / 64), and a random
    square is cropped and flipped at random. Mismatched images: StackGAN++, arXiv 1710.10916;
    checked against hanzhanggit/StackGAN-v2 code/datasets.py.

    Args:
        source: images with captions (see `zoo.data`).
        tokenizer: `zoo.text.CaptionTokenizer`; None uses the source's pre-computed `embeddings`
            instead of captions. A `zoo.text.HubTextEncoder` gives word pieces, and a
            `zoo.data.TextCache` also their vectors.
        image_sizes: ints, pixels, smallest first; smaller images are resized from the largest.
        batch_size: int, at most the number of images.
        seed: int.
        start_step: int, the step of the first batch.
        training: False takes the first caption, its first words, the center crop and no flip; the
            order of the images (and of mismatched images) is random nevertheless.
        crop: "paper" as above; "none" resizes the whole image to a square; so does "unfiltered",
            but without anti-aliasing, as in XMC-GAN's code.
        flip: flips images horizontally with probability 1/2.
        cache: decodes every image once and keeps it in memory.
        mismatched: adds `mismatched_images`: per sample, an image drawn from all images, with its
            own crop and flip. If its label equals the sample's, it is drawn once more and then
            kept, as in the official code, so it can still be of the same class, or even the same
            image.
        rows: ints, the rows of each batch that are read, in this order; None: all.

    Returns:
        `tf.data.Dataset` of dicts: `images`, tuple of float32 [B, s, s, 3] in [-1, 1]; `labels`,
        int64 [B]; with a tokenizer `tokens`, int32 [B, max_words], zero padded, and `lengths`,
        int32 [B]; without one `sentence`, float32 [B, features]; with word pieces `pieces`, int32
        [B, tokens], and `lengths`; with a cache also `words`, float32 [B, tokens, features], and
        `sentence`; if mismatched `mismatched_images`, like `images`. No option changes the other
        fields.

    Raises:
        ZooError: an invalid size, batch size or crop; neither a tokenizer nor embeddings; or
            mismatched images of a single class.
    """
    check_numbers(rows, batch_size=batch_size, seed=seed, start_step=start_step)
    _check(source, image_sizes, crop)
    count, labels = len(source), np.asarray(source.labels, np.int64)
    _check_training(labels, batch_size, mismatched)
    texts = _texts(source, tokenizer)
    store = image_store(source, tuple(image_sizes), crop, cache)
    flip, random_crop = flip and training, crop == "paper" and training

    def view(index, uniform):
        """Crop positions and flips of images, from `uniform` [B, 3]."""
        views = _center_views(index, batch_size)
        if random_crop:
            views["position"] = uniform[:, :2]
        if flip:
            views["flip"] = uniform[:, 2] < 0.5
        return views

    @tf.autograph.experimental.do_not_convert
    def plan(step):
        index = shuffled_indices(step, batch_size, count, seed)
        uniform = tf.random.stateless_uniform([batch_size, 4], _pair(seed, step), alg="philox")
        views = {"images": view(index, uniform[:, 1:])}
        if mismatched:
            others = mismatched_indices(step, tf.gather(labels, index), labels, seed)
            key = _pair(seed ^ _MISMATCHED_CROP_SALT, step)
            uniform_others = tf.random.stateless_uniform([batch_size, 3], key, alg="philox")
            views["mismatched_images"] = view(others, uniform_others)
        words_seed = _pair(seed ^ _WORDS_SALT, step) if training else None
        return {
            "views": views,
            "labels": tf.gather(labels, index),
            **texts.fields(index, uniform[:, 0] if training else None, words_seed),
        }

    @tf.autograph.experimental.do_not_convert
    def own(step):
        """The plan of the rows that are read."""
        return tf.nest.map_structure(lambda value: tf.gather(value, rows), plan(step))

    steps = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    if rows is None:
        return _load_images(steps, plan, store, batch_size)
    return _load_images(steps, own, store, len(rows))


def evaluation_batches(source, tokenizer, image_sizes, batch_size, crop="none", cache=False):
    """Every image once, in order: first caption, first words, center crop, no flip.

    Arguments and fields are those of `text_to_image_dataset`; the last batch may be smaller.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    check_numbers(batch_size=batch_size)
    _check(source, image_sizes, crop)
    texts = _texts(source, tokenizer)
    store = image_store(source, tuple(image_sizes), crop, cache)
    count = len(source)
    labels = np.asarray(source.labels, np.int64)

    @tf.autograph.experimental.do_not_convert
    def plan(step):
        start = step * batch_size
        index = tf.range(start, tf.minimum(start + batch_size, count))
        return {
            "views": {"images": _center_views(index, tf.size(index))},
            "labels": tf.gather(labels, index),
            **texts.fields(index, None, None),
        }

    steps = tf.data.Dataset.range(-(-count // batch_size))
    return _load_images(steps, plan, store, batch_size, drop_remainder=False)


@tf.autograph.experimental.do_not_convert
def shuffled_indices(step, batch_size, count, seed):
    """The images of one step: sample k of the run is entry k mod n of epoch k // n's permutation.

    Args:
        step: int64 scalar tensor.
        batch_size, count, seed: int.

    Returns:
        int64 [batch_size], each in 0 to count - 1.
    """
    sample = step * batch_size + tf.range(batch_size, dtype=tf.int64)
    epoch, position = sample // count, sample % count
    run = tf.fill([batch_size], tf.constant(seed, tf.int64))
    seeds = tf.cast(tf.stack([tf.zeros_like(epoch), run, epoch], axis=1), tf.int32)
    index = tf.raw_ops.RandomIndexShuffle(  # the public index_shuffle takes one seed for all
        index=position, seed=seeds, max_index=tf.constant(count - 1, tf.int64)
    )
    return tf.ensure_shape(index, [batch_size])


@tf.autograph.experimental.do_not_convert
def mismatched_indices(step, sample_labels, labels, seed):
    """An image per sample, almost always of another class.

    An image is drawn; if its label is the sample's, another one is drawn and kept in any case (the
    official rule).

    Args:
        step: int64 scalar tensor.
        sample_labels: int64 [B].
        labels: int64 [images].
        seed: int.

    Returns:
        int64 [B].
    """
    shape, key = [2, sample_labels.shape[0]], _pair(seed ^ _MISMATCHED_SALT, step)
    draws = tf.random.stateless_uniform(shape, key, 0, len(labels), tf.int64, alg="philox")
    first, second = tf.unstack(draws)
    return tf.where(tf.equal(tf.gather(labels, first), sample_labels), second, first)


def _center_views(index, size):
    """The views of evaluation: position -1 is the center crop, no flip."""
    return {"index": index, "position": tf.fill([size, 2], -1.0), "flip": tf.zeros([size], tf.bool)}


def _texts(source, tokenizer):
    """The store of the captions' tokens, or, without a tokenizer, of the source's embeddings."""
    if isinstance(tokenizer, TextCache):
        return tokenizer.store(source)
    if hasattr(tokenizer, "tokenize"):
        return PieceStore.make(source, tokenizer)
    if tokenizer is not None:
        return CaptionStore.make(source, tokenizer)
    if getattr(source, "embeddings", None) is None:
        raise ZooError(
            "Neither a tokenizer nor embeddings: give a tokenizer, or create the source with "
            "embeddings=True."
        )
    return EmbeddingStore.make(source)


def _pair(seed, step):
    return tf.stack([tf.constant(seed, tf.int64), tf.cast(step, tf.int64)])


def _check(source, image_sizes, crop):
    sizes = list(image_sizes)
    if not sizes or sizes != sorted(set(sizes)) or sizes[0] < 1:
        raise ZooError(f"image_sizes must rise from the smallest to the largest, got {sizes}.")
    check_choice("crop", crop, ("paper", "none", "unfiltered"))
    if not len(source):
        raise ZooError("The data source has no images.")


def check_numbers(rows=None, **numbers):
    """Raises `ZooError` unless the arguments of a data set are whole numbers in their range.

    Args:
        rows: rows of a batch, or None.
        **numbers: keys of `RANGES`, among them `batch_size`; None is not checked.
    """
    rows = () if rows is None else np.asarray(rows).tolist()
    of_batch = [("each of rows", row, (0, numbers["batch_size"] - 1)) for row in rows]
    for name, value, (least, most) in (
        *((name, value, RANGES[name]) for name, value in numbers.items() if value is not None),
        *of_batch,
    ):
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        if not whole or not least <= value <= most:
            raise ZooError(f"{name} must be a whole number from {least} to {most}, got {value!r}.")


def _check_training(labels, batch_size, mismatched):
    if batch_size > len(labels):
        raise ZooError(
            f"batch_size {batch_size} is larger than the number of images ({len(labels)}): "
            "use a smaller batch."
        )
    if mismatched and (labels == labels[0]).all():
        raise ZooError(
            "mismatched images need at least two classes, but all images have the same label."
        )


def _load_images(steps, plan, store, batch_size, drop_remainder=True):
    """Replaces the plans' `views` with images: whole batches if cached, one by one if decoded."""
    if store.batched:

        def add(step):
            batch = plan(step)
            views = batch.pop("views")
            images = {key: store.batch(v["index"], v["flip"]) for key, v in views.items()}
            return {**images, **batch}

        data = steps.map(add, num_parallel_calls=2, deterministic=True)
    else:

        def add(sample):
            views = sample.pop("views")
            return {**{key: store.one(**view) for key, view in views.items()}, **sample}

        data = steps.map(plan).unbatch()
        data = data.map(add, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        data = data.batch(batch_size, drop_remainder=drop_remainder)
    return data.prefetch(2)
