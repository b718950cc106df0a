"""Batches for label-to-image and image-to-image systems.

As in `zoo.data.batches.text_to_image`, the batch of step n depends only on the seed and n, so that starting at
`start_step` gives the batches of a run that was never interrupted.

References: pix2pix, arXiv 1611.07004, and BicycleGAN, arXiv 1711.11586, data/aligned_dataset.py;
DRIT, arXiv 1808.00948, src/dataset.py. Checked against the official code of HelenMao/MSGAN and
junyanz/BicycleGAN. Known deviations: every place of a crop is equally likely (Pix2Pix in MSGAN
never uses the last one); evaluation takes the centre and mirrors nothing (there, crops and flips
stay random in the tests of pix2pix and BicycleGAN).
"""

import numpy as np
import tensorflow as tf

from zoo.data.batches.image_cache import Squares, one_by_one, source_squares
from zoo.data.batches.text_to_image import shuffled_indices
from zoo.errors import ZooError
from zoo.images.resample import grayscale, resize

_A_SALT, _B_SALT, _PARTNER_SALT = 0x2545F491, 0x6C078965, 0x1B873593


def labels_dataset(
    source,
    image_size,
    batch_size,
    seed=0,
    start_step=0,
    training=True,
    load_size=None,
    flip=False,
    cache=False,
):
    """Endless batches of pictures with labels.

    Args:
        source: pictures with `labels`, such as `ClassFolder`, `Cifar10` or `ShapeClasses`.
        image_size: int, side of the pictures, pixels.
        batch_size: int, at most the number of pictures.
        seed: int.
        start_step: int, the step of the first batch.
        training: False takes the centre crop and no flip; the order is random all the same.
        load_size: int, pixels: a picture is squeezed into this square (Pillow's bilinear filter)
            and a random square of `image_size` is cut; None is `image_size`, no cut.
        flip: mirrors every second picture on average.
        cache: decodes and scales every picture once, in parallel, into memory.

    Returns:
        `tf.data.Dataset` of dicts: `images`, float32 [B, s, s, 3] in [-1, 1]; `labels`, int64 [B].

    Raises:
        ZooError: sizes or a batch size that cannot be used, or a label outside `class_names`.
    """
    count, load_size = len(source), _check(source, image_size, load_size, batch_size)
    _check_endless(start_step, batch_size, count)
    batch = _labelled(source, image_size, load_size, cache)

    def step_batch(step):
        index = shuffled_indices(step, batch_size, count, seed)
        return batch(index, *_moves(step, batch_size, seed, training, flip))

    return _endless(step_batch, start_step)


def labels_evaluation(source, image_size, batch_size, load_size=None, cache=False):
    """Every picture once, in order: centre crop, no flip; the last batch may be smaller.

    Args and fields: as `labels_dataset`.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    load_size = _check(source, image_size, load_size, batch_size)
    return _once(_labelled(source, image_size, load_size, cache), len(source), batch_size)


def paired_dataset(
    source,
    image_size,
    batch_size,
    seed=0,
    start_step=0,
    training=True,
    load_size=None,
    flip=True,
    cache=False,
    source_channels=3,
    target_channels=3,
):
    """Endless batches of pairs; crop and flip are common to both pictures of a pair.

    Args:
        source: pairs, such as `PairedFolder` or `ShapePairs`.
        load_size: int, pixels: each picture is squeezed into this square (Pillow's bicubic filter)
            and a random square of `image_size` is cut; None is `image_size`, no cut.
        flip: mirrors every second pair on average.
        source_channels, target_channels: 3, or 1 for grey values, made before scaling (edges).
        other arguments: as `labels_dataset`.

    Returns:
        `tf.data.Dataset` of dicts: `source` and `target`, float32 [B, s, s, channels] in [-1, 1].

    Raises:
        ZooError: sizes, a batch size or channels that cannot be used.
    """
    count, load_size = len(source), _check(source, image_size, load_size, batch_size)
    _check_endless(start_step, batch_size, count)
    batch = paired_views(source, image_size, load_size, cache, source_channels, target_channels)

    def step_batch(step):
        index = shuffled_indices(step, batch_size, count, seed)
        return batch(index, *_moves(step, batch_size, seed, training, flip))

    return _endless(step_batch, start_step)


def paired_evaluation(
    source,
    image_size,
    batch_size,
    load_size=None,
    cache=False,
    source_channels=3,
    target_channels=3,
):
    """Every pair once, in order: centre crop, no flip; the last batch may be smaller.

    Args and fields: as `paired_dataset`.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    load_size = _check(source, image_size, load_size, batch_size)
    batch = paired_views(source, image_size, load_size, cache, source_channels, target_channels)
    return _once(batch, len(source), batch_size)


def unpaired_dataset(
    source,
    image_size,
    batch_size,
    seed=0,
    start_step=0,
    training=True,
    load_size=None,
    flip=True,
    cache=False,
):
    """Endless batches of two domains; each picture has a crop and a flip of its own.

    An epoch goes through the larger domain; for each item a picture of the other one is drawn at
    random. Of domains with equal lengths it goes through A.

    Args:
        source: has `a` and `b`, sources of pictures, such as `UnpairedFolders` or `ShapeDomains`.
        batch_size: int, at most the length of the larger domain.
        load_size: int, pixels: each picture is squeezed into this square (Pillow's bicubic filter)
            and a random square of `image_size` is cut (DRIT: 256 and 216); None is `image_size`.
        other arguments: as `labels_dataset`.

    Returns:
        `tf.data.Dataset` of dicts: `images_a` and `images_b`, float32 [B, s, s, 3] in [-1, 1].

    Raises:
        ZooError: sizes or a batch size that cannot be used.
    """
    load_size = _check_domains(source, image_size, load_size, batch_size)
    lengths = {"a": len(source.a), "b": len(source.b)}
    larger, smaller = ("a", "b") if lengths["a"] >= lengths["b"] else ("b", "a")
    _check_endless(start_step, batch_size, lengths[larger])
    batch = _domains(source, image_size, load_size, cache)

    def step_batch(step):
        key = _key(seed ^ _PARTNER_SALT, step)
        drawn = tf.random.stateless_uniform(
            [batch_size], key, 0, lengths[smaller], tf.int64, alg="philox"
        )
        index = {larger: shuffled_indices(step, batch_size, lengths[larger], seed), smaller: drawn}
        moves = {
            name: _moves(step, batch_size, seed ^ salt, training, flip)
            for name, salt in (("a", _A_SALT), ("b", _B_SALT))
        }
        return batch(index, moves)

    return _endless(step_batch, start_step)


def unpaired_evaluation(source, image_size, batch_size, load_size=None, cache=False):
    """Every picture of the larger domain once, in order; the smaller domain starts over.

    Centre crop, no flip; the last batch may be smaller. Args and fields: as `unpaired_dataset`.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    load_size = _check_domains(source, image_size, load_size, batch_size)
    batch = _domains(source, image_size, load_size, cache)
    lengths = {"a": len(source.a), "b": len(source.b)}

    def ordered(index):
        return batch({name: index % lengths[name] for name in lengths}, {"a": (), "b": ()})

    return _once(ordered, max(lengths.values()), batch_size)


def _labelled(source, image_size, load_size, cache):
    labels = np.asarray(source.labels, np.int64)
    classes = len(getattr(source, "class_names", None) or range(labels.max() + 1))
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        files = getattr(source, "file_names", None)
        name = files[wrong[0]] if files else f"picture {wrong[0]}"
        raise ZooError(
            f"{name}: its label is {labels[wrong[0]]}, expected 0 to {classes - 1} "
            f"({classes} classes)."
        )
    squares = source_squares(source, load_size, "bilinear", cache)

    def batch(index, *moves):
        images = squares.views(index, image_size, *moves)
        return {"images": images, "labels": tf.gather(labels, index)}

    return batch


def paired_views(source, image_size, load_size, cache=False, source_channels=3, target_channels=3):
    """A function from indices [B], and `place` and `flip` of `Squares.views`, to a batch.

    Args: as `paired_dataset`.
    """
    channels = [source_channels, target_channels]  # of one picture, so that both are cut alike
    if not set(channels) <= {1, 3}:
        raise ZooError(f"source_channels and target_channels must be 1 or 3, but {channels} came.")

    def load(index):
        pair = [
            resize(grayscale(picture) if wanted == 1 else picture, load_size, load_size, "bicubic")
            for picture, wanted in zip(source.load(index), channels, strict=True)
        ]
        return tf.ensure_shape(tf.concat(pair, -1), [load_size, load_size, sum(channels)])

    load_batch = one_by_one(load, load_size, sum(channels))
    squares = Squares(load_batch, len(source), load_size, sum(channels), cache)

    def batch(index, *moves):
        pictures = tf.split(squares.views(index, image_size, *moves), channels, axis=-1)
        return dict(zip(("source", "target"), pictures, strict=True))

    return batch


def _domains(source, image_size, load_size, cache):
    squares = {
        name: source_squares(getattr(source, name), load_size, "bicubic", cache)
        for name in ("a", "b")
    }

    def batch(index, moves):
        return {
            f"images_{name}": squares[name].views(index[name], image_size, *moves[name])
            for name in squares
        }

    return batch


def _moves(step, batch_size, seed, training, flip):
    """Where to cut, float [B, 2], and what to mirror, bool [B]; nothing of it in evaluation."""
    if not training:
        return None, None
    uniform = tf.random.stateless_uniform([batch_size, 3], _key(seed, step), alg="philox")
    return uniform[:, :2], uniform[:, 2] < 0.5 if flip else None


def _key(seed, step):
    return tf.stack([tf.constant(seed, tf.int64), step])


def _endless(batch, start_step):
    steps = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    return steps.map(batch, tf.data.AUTOTUNE, deterministic=True).prefetch(2)


def _once(batch, count, batch_size):
    places = tf.data.Dataset.range(count).batch(batch_size)
    return places.map(batch, tf.data.AUTOTUNE, deterministic=True).prefetch(2)


def _check(source, image_size, load_size, batch_size):
    """The size of the pictures before the cut."""
    load_size = image_size if load_size is None else load_size
    if not 1 <= image_size <= load_size:
        raise ZooError(
            f"image_size must be 1 or more and at most load_size, but image_size {image_size} and "
            f"load_size {load_size} came."
        )
    if batch_size < 1:
        raise ZooError(f"batch_size must be 1 or more, but {batch_size} came.")
    if not len(source):
        raise ZooError("The data source has no pictures.")
    return load_size


def _check_domains(source, *settings):
    for domain in (source.a, source.b):
        load_size = _check(domain, *settings)
    return load_size


def _check_endless(start_step, batch_size, count):
    if start_step < 0:
        raise ZooError(f"start_step must be 0 or more, but {start_step} came.")
    if batch_size > count:
        raise ZooError(
            f"batch_size {batch_size} is larger than the number of pictures ({count}): "
            "use a smaller batch."
        )
