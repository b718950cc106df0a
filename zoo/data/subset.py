"""A subset of a source's images, which is itself a source."""

import types

import numpy as np

_COPIED = (
    "class_names", "cell_names", "cell_colors", "direction", "image_size", "root", "split",
    "skipped",
)
_LISTS = ("captions", "records", "file_names")


class Subset:
    """The images of a source at the given indices.

    Args:
        source: images with `len()` and `load(index)` (see `zoo.data`).
        indices: ints, the images of the source.

    Attributes:
        source, indices: the source, and int64 (images,).
        others: the attributes of the source, restricted to these images: `captions`, `records`,
            `file_names`, `labels`, `embeddings`; and unchanged: `class_names`,
            `cell_names`, `cell_colors`, `direction`, `image_size`, `root`, `split`, `skipped`.
    """

    def __init__(self, source, indices):
        self.source, self.indices = source, np.asarray(indices, np.int64)
        import tensorflow as tf

        with tf.device("CPU:0"):
            self._index = tf.constant(self.indices)
        for name in _COPIED:
            if hasattr(source, name):
                setattr(self, name, getattr(source, name))
        for name in _LISTS:
            if hasattr(source, name):
                values = getattr(source, name)
                setattr(self, name, [values[index] for index in self.indices])
        if hasattr(source, "labels"):
            self.labels = np.asarray(source.labels)[self.indices]
        if hasattr(source, "embeddings"):
            self.embeddings = _rows(source.embeddings, self.indices)

    def __len__(self):
        return len(self.indices)

    @property
    def stamps(self):
        """Stamps of the images' files, or None; see `zoo.data.fingerprint`."""
        stamps = getattr(self.source, "stamps", None)
        return None if stamps is None else [stamps[index] for index in self.indices]

    def load(self, index):
        """The source's `load`; `index` counts the images of this subset."""
        import tensorflow as tf

        return self.source.load(tf.gather(self._index, index))


def domains_subset(source, indices_a, indices_b):
    """An unpaired source with a subset of each domain."""
    subset = types.SimpleNamespace(a=Subset(source.a, indices_a), b=Subset(source.b, indices_b))
    for name in ("domains", *_COPIED):
        if hasattr(source, name):
            setattr(subset, name, getattr(source, name))
    return subset


def _rows(embeddings, indices):
    if embeddings is None or isinstance(embeddings, np.ndarray):
        return None if embeddings is None else embeddings[indices]
    return [embeddings[index] for index in indices]
