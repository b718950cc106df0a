"""Writes a cache of captions' text vectors, for the program `cache_text`."""

import itertools
import os

import numpy as np

from zoo import storage
from zoo.errors import ZooError

PROGRESS = "progress.json"


def write_cache(source, encoder, directory, batch_size=64, shard_size=8192, progress=None):
    """Writes the text vectors of all captions of a source, see `zoo.data.text_cache`.

    Args:
        source: has `captions`, one list per image.
        encoder: `HubTextEncoder`.
        directory: str. A new or empty folder, or one with the files of an interrupted run.
        batch_size, shard_size: ints. Captions per batch, and per file.
        progress: function of a line of text, called after each file, or None.

    Returns:
        dict, the index. A finished cache of the same captions and settings is left unchanged.

    Raises:
        ZooError: the folder contains other files, the disk is full, or a number exceeds float16's
            range.
    """
    from zoo.data import text_cache

    captions = [caption for entry in source.captions for caption in entry]
    plan = {
        "format": text_cache.FORMAT,
        "handles": dict(encoder.handles),
        "sha256": dict(encoder.digests),
        "sentence": encoder.sentence,
        "max_tokens": encoder.max_tokens,
        "features": encoder.features,
        "captions": len(captions),
        "captions_sha256": text_cache.captions_digest(source.captions),
        "shard_size": shard_size,
    }
    done = _finished_shards(directory, plan)
    if done is None:
        return text_cache.TextCache(directory).index
    count = -(-len(captions) // shard_size)
    for number in range(len(done), count):
        start = number * shard_size
        path = os.path.join(directory, f"texts-{number:05d}-of-{count:05d}.tfrecord")
        part = captions[start : start + shard_size]
        _check_space(directory, encoder, len(captions) - start)
        done.append({"name": os.path.basename(path), "records": len(part),
                     **_write_shard(path, part, encoder, batch_size)})
        storage.write_json(os.path.join(directory, PROGRESS), {**plan, "shards": done})
        if progress:
            progress(f"{min(start + shard_size, len(captions)):,} of {len(captions):,} captions")
    index = _index(plan, done)
    storage.write_json(os.path.join(directory, text_cache.INDEX), index)
    os.remove(os.path.join(directory, PROGRESS))
    return index


def _finished_shards(directory, plan):
    """The finished shards of an interrupted run, [] for a new one, None if the cache is complete.
    """
    from zoo.data.text_cache import INDEX

    try:
        os.makedirs(directory, exist_ok=True)
    except OSError as error:
        raise storage.write_error(directory, error) from None
    for name in (INDEX, PROGRESS):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            state = storage.read_json(path)
            # Handles may differ, for example after moving a folder: the digests identify modules.
            differing = [k for k in plan if k != "handles" and state.get(k) != plan[k]]
            if differing:
                raise ZooError(
                    f"{directory} has vectors of other settings or captions "
                    f"({', '.join(differing)}). Give a new folder with --out."
                )
            return None if name == INDEX else _intact(directory, state["shards"])
    others = [name for name in os.listdir(directory) if ".tfrecord" not in name]
    if others:
        raise ZooError(f"{directory} contains other files. Give a new or empty folder with --out.")
    return []


def _intact(directory, shards):
    """The shards before the first whose file is missing or has another size."""
    from zoo.data.text_cache import file_bytes

    def is_intact(shard):
        path = os.path.join(directory, shard["name"])
        size = file_bytes(shard["records"], shard["bytes"])
        return os.path.isfile(path) and os.path.getsize(path) == size

    return list(itertools.takewhile(is_intact, shards))


def _check_space(directory, encoder, captions):
    import shutil

    need = captions * 2 * encoder.features * (encoder.max_tokens + 1)
    free = shutil.disk_usage(directory).free
    if free < need:
        raise ZooError(
            f"{directory} has {free / 1e9:.1f} GB left, but the vectors of {captions:,} captions "
            f"take {need / 1e9:.1f} GB. Free some space or choose another folder."
        )


def _write_shard(path, captions, encoder, batch_size):
    """Writes a file atomically; returns a dict of its record size and rounding errors."""
    import tensorflow as tf

    from zoo.data.text_cache import record

    encode = tf.function(encoder, autograph=False)  # of word pieces
    largest, squares, error, size = 0.0, 0.0, 0.0, 0
    try:
        with storage.atomic_file(path) as temporary, tf.io.TFRecordWriter(temporary) as writer:
            for start in range(0, len(captions), batch_size):
                pieces = encoder.tokenize(tf.constant(captions[start : start + batch_size]))
                texts = encode(pieces)
                words, sentence = texts["words"].numpy(), texts["sentence"].numpy()
                rows = zip(words, sentence, pieces["pieces"].numpy(), pieces["lengths"].numpy(),
                           strict=True)
                for row in rows:
                    data = record(*row)
                    size = len(data)
                    writer.write(data)
                for exact in (words, sentence):
                    difference = exact.astype("float16").astype("float64") - exact
                    largest = max(largest, float(np.abs(difference).max()))
                    error += float((difference**2).sum())
                    squares += float((exact.astype("float64") ** 2).sum())
    except tf.errors.OpError as op_error:
        raise ZooError(f"Could not write {path}: {op_error.message}.") from None
    return {"bytes": size, "largest": largest, "squares": squares, "error": error}


def _index(plan, done):
    """The content of `index.json`."""
    squares, error = (sum(shard[name] for shard in done) for name in ("squares", "error"))
    return {
        **plan,
        "record_bytes": done[0]["bytes"],
        "shards": [{"name": shard["name"], "records": shard["records"]} for shard in done],
        "float16": {
            "largest_error": max(shard["largest"] for shard in done),
            "relative_error": float(np.sqrt(error / squares)),  # root mean square of both
        },
    }
