"""Batches of images and texts for text-to-image training and evaluation.

The batch of step n depends only on the seed and n: the order is a stateless permutation for each
epoch, and every random choice is keyed on (seed, n). Starting at `start_step` therefore gives the
same batches as a run that was never interrupted.
"""

import numpy as np
import tensorflow as tf

from zoo.data.batches.caption_store import CaptionStore
from zoo.data.batches.embedding_store import EmbeddingStore
from zoo.data.batches.image_store import image_store
from zoo.data.batches.piece_store import PieceStore
from zoo.data.text_cache import TextCache
from zoo.errors import ZooError, check_choice

_WORDS_SALT, _WRONG_SALT, _WRONG_CROP_SALT = 0x5BD1E995, 0x1B873593, 0x52DCE729


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
):
    """Endless batches for training.

    Reference: AttnGAN, arXiv 1711.10485, code/datasets.py: one caption of an image is drawn at
    random per visit, a caption with more than `max_words` words is cut to a random subset of
    words kept in order, the shorter side is scaled to int(size * 76 / 64) and a random square is
    cut, at random mirrored. Wrong images: StackGAN++, arXiv 1710.10916; checked against
    hanzhanggit/StackGAN-v2 code/datasets.py.

    Args:
        source: images with captions (see `zoo.data`).
        tokenizer: `zoo.text.CaptionTokenizer`; None takes the source's pre-computed `embeddings`
            in place of captions. A `zoo.text.HubTextEncoder` gives word pieces, a
            `zoo.data.TextCache` their vectors too.
        image_sizes: ints, pixels, lowest first; each smaller image is scaled from the largest.
        batch_size: int, at most the number of images.
        seed: int.
        start_step: int, the step of the first batch.
        training: False takes the first caption, its first words, the centre crop and no flip;
            the order of the images (also of the wrong ones) is random all the same.
        crop: "paper" as above; "none" scales the whole image to a square.
        flip: mirrors every second image on average.
        cache: decodes every image once, in parallel, into memory.
        mismatched: adds `wrong_images`, for each sample an image drawn from all, with a crop and
            flip of its own. If its label is the sample's it is drawn again once and then kept, as
            in the official code: it can still be of the same class, or the very same image.

    Returns:
        `tf.data.Dataset` of dicts: `images`, tuple of float32 [B, s, s, 3] in [-1, 1]; `labels`,
        int64 [B]; with a tokenizer `tokens`, int32 [B, max_words], zero padded, and `lengths`,
        int32 [B]; without `sentence`, float32 [B, features]; of word pieces `pieces`, int32 [B,
        places], and `lengths`; of a cache also `words`, float32 [B, places, features], and
        `sentence`; if mismatched `wrong_images`, like `images`. No option changes the other fields.

    Raises:
        ZooError: sizes, batch size or crop that cannot be used; neither tokenizer nor embeddings;
            one class only and mismatched.
    """
    _check(source, image_sizes, batch_size, crop)
    if start_step < 0:
        raise ZooError(f"start_step must be 0 or more, but {start_step} came.")
    count = len(source)
    if batch_size > count:
        raise ZooError(
            f"batch_size {batch_size} is larger than the number of images ({count}): "
            "use a smaller batch."
        )
    labels = np.asarray(source.labels, np.int64)
    if mismatched and (labels == labels[0]).all():
        raise ZooError(
            "mismatched images need two classes at least, but all images have the same label."
        )
    texts = _texts(source, tokenizer)
    pictures = image_store(source, tuple(image_sizes), crop, cache)
    flip, moving = flip and training, crop == "paper" and training

    def view(index, uniform):
        """How the images are shown: `uniform` [B, 3] says where to cut and whether to flip."""
        shown = _centred(index, batch_size)
        if moving:
            shown["place"] = uniform[:, :2]
        if flip:
            shown["flip"] = uniform[:, 2] < 0.5
        return shown

    def plan(step):
        index = shuffled_indices(step, batch_size, count, seed)
        uniform = tf.random.stateless_uniform([batch_size, 4], _pair(seed, step), alg="philox")
        views = {"images": view(index, uniform[:, 1:])}
        if mismatched:
            wrong = mismatched_indices(step, tf.gather(labels, index), labels, seed)
            key = _pair(seed ^ _WRONG_CROP_SALT, step)
            uniform_wrong = tf.random.stateless_uniform([batch_size, 3], key, alg="philox")
            views["wrong_images"] = view(wrong, uniform_wrong)
        words_seed = _pair(seed ^ _WORDS_SALT, step) if training else None
        return {
            "views": views,
            "labels": tf.gather(labels, index),
            **texts.fields(index, uniform[:, 0] if training else None, words_seed),
        }

    steps = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    return _finish(steps, plan, pictures, batch_size)


def evaluation_batches(source, tokenizer, image_sizes, batch_size, crop="none", cache=False):
    """Every image once, in order: first caption, first words, centre crop, no flip.

    Args and fields: as `text_to_image_dataset`; the last batch may be smaller.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    _check(source, image_sizes, batch_size, crop)
    texts = _texts(source, tokenizer)
    pictures = image_store(source, tuple(image_sizes), crop, cache)
    count = len(source)
    labels = np.asarray(source.labels, np.int64)

    def plan(step):
        start = step * batch_size
        index = tf.range(start, tf.minimum(start + batch_size, count))
        return {
            "views": {"images": _centred(index, tf.size(index))},
            "labels": tf.gather(labels, index),
            **texts.fields(index, None, None),
        }

    steps = tf.data.Dataset.range(-(-count // batch_size))
    return _finish(steps, plan, pictures, batch_size, last=False)


def shuffled_indices(step, batch_size, count, seed):
    """The images of one step: sample k of the run is place k mod n of epoch k // n's permutation.

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
    index = tf.raw_ops.RandomIndexShuffle(  # the public index_shuffle takes one seed for all
        index=place, seed=seeds, max_index=tf.constant(count - 1, tf.int64)
    )
    return tf.ensure_shape(index, [batch_size])


def mismatched_indices(step, right, labels, seed):
    """A image of another class for each sample, but for the official rule's rare exception.

    An image is drawn; if its label is the sample's, another one is drawn and kept whatever it is.

    Args:
        step: int64 scalar tensor.
        right: int64 [B], labels of the samples.
        labels: int64 [pictures].
        seed: int.

    Returns:
        int64 [B].
    """
    shape, key = [2, right.shape[0]], _pair(seed ^ _WRONG_SALT, step)
    drawn = tf.random.stateless_uniform(shape, key, 0, len(labels), tf.int64, alg="philox")
    first, second = tf.unstack(drawn)
    return tf.where(tf.equal(tf.gather(labels, first), right), second, first)


def _centred(index, size):
    """Pictures as they are in evaluation: place -1 is the centre crop, no flip."""
    return {"index": index, "place": tf.fill([size, 2], -1.0), "flip": tf.zeros([size], tf.bool)}


def _texts(source, tokenizer):
    """The captions as tokens, or without a tokenizer the source's embeddings."""
    if isinstance(tokenizer, TextCache):
        return tokenizer.store(source)
    if hasattr(tokenizer, "tokenize"):
        return PieceStore.make(source, tokenizer)
    if tokenizer is not None:
        return CaptionStore.make(source, tokenizer)
    if getattr(source, "embeddings", None) is None:
        raise ZooError(
            "Neither a tokenizer nor embeddings: give a tokenizer, or a source that was made with "
            "embeddings=True."
        )
    return EmbeddingStore.make(source)


def _pair(seed, step):
    return tf.stack([tf.constant(seed, tf.int64), tf.cast(step, tf.int64)])


def _check(source, image_sizes, batch_size, crop):
    sizes = list(image_sizes)
    if not sizes or sizes != sorted(set(sizes)) or sizes[0] < 1:
        raise ZooError(f"image_sizes must rise from the lowest to the largest, but {sizes} came.")
    if batch_size < 1:
        raise ZooError(f"batch_size must be 1 or more, but {batch_size} came.")
    check_choice("crop", crop, ("paper", "none"))
    if not len(source):
        raise ZooError("The data source has no images.")


def _finish(steps, plan, pictures, batch_size, last=True):
    """Replaces the plans' `views` by images: a batch at once, or one by one when decoded."""
    if pictures.batched:

        def add(step):
            batch = plan(step)
            views = batch.pop("views")
            shown = {key: pictures.batch(v["index"], v["flip"]) for key, v in views.items()}
            return {**shown, **batch}

        data = steps.map(add, num_parallel_calls=2, deterministic=True)
    else:

        def add(sample):
            views = sample.pop("views")
            return {**{key: pictures.one(**view) for key, view in views.items()}, **sample}

        data = steps.map(plan).unbatch()
        data = data.map(add, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        data = data.batch(batch_size, drop_remainder=last)
    return data.prefetch(2)
