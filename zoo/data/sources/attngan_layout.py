"""Readers of the data folders that StackGAN and AttnGAN prepared: CUB birds and COCO.

Reference: AttnGAN, arXiv 1711.10485, and StackGAN++, arXiv 1710.10916; checked against
taoxugit/AttnGAN and hanzhanggit/StackGAN-v2, both code/datasets.py.
Known deviation: a text file with fewer captions than usual is accepted.
"""

import os

import numpy as np
import tensorflow as tf

from zoo.data.sources.layouts import canonical_split
from zoo.data.sources.pickles import load_embeddings, load_list
from zoo.errors import MissingSplit, ZooError
from zoo.images.crop import box_crop
from zoo.images.decode import decode_image
from zoo.listing import LIMITS, in_one_form, open_tree
from zoo.text.tokenization import tokenize

EMBEDDINGS = "char-CNN-RNN-embeddings.pickle"


class _Layout:
    """Base class of both layouts: `split/filenames.pickle`, `text/`, images, classes, embeddings.
    """

    captions_per_image = None

    def __init__(self, directory, split, embeddings, follow_links, limits):
        self.directory = os.fspath(directory)
        self.split = canonical_split(split)
        if self.split not in ("train", "test"):
            raise MissingSplit(
                f'{self.directory}: expected the split "train" or "test", got {split!r}.'
            )
        if not os.path.isdir(self.directory):
            raise ZooError(f"{self.directory}: no such folder.")
        self._tree = open_tree(self.directory, limits=limits, follow_links=follow_links)
        if self._tree.has_folder("train") and not self._tree.has_folder(self.split):
            raise MissingSplit(f"{self._tree.describe()}: it has no folder test, only train.")
        self._list = self._split_file("filenames.pickle")
        self.file_names = load_list(self._list, str)
        if not self.file_names:
            raise ZooError(f"{self._list}: it lists no images.")
        self.captions = [self._read_captions(name) for name in self.file_names]
        paths = [self._image_path(name) for name in self.file_names]
        for path in paths:
            if not self._tree.exists(path):
                where = self._tree.describe(path)
                raise ZooError(f"{where}: this image of {self._list} is missing.")
            self._tree.check_size(path)
        self._names = paths
        self.labels = self._read_labels()
        self.embeddings = None
        if embeddings:
            self.embeddings = load_embeddings(self._split_file(EMBEDDINGS), len(self))
        with tf.device("CPU:0"):
            self._paths = tf.constant([os.fsencode(self._tree.disk_path(p)) for p in paths])

    def __len__(self):
        return len(self.file_names)

    @property
    def stamps(self):
        """`zoo.listing.Tree.stamp` of each image."""
        return [self._tree.stamp(name) for name in self._names]

    def load(self, index):
        """Image `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return decode_image(tf.io.read_file(self._paths[index]))

    def _image_path(self, name):
        raise NotImplementedError

    def _split_file(self, name):
        """The path of a file of the split, which need not exist."""
        if reason := self._tree.why_not(f"{self.split}/{name}"):
            raise ZooError(f"{self._tree.describe(f'{self.split}/{name}')}: {reason}")
        return os.path.join(self.directory, self.split, name)

    def _below(self, *parts):
        """A name in the listing; names that a file lists must not leave the folder."""
        parts = [in_one_form(part) for part in parts]
        if any(part in ("", ".", "..") or "\\" in part for part in "/".join(parts).split("/")):
            raise ZooError(f'{self._list}: the name "{parts[-1]}" leaves the folder.')
        return "/".join(parts)

    def _read_captions(self, name):
        text = self._text(self._below("text", f"{name}.txt"), "the captions cannot be read")
        lines = [line.strip() for line in text.split("\n")]
        captions = [line for line in lines if tokenize(line)][: self.captions_per_image]
        where = self._tree.describe(f"text/{name}.txt")
        if not captions:
            raise ZooError(f"{where}: expected one caption per line, found none.")
        if any("\0" in caption for caption in captions):
            raise ZooError(f"{where}: a caption contains a zero byte; remove it.")
        return captions

    def _text(self, name, what):
        """The text of a UTF-8 file."""
        where = self._tree.describe(name)
        if not self._tree.exists(name):
            raise ZooError(f"{where}: {what}: no such file.")
        try:
            return self._tree.bytes(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ZooError(
                f"{where}: {what}: byte {error.start + 1} is not UTF-8; save the file as UTF-8."
            ) from None

    def _read_labels(self):
        path = self._split_file("class_info.pickle")
        if not os.path.exists(path):
            return np.arange(len(self), dtype=np.int64)
        labels = load_list(path, int)
        if len(labels) != len(self):
            raise ZooError(
                f"{path}: {len(labels)} classes for the {len(self)} images of the split."
            )
        return np.array(labels, np.int64)


class Birds(_Layout):
    """CUB-200-2011 as prepared by AttnGAN: 10 captions per image, labels are the classes.

    The folder has `CUB_200_2011/images.txt`, `CUB_200_2011/bounding_boxes.txt`,
    `CUB_200_2011/images/<class>/<image>.jpg`, `text/<class>/<image>.txt` with one caption per
    line, and per split `filenames.pickle` and `class_info.pickle`. `load` crops each image around
    its bird (`zoo.data.box_crop`).

    Args:
        directory: path of the folder.
        split: "train" or "test".
        embeddings: also read the split's `char-CNN-RNN-embeddings.pickle` into `embeddings`,
            float32 (images, captions, features), or a list of (captions, features) if the
            numbers of captions differ. Otherwise `embeddings` is None.
        follow_links: bool. Follow links in the folder, even out of it.
        limits: `zoo.listing.Limits` of the folder.

    Raises:
        MissingSplit: another split.
        ZooError: a file is missing or broken; the message names the file and the line.
    """

    captions_per_image = 10
    image_size = 256

    def __init__(
        self, directory, split="train", embeddings=False, follow_links=False, limits=LIMITS
    ):
        super().__init__(directory, split, embeddings, follow_links, limits)
        boxes = self._read_boxes()
        for name in self.file_names:
            if name not in boxes:
                raise ZooError(
                    f'"{name}" has no line in CUB_200_2011/images.txt and bounding_boxes.txt below '
                    f"{self.directory}."
                )
        with tf.device("CPU:0"):
            self._boxes = tf.constant([boxes[name] for name in self.file_names], tf.float32)

    def load(self, index):
        """Image `index`, cropped around its box, as uint8 [h, w, 3]."""
        return box_crop(super().load(index), self._boxes[index])

    def _image_path(self, name):
        return self._below("CUB_200_2011", "images", f"{name}.jpg")

    def _read_boxes(self):
        """dict of image name without extension to x, y, width, height in pixels."""
        names = dict(self._rows("images.txt", 2))
        boxes = {}
        for number, *box in self._rows("bounding_boxes.txt", 5):
            name = names.get(number, "")
            boxes[name.removesuffix(".jpg")] = [int(float(value)) for value in box]
        return boxes

    def _rows(self, file_name, columns):
        path = self._tree.describe(f"CUB_200_2011/{file_name}")
        text = self._text(f"CUB_200_2011/{file_name}", "cannot be read")
        for number, line in enumerate(text.splitlines(), start=1):
            row = line.split()
            if row:
                if len(row) != columns or not _are_numbers(row if columns == 5 else row[:1]):
                    raise ZooError(
                        f"{path}, line {number}: expected {columns} columns, "
                        f'{"all numbers" if columns == 5 else "a number and a name"}: "{line}".'
                    )
                yield row


class Coco(_Layout):
    """COCO 2014 as prepared by AttnGAN: 5 captions per image, no boxes.

    The folder has `images/<image>.jpg`, `text/<image>.txt` with one caption per line, and
    `filenames.pickle` per split. Every image is its own class unless the split has a
    `class_info.pickle`.

    Args and errors: see `Birds`.
    """

    captions_per_image = 5
    image_size = 256

    def __init__(
        self, directory, split="train", embeddings=False, follow_links=False, limits=LIMITS
    ):
        super().__init__(directory, split, embeddings, follow_links, limits)

    def _image_path(self, name):
        return self._below("images", f"{name}.jpg")


def _are_numbers(values):
    try:
        return all(np.isfinite(float(value)) for value in values)
    except ValueError:
        return False
