"""Pictures sorted into a folder a class."""

import posixpath

import numpy as np

from zoo.data.picture_files import PictureList, PictureTree
from zoo.errors import ZooError


class ClassFolder:
    """Pictures in a folder a class: `directory/split/<class>/*.png`.

    Without folders train, val and test the classes are looked for in `directory` itself, which may
    also be a .zip file of the same layout, read into memory. Pictures may lie deeper inside their
    class; those beside the class folders are not read. Classes are numbered by their sorted names.
    How grey, transparent and 16-bit pictures become RGB: see `zoo.pictures.decode_picture`.

    Example:
        source = ClassFolder("cifar10_images.zip", split="test")
        source.class_names[:2]  # ["airplane", "automobile"]
        source.load(0).shape    # (32, 32, 3)

    Args:
        directory: path of the folder or .zip file.
        split: name of the sub-folder.
        classes: names of the classes to read, label 0 first; None takes all folders. Give those of
            the training split to a test split that lacks one.
        on_error: "raise" stops at the first bad picture; "skip" leaves it out and adds the message
            to `skipped`.
        check: decodes every picture once, so that a broken one is found now and not in the
            middle of a training.

    Attributes:
        labels: int64 [n], indices into `class_names`.
        file_names, class_names, skipped: lists of str.

    Raises:
        ZooError: no such folder, no class folders, a class without pictures, or a bad picture;
            names the folder or file.
    """

    def __init__(self, directory, split="train", classes=None, on_error="raise", check=True):
        tree = PictureTree(directory)
        root, self.class_names = _find(tree, split, classes)
        names, labels = [], []
        for label, name in enumerate(self.class_names):
            pictures = tree.pictures(posixpath.join(root, name))
            names += pictures
            labels += [label] * len(pictures)
        self._pictures = PictureList(tree, names, on_error, check)
        self.labels = np.array(labels, np.int64)[self._pictures.kept]
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        for name, count in zip(self.class_names, counts, strict=True):
            if not count:
                where = tree.describe(posixpath.join(root, name))
                raise ZooError(
                    f"{where}: a class without a usable picture; add some, remove the folder, or "
                    "list the others in classes."
                )
        self.file_names, self.skipped = self._pictures.file_names, self._pictures.skipped
        self.image_size = self._pictures.image_size

    def __len__(self):
        return len(self._pictures)

    def load(self, index):
        """Picture `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return self._pictures.load(index)


def _find(tree, split, classes):
    """The folder of the split, and the names of its classes."""
    for root in tree.roots(split):
        folders = tree.folders(root)
        if not folders:
            continue
        names = folders if classes is None else list(classes)
        if not names or len(set(names)) < len(names):
            raise ZooError(f"classes must be different names, one at least, but {names} came.")
        missing = [name for name in names if name not in folders]
        if missing:
            raise ZooError(
                f'{tree.describe(root)}: expected a folder "{missing[0]}" of that class, but found '
                f"{', '.join(folders)}."
            )
        return root, names
    raise ZooError(
        f"{tree.directory}: expected a folder of pictures for each class in "
        f'"{split}" or directly there, but found none.'
    )
