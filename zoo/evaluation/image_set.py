"""Sets of images for evaluations, read in batches.

A set is read whenever it is needed and never held in memory as a whole, unless it was created from
an array. Its digest identifies its content, independent of the files.
"""

import functools
import hashlib
from pathlib import Path

import numpy as np

from zoo import storage
from zoo.errors import ZooError, check_choice
from zoo.evaluation.arguments import checked_labels, kind_of, plain
from zoo.images.arrays import shape_advice, to_bytes
from zoo.metrics.arrays import whole_number

BATCH = 64
CROPS = ("none", "paper", "unfiltered")
LARGEST = 4096  # pixels that images are resized to
_FIX = "Fix it or take it out of the folder."
OVERVIEWS = ("grid.png", "interpolation.png", "explain.png")


class ImageSet:
    """uint8 images of one size.

    Args:
        load: function of indices, int (n,) -> uint8 (n, h, w, 3).
        count: int.
        name: str, its name in reports.
        labels: ints (count,) or None.
        class_names: list of str or None, the names of the labels.
        preprocessing: str, how the images were resized.

    Raises:
        ZooError: for no images, or labels that are not one class per image.

    Attributes:
        file_names: list of str, for images in files.
        split: str or None, the split of a folder.
        path: str or None, location of the images.
    """

    file_names, split, path = (), None, None

    def __init__(
        self, load, count, name, labels=None, class_names=None, preprocessing="pixels as they are"
    ):
        if count < 1:
            raise ZooError(f"{name} contains no images.")
        self.load, self.count, self.name, self.preprocessing = load, count, name, preprocessing
        self.labels = None if labels is None else checked_labels(labels, count, name, class_names)
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

    def subset(self, indices, name=None):
        """The images at these indices, as a set."""
        indices = np.asarray(indices)
        labels = None if self.labels is None else self.labels[indices]
        return ImageSet(
            lambda index: self.load(indices[index]), len(indices), name or self.name, labels,
            self.class_names, self.preprocessing,
        )

    def sample(self, count, seed):
        """`count` distinct images at random, in order; all of them if there are no more."""
        if count is None or count >= self.count:
            return self
        indices = np.sort(np.random.RandomState(seed).permutation(self.count)[:count])
        return self.subset(indices)

    def of_class(self, label):
        """The images of a class.

        Raises:
            ZooError: if there are none.
        """
        indices = np.flatnonzero(self.labels == label)
        name = self.class_names[label] if self.class_names else label
        if not len(indices):
            raise ZooError(
                f'{self.name} has no image of the class "{name}", so it cannot be evaluated: '
                "add some, or evaluate without classes, `per_class=False`."
            )
        return self.subset(indices, f"{self.name}, class {name}")

    def flat(self, folder):
        """All images as rows of bytes (count, h * w * 3), in a temporary file below `folder`.

        Raises:
            ZooError: if the disk is full.
        """
        import tempfile

        size = int(np.prod(self.shape))
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                for batch in self.batches():
                    file.write(batch.tobytes())
                file.flush()
                return np.memmap(file, np.uint8, "r", shape=(self.count, size))
        except OSError as error:
            raise storage.write_error(folder, error, self.count * size) from error


def from_array(array, name, value_range=None, **labels):
    """A set from an array (n, h, w, 3), or (n, h, w, 1) for gray images.

    Args:
        array: uint8, uint16 or float, see `zoo.images.arrays`.
        name: str.
        value_range: range of float values, (-1, 1), (0, 1) or (0, 255); None to infer it.
        **labels: `labels` and `class_names` of the `ImageSet`.

    Raises:
        ZooError: for another shape or type, NaN, floats that are out of range or whose range is
            ambiguous, or labels that are not one class per image.
    """
    array = array if isinstance(array, np.memmap) else np.asarray(array)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or not array.size:
        raise ZooError(
            f"{name}: expected images of the shape (n, h, w, 3), or (n, h, w, 1) for gray, got "
            f"{array.shape}.{shape_advice(array.shape, (1, 3))}"
        )
    array = to_bytes(array, name, value_range)
    return ImageSet(lambda indices: _rgb(array[indices]), len(array), name, **labels)


def from_source(source, size, name, crop="none", load=None, method="bilinear"):
    """A set of square images of `size` pixels from a source of `zoo.data`.

    Args:
        source: has `len()` and, unless `load` is given, `load(index)`.
        crop: "none" resizes an image to the square; "paper" resizes its shorter side to 76/64 of
            the size and crops the center, as in the middle of AttnGAN's random training crops;
            "unfiltered" resizes to the square without anti-aliasing, as XMC-GAN's code.
        load: function index -> uint8 [h, w, 3], used instead of the source's.
        method: "bilinear" or "bicubic" of Pillow, for crop "none".
    """
    import tensorflow as tf

    from zoo.images.crop import scale_and_crop, unfiltered
    from zoo.images.resample import resize

    check_choice("`crop`", crop, CROPS)
    load_image = load or source.load

    def fit(index):
        image = load_image(index)
        if crop == "paper":
            return scale_and_crop(image, size)
        if crop == "unfiltered":
            return unfiltered(image, size)
        return tf.ensure_shape(resize(image, size, size, method), [size, size, 3])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)], autograph=False)
    def load_batch(indices):
        spec = tf.TensorSpec([size, size, 3], tf.uint8)
        return tf.map_fn(fit, indices, fn_output_signature=spec, parallel_iterations=8)

    labels = getattr(source, "labels", None) if hasattr(source, "class_names") else None
    preprocessing = {
        "none": f"resized to {size} x {size} pixels, Pillow's {method}",
        "paper": f"shorter side to 76/64 of {size} pixels, center crop of {size} x {size}",
        "unfiltered": f"resized to {size} x {size} pixels, bilinear without anti-aliasing",
    }
    return ImageSet(
        lambda indices: load_batch(np.asarray(indices, np.int64)).numpy(),
        len(source), name, labels,
        getattr(source, "class_names", None), preprocessing[crop],
    )


def from_path(path, size=None, split=None):
    """A set from a folder or .zip of image files, or from a .npy file.

    Args:
        path: str or path. All images are used, at any depth of folders, see `with_classes`, except
            the overviews of `recipes.generate` (`OVERVIEWS`).
        size: int up to 4096, pixels to resize images to; None leaves them unchanged.
        split: str or None. If there are folders "train", "val", "test", this one, or the closest
            that exists; otherwise all images are used.

    Raises:
        ZooError: if there are no images, one is damaged, they have several sizes and `size` is
            None, the array is invalid, or an argument is.
    """
    path = plain(path)
    if not isinstance(path, str):
        raise ZooError(
            "Expected the path of a folder, .zip or .npy of images, got "
            f"{kind_of(path)}. Turn an array into a set of images with from_array."
        )
    if size is not None:
        size = whole_number(size, "`size`", 1, LARGEST)
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
        raise ZooError(f"{path} contains no images: give a folder, a .zip or a .npy of images.")
    shapes = {}

    def note(height, width):
        shapes.setdefault((height, width), len(shapes))

    images = ImageFiles(tree, names, rule=note, advice=_FIX)
    if size is None:
        size = _side_of(path, list(shapes))
    name = " ".join(filter(None, (Path(path).name, split)))
    result = from_source(images, size, name)
    result.file_names, result.split, result.path = images.file_names, split, path
    return result


def _root(tree, split):
    """(folder, split) of a split; ("", None) for all images."""
    from zoo.data.sources.layouts import splits_at

    for level in reversed(tree.roots) if split else ():
        splits = splits_at(tree, level)
        for name in dict.fromkeys((split, "test", "val", "train")):
            folders = splits.get(name, [])
            if len(folders) > 1:
                listed = " and ".join(map(tree.describe, folders))
                raise ZooError(f'Several folders of the split "{name}": {listed}. Keep one.')
            if folders:
                return folders[0], name
    return "", None


def _side_of(path, shapes):
    """The side of images that are all squares of one size."""
    if len(shapes) > 1:
        listed = ", ".join(f"{w} x {h}" for h, w in shapes[:3])
        raise ZooError(
            f"{path} contains images of {len(shapes)} sizes ({listed} ...): resize them to one "
            "size first, or give one as `size`."
        )
    height, width = shapes[0]
    if height != width:
        raise ZooError(
            f"{path} contains images of {width} x {height}, which are not square: give one side as "
            "`size`."
        )
    return height


def with_classes(images, class_names):
    """Sets the labels of a set from a folder, if each image is in a folder named by its class."""
    class_names = [str(name) for name in class_names or ()]
    labels = [
        next((class_names.index(part) for part in name.split("/")[:-1] if part in class_names), -1)
        for name in images.file_names
    ]
    if labels and min(labels) >= 0:
        images.labels, images.class_names = np.array(labels), class_names
    return images


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


def resized(images, size):
    """The same images resized to squares of `size` pixels."""
    from zoo.images.resample import resize

    load = images.load
    return ImageSet(
        lambda indices: resize(load(indices), size, size).numpy(), len(images), images.name,
        images.labels, images.class_names, f"resized to {size} x {size} pixels, bilinear",
    )


def _rgb(images):
    return images.repeat(3, axis=-1) if images.shape[-1] == 1 else images
