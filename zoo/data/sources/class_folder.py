"""`ClassFolder`: images in one folder per class."""

import posixpath

import numpy as np

from zoo.data.sources.class_layout import class_place
from zoo.data.sources.image_tree import ImageFiles, check_on_error
from zoo.errors import ZooError
from zoo.listing import LIMITS, open_tree


class ClassFolder:
    """Images in one folder per class: `directory/split/<class>/*.png`.

    Without folders of splits, the classes are the folders of `directory` itself. `directory` may
    also be a .zip file of the same layout, which is read into memory, or contain all of this in a
    single subfolder. Images may be in subfolders of their class; a single image next to the class
    folders is not read. Classes are numbered by their sorted names. Anything ambiguous is an error,
    see docs/data.md. For the conversion of grayscale, transparent and 16-bit images to RGB see
    `zoo.images.decode`.

    Example:
        source = ClassFolder("cifar10_images.zip", split="test")
        source.class_names[:2]  # ["airplane", "automobile"]
        source.load(0).shape    # (32, 32, 3)

    Args:
        directory: path of the folder or .zip file.
        split: "train", "val", "test", or the name of another folder; "train" also reads a folder
            without splits, and so does None.
        classes: names of the classes to read, label 0 first; None reads all folders. Pass the
            classes of the training split for a test split that lacks one.
        on_error: "raise" stops at the first bad image; "skip" leaves it out and adds the message
            to `skipped`.
        check: decode every image once, so that a broken one is found immediately and not during
            training.
        follow_links: bool. Follow links in the folder, even out of it.
        limits: `zoo.listing.Limits` of the folder or .zip file.

    Attributes:
        split: "train", "val", "test" or another name; None for a folder without splits.
        labels: int64 [n], indices into `class_names`.
        root: str, the folder of the class folders; `file_names` start with it.
        file_names, class_names, skipped: lists of str.

    Raises:
        MissingSplit: the folder has other splits; or it has none, and the split is not "train".
        ZooError: no such folder, another layout, a class without images, or a bad image; the
            message names the folder or file.
    """

    def __init__(
        self, directory, split="train", classes=None, on_error="raise", check=True,
        follow_links=False, limits=LIMITS,
    ):
        check_on_error(on_error)
        tree = open_tree(directory, limits=limits, follow_links=follow_links)
        place, self.class_names = class_place(tree, split, classes)
        self.split, self.root = place.split, place.folder
        names, labels = [], []
        for label, name in enumerate(self.class_names):
            images = tree.images(posixpath.join(place.folder, name))
            names += images
            labels += [label] * len(images)
        self._images = ImageFiles(tree, names, on_error, check)
        self.labels = np.array(labels, np.int64)[self._images.kept]
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        for name, count in zip(self.class_names, counts, strict=True):
            if not count:
                where = tree.describe(posixpath.join(place.folder, name))
                raise ZooError(
                    f"{where}: a class without a usable image; add some, remove the folder, or "
                    "list the others in classes."
                )
        self.file_names, self.skipped = self._images.file_names, self._images.skipped
        self.image_size = self._images.image_size

    def __len__(self):
        return len(self._images)

    @property
    def stamps(self):
        """`zoo.listing.Tree.stamp` of each image."""
        return self._images.stamps

    def load(self, index):
        """Image `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return self._images.load(index)
