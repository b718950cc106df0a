"""A part of a source: some of its images in order, itself a source."""

import types

import numpy as np

_COPIED = ("class_names", "direction", "image_size", "root", "split", "skipped")
_LISTS = ("captions", "records", "file_names")


class Part:
    """The images of a source at some places.

    Args:
        source: images with `len()` and `load(index)` (see `zoo.data`).
        places: ints, which images of the source.

    Attributes:
        whole, places: the source, and int64 (images,).
        others: those that the source has, of these images alone: `captions`, `records`,
            `file_names`, `labels`, `embeddings`; and as they are `class_names`, `direction`,
            `image_size`, `root`, `split`, `skipped`.
    """

    def __init__(self, source, places):
        self.whole, self.places = source, np.asarray(places, np.int64)
        import tensorflow as tf

        with tf.device("CPU:0"):
            self._index = tf.constant(self.places)
        for name in _COPIED:
            if hasattr(source, name):
                setattr(self, name, getattr(source, name))
        for name in _LISTS:
            if hasattr(source, name):
                values = getattr(source, name)
                setattr(self, name, [values[place] for place in self.places])
        if hasattr(source, "labels"):
            self.labels = np.asarray(source.labels)[self.places]
        if hasattr(source, "embeddings"):
            self.embeddings = _rows(source.embeddings, self.places)

    def __len__(self):
        return len(self.places)

    @property
    def stamps(self):
        """Those of the images' files, or None, see `zoo.data.fingerprint`."""
        stamps = getattr(self.whole, "stamps", None)
        return None if stamps is None else [stamps[place] for place in self.places]

    def load(self, index):
        """As the source's; `index` counts the images of this part."""
        import tensorflow as tf

        return self.whole.load(tf.gather(self._index, index))


def domains_subset(source, places_a, places_b):
    """A part of each domain of an unpaired source, as such a source."""
    part = types.SimpleNamespace(a=Part(source.a, places_a), b=Part(source.b, places_b))
    for name in ("domains", *_COPIED):
        if hasattr(source, name):
            setattr(part, name, getattr(source, name))
    return part


def _rows(embeddings, places):
    if embeddings is None or isinstance(embeddings, np.ndarray):
        return None if embeddings is None else embeddings[places]
    return [embeddings[place] for place in places]
