"""Sets of images that an evaluation measures, read batch by batch.

A set is read as often as it is needed and never held in memory as a whole, except for arrays that
were given as such. Its digest identifies its content, whatever files it is in.
"""

import functools
import hashlib
import os
from pathlib import Path

import numpy as np

from zoo.errors import ZooError, check_choice
from zoo.images.arrays import shape_advice, to_bytes

BATCH = 64
CROPS = ("none", "paper")
OVERVIEWS = ("grid.png", "interpolation.png", "explain.png")


class ImageSet:
    """uint8 images of one size.

    Args:
        load: function of indices, int (n,) -> uint8 (n, h, w, 3).
        count: int.
        name: str, what reports call it.
        labels: ints (count,) or None.
        class_names: list of str or None.
        preprocessing: str, how the images got their size.

    Attributes:
        file_names: list of str, of images in files.
        split: str or None, the part of a folder.
        path: str or None, where the images are.
    """

    file_names, split, path = (), None, None

    def __init__(
        self, load, count, name, labels=None, class_names=None, preprocessing="pixels as they are"
    ):
        if count < 1:
            raise ZooError(f"{name} holds no images.")
        self.load, self.count, self.name, self.preprocessing = load, count, name, preprocessing
        self.labels = None if labels is None else np.asarray(labels)
        self.class_names = class_names

    def __len__(self):
        return self.count

    def batches(self, size=BATCH):
        """Yields uint8 (size, h, w, 3) in order; the last one may be smaller."""
        for start in range(0, self.count, size):
            yield self.load(np.arange(start, min(start + size, self.count)))

    @functools.cached_property
    def shape(self):
        """(h, w, 3)."""
        return tuple(self.load(np.arange(1)).shape[1:])

    @functools.cached_property
    def digest(self):
        """SHA-256 of the shape and of all bytes, as 64 hexadecimal digits."""
        digest = hashlib.sha256(str((self.count, *self.shape)).encode())
        for batch in self.batches():
            digest.update(np.ascontiguousarray(batch).tobytes())
        return digest.hexdigest()

    def subset(self, places, name=None):
        """The images at these places, as a set."""
        places = np.asarray(places)
        labels = None if self.labels is None else self.labels[places]
        return ImageSet(
            lambda index: self.load(places[index]), len(places), name or self.name, labels,
            self.class_names, self.preprocessing,
        )

    def sample(self, count, seed):
        """`count` different images at random, in order; all of them where there are no more."""
        if count is None or count >= self.count:
            return self
        places = np.sort(np.random.RandomState(seed).permutation(self.count)[:count])
        return self.subset(places)

    def of_class(self, label):
        """The images of a class.

        Raises:
            ZooError: there is none.
        """
        places = np.flatnonzero(self.labels == label)
        name = self.class_names[label] if self.class_names else label
        if not len(places):
            raise ZooError(
                f'{self.name} has no image of the class "{name}", so nothing can be measured '
                "there: add some, or measure without classes (--noper_class)."
            )
        return self.subset(places, f"{self.name}, class {name}")

    def flat(self, folder):
        """All images as rows of bytes (count, h * w * 3), in a temporary file below `folder`."""
        import tempfile

        with tempfile.TemporaryFile(dir=folder) as file:
            rows = np.memmap(file, np.uint8, "w+", shape=(self.count, int(np.prod(self.shape))))
        start = 0
        for batch in self.batches():
            rows[start : start + len(batch)] = batch.reshape(len(batch), -1)
            start += len(batch)
        return rows


def from_array(array, name, value_range=None, **labels):
    """A set from an array (n, h, w, 3); grey images, of one channel, get three.

    Args:
        array: uint8, uint16 or float, see `zoo.images.arrays`.
        name: str.
        value_range: None, or what floats are in: (-1, 1), (0, 1) or (0, 255).

    Raises:
        ZooError: another shape or type, NaN, or floats outside their range, or of none that is
            certain.
    """
    array = array if isinstance(array, np.memmap) else np.asarray(array)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or not array.size:
        raise ZooError(
            f"{name}: expected images of the shape (n, h, w, 3), or (n, h, w, 1) for grey, got "
            f"{array.shape}.{shape_advice(array.shape, (1, 3))}"
        )
    array = to_bytes(array, name, value_range)
    return ImageSet(lambda places: _colour(array[places]), len(array), name, **labels)


def from_source(source, size, name, crop="none", load=None, method="bilinear"):
    """A set from a source of `zoo.data`, in squares of `size` pixels.

    Args:
        source: has `len()` and, unless `load` is given, `load(index)`.
        crop: "none" squeezes an image into the square; "paper" scales its shorter side to 76/64 of
            the size and cuts the centre, the middle of AttnGAN's training crop.
        load: function index -> uint8 [h, w, 3], in place of the source's.
        method: "bilinear" or "bicubic", Pillow's, of what is squeezed.
    """
    import tensorflow as tf

    from zoo.images.crop import scale_and_crop
    from zoo.images.resample import resize

    check_choice("--crop", crop, CROPS)
    one = load or source.load

    def fit(index):
        picture = one(index)
        if crop == "paper":
            return scale_and_crop(picture, size)
        return tf.ensure_shape(resize(picture, size, size, method), [size, size, 3])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)], autograph=False)
    def pictures(places):
        spec = tf.TensorSpec([size, size, 3], tf.uint8)
        return tf.map_fn(fit, places, fn_output_signature=spec, parallel_iterations=8)

    labels = getattr(source, "labels", None) if hasattr(source, "class_names") else None
    routes = {
        "none": f"squeezed to {size} x {size} pixels, Pillow's {method}",
        "paper": f"shorter side to 76/64 of {size} pixels, the middle {size} x {size} cut out",
    }
    return ImageSet(
        lambda places: pictures(np.asarray(places, np.int64)).numpy(), len(source), name, labels,
        getattr(source, "class_names", None), routes[crop],
    )


def from_path(path, size=None, split=None):
    """A set from a folder or .zip of image files, or from a .npy file.

    Args:
        path: images may lie in folders, see `with_classes`; all are taken, however deep. What
            `recipes.generate` writes beside single images (`OVERVIEWS`) is left out.
        size: int, to which images are scaled; None takes them as they are.
        split: str or None. Where there are folders "train", "val", "test", those of this one, or of
            the next best; else all images.

    Raises:
        ZooError: nothing there, images of several sizes and no `size`, or a bad array.
    """
    path = os.fspath(path)
    if path.endswith(".npy"):
        return _from_npy(path, size)
    if path.endswith(".npz"):
        raise ZooError(f"{path}: expected one array of images; save it as .npy with numpy.save.")
    from zoo.data.sources.image_tree import ImageFiles
    from zoo.listing import open_tree

    tree = open_tree(path)
    root, split = _root(tree, split)
    names = [name for name in tree.images(root) if name.split("/")[-1] not in OVERVIEWS]
    if not names:
        raise ZooError(f"{path} holds no images: give a folder, a .zip or a .npy of them.")
    shapes = {}

    def note(height, width):
        shapes.setdefault((height, width), len(shapes))

    pictures = ImageFiles(tree, names, rule=note)
    if size is None:
        size = _side_of(path, list(shapes))
    name = " ".join(filter(None, (Path(path).name, split)))
    result = from_source(pictures, size, name)
    result.file_names, result.split, result.path = pictures.file_names, split, path
    return result


def _root(tree, split):
    """(folder, split) where a split lies, or all images; the split is None of these."""
    from zoo.data.sources.layouts import splits_at

    for level in reversed(tree.roots) if split else ():
        found = splits_at(tree, level)
        for name in dict.fromkeys((split, "test", "val", "train")):
            folders = found.get(name, [])
            if len(folders) > 1:
                shown = " and ".join(map(tree.describe, folders))
                raise ZooError(f'Two folders are of the split "{name}": {shown}. Keep one of them.')
            if folders:
                return folders[0], name
    return "", None


def _side_of(path, shapes):
    """The side of square images of one size."""
    if len(shapes) > 1:
        shown = ", ".join(f"{w} x {h}" for h, w in shapes[:3])
        raise ZooError(
            f"{path} holds images of {len(shapes)} sizes ({shown} ...): scale them to one "
            "first, or say to which with --size."
        )
    height, width = shapes[0]
    if height != width:
        raise ZooError(f"{path} holds images of {width} x {height}: give --size, a square's.")
    return height


def with_classes(pictures, class_names):
    """Gives a set from a folder its labels, where each image lies in a folder of a class."""
    class_names = [str(name) for name in class_names or ()]
    labels = [
        next((class_names.index(part) for part in name.split("/")[:-1] if part in class_names), -1)
        for name in pictures.file_names
    ]
    if labels and min(labels) >= 0:
        pictures.labels, pictures.class_names = np.array(labels), class_names
    return pictures


def _from_npy(path, size):
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ZooError(f"{path} cannot be read as a .npy file of images: {error}.") from None
    result = from_array(array, Path(path).name)
    if size is not None and result.shape[:2] != (size, size):
        result = resized(result, size)
    result.path = path
    return result


def resized(pictures, size):
    """The same images squeezed into a square of `size` pixels."""
    from zoo.images.resample import resize

    load = pictures.load
    return ImageSet(
        lambda places: resize(load(places), size, size).numpy(), len(pictures), pictures.name,
        pictures.labels, pictures.class_names, f"squeezed to {size} x {size} pixels, bilinear",
    )


def _colour(pictures):
    return pictures.repeat(3, axis=-1) if pictures.shape[-1] == 1 else pictures
