"""Cache of captions' text vectors: TFRecord files with random access.

A cache is a folder with `texts-00000-of-00008.tfrecord`, ... and `index.json`. A record is a
`tf.train.Example` of one caption, in the order of the source (all captions of the first image,
then of the second, ...), with little-endian bytes features:

    words     float16 (tokens, features)      sentence  float16 (features,)
    pieces    int32 (tokens,)                 lengths   int32 (1,)

All records have the same size, so the offset of each is known and any can be read without the
records before it: the order of batches remains a function of seed and step. float16 has 11
significant bits: it changes a value by at most 1/2048 of itself, and takes half the space of
float32. `recipes.cache_text` writes the cache.
"""

import hashlib
import os

import numpy as np
import tensorflow as tf

from zoo import storage
from zoo.data.batches.text_store import TextStore, caption_ranges
from zoo.data.subset import Subset
from zoo.errors import ZooError

INDEX, FORMAT = "index.json", 1
_KEYS = ("sha256", "sentence", "max_tokens", "features", "captions", "captions_sha256",
         "record_bytes", "shards")  # of the index, without which no vector can be read
_FRAME = 16  # bytes that TFRecord adds: length 8, checksum of the length 4, of the data 4


def file_bytes(records, record_bytes):
    """Size of a file of so many records."""
    return records * (record_bytes + _FRAME)


def captions_digest(captions):
    """SHA-256 of the captions of all images, including their assignment to images."""
    total = hashlib.sha256()
    for entry in captions:
        for caption in entry:
            total.update(caption.encode() + b"\0")
        total.update(b"\n")
    return total.hexdigest()


def record(words, sentence, pieces, length):
    """The bytes of one caption's record.

    Raises:
        ZooError: a vector is not finite, or exceeds float16's range.
    """
    halves = {}
    for name, value in (("words", words), ("sentence", sentence)):
        with np.errstate(over="ignore"):
            halves[name] = np.asarray(value).astype("<f2")
        if not np.isfinite(halves[name]).all():
            raise ZooError(
                f"A caption's {name} exceed float16's range: they reach "
                f"{np.abs(value).max():.3g}, and 65504 is the largest."
            )
    values = {
        **halves,
        "pieces": np.asarray(pieces, "<i4"),
        "lengths": np.asarray([length], "<i4"),
    }
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.tobytes()]))
        for name, value in values.items()
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


class TextCache:
    """A folder of text vectors; `text_to_image_dataset` accepts it instead of a tokenizer.

    Args:
        directory: str.

    Attributes:
        index: dict, the content of `index.json`: `handles`, `sha256`, `sentence`, `max_tokens`,
            `features`, `captions`, `captions_sha256`, `record_bytes`, `shards` (list of `name` and
            `records`) and `float16` (the rounding errors).

    Raises:
        ZooError: there is no cache, it is unfinished, or its files do not have the sizes and
            captions of the index.
    """

    def __init__(self, directory):
        self.directory = os.fspath(directory)
        path = os.path.join(self.directory, INDEX)
        if not os.path.isfile(path):
            raise ZooError(
                f"{self.directory} is not a finished cache of text vectors: it has no {INDEX}. "
                "Create it with the program cache_text."
            )
        self.index = storage.read_json(path)
        if not isinstance(self.index, dict) or self.index.get("format") != FORMAT:
            raise ZooError(
                f"{path} is of another version. Create the cache again with the program "
                "cache_text."
            )
        missing = [key for key in _KEYS if key not in self.index]
        if missing:
            raise ZooError(f"{path} is damaged: it lacks {', '.join(missing)}. Copy it again, or "
                           "create the cache again.")
        if not self.index["shards"]:
            raise ZooError(f"{path} lists no captions. Create the cache again.")
        self._size = self.index["record_bytes"] + _FRAME
        self._files = []
        for shard in self.index["shards"]:
            file = os.path.join(self.directory, shard["name"])
            size = os.path.getsize(file) if os.path.isfile(file) else -1
            expected = file_bytes(shard["records"], self.index["record_bytes"])
            if size != expected:
                raise ZooError(
                    f"{file} is missing or damaged: expected {expected:,} bytes, found "
                    f"{max(size, 0):,}. Copy it again, or create the cache again."
                )
            self._files.append(file)
        self._first = np.cumsum([0, *(shard["records"] for shard in self.index["shards"])])
        if len(self) != self.index["captions"]:
            raise ZooError(f"{path} is damaged: it lists files of {len(self):,} captions, but has "
                           f"{self.index['captions']:,}. Copy it again, or create the cache again.")

    def __len__(self):
        """Number of captions."""
        return int(self._first[-1])

    @property
    def max_tokens(self):
        return self.index["max_tokens"]

    @property
    def features(self):
        return self.index["features"]

    def store(self, source):
        """The `TextStore` of a source's captions.

        Args:
            source: the source whose captions were cached, or a `zoo.data.subset.Subset` of it.

        Raises:
            ZooError: the source has other captions than the cache.
        """
        if captions_digest(source.captions) == self.index["captions_sha256"]:
            return _CachedTexts(self, *caption_ranges(source.captions))
        whole = source.source if isinstance(source, Subset) else source
        if captions_digest(whole.captions) != self.index["captions_sha256"]:
            raise ZooError(
                f"The cache {self.directory} has other captions ({len(self):,}) than this "
                f"data ({sum(map(len, source.captions)):,}), or the same ones in another order. "
                "Create it again with the program cache_text for this data and split."
            )
        first, count = caption_ranges(whole.captions)
        return _CachedTexts(self, first[source.indices], count[source.indices])

    def read(self, rows):
        """The records (list of bytes) of captions, by their indices (int array)."""
        if not hasattr(self, "_maps"):  # opened at the first use, one memory map per file
            self._maps = [
                np.memmap(file, np.uint8, "r", shape=(shard["records"], self._size))
                for file, shard in zip(self._files, self.index["shards"], strict=True)
            ]
        shards = np.searchsorted(self._first, rows, side="right") - 1
        return [
            self._maps[shard][row - self._first[shard], 12:-4].tobytes()
            for row, shard in zip(rows, shards, strict=True)
        ]

    def decode(self, records):
        """dict of `words` float32 (B, tokens, features), `sentence` float32 (B, features), `pieces`
        int32 (B, tokens) and `lengths` int32 (B,) from records, string (B,)."""
        names = ("words", "sentence", "pieces", "lengths")
        parsed = tf.io.parse_example(
            records, {name: tf.io.FixedLenFeature([], tf.string) for name in names}
        )
        tokens, features = self.max_tokens, self.features
        shapes = {"words": [tokens, features], "sentence": [features], "pieces": [tokens]}
        fields = {}
        for name in names:
            kind = tf.float16 if name in ("words", "sentence") else tf.int32
            value = tf.io.decode_raw(parsed[name], kind)
            value = tf.reshape(value, [-1, *shapes.get(name, [])])
            fields[name] = tf.cast(value, tf.float32) if kind == tf.float16 else value
        return fields


class _CachedTexts(TextStore):
    """The `TextStore` of a source's captions in a `TextCache`."""

    def __init__(self, cache, first, count):
        self.cache = cache
        with tf.device("CPU:0"):
            self.first, self.count = tf.constant(first), tf.constant(count)

    def fields(self, index, uniform, seed):
        """The vectors of `TextCache.decode`; see `TextStore.fields`. `seed` has no effect."""
        chosen = self.chosen(index, uniform)
        records = tf.numpy_function(
            lambda rows: np.array(self.cache.read(rows), object), [chosen], tf.string
        )
        fields = self.cache.decode(tf.reshape(records, tf.shape(chosen)))
        return {
            name: tf.ensure_shape(value, [index.shape[0], *value.shape[1:]])
            for name, value in fields.items()
        }
