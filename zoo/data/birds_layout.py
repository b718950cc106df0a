"""Readers of the data folders that StackGAN and AttnGAN prepared: CUB birds and COCO.

Reference: AttnGAN, arXiv 1711.10485, and StackGAN++, arXiv 1710.10916; checked against
taoxugit/AttnGAN and hanzhanggit/StackGAN-v2, both code/datasets.py.
Known deviation: a text file with fewer captions than usual is accepted.
"""

import os

import numpy as np
import tensorflow as tf

from zoo.data.images import box_crop
from zoo.data.pickles import load_embeddings, load_list
from zoo.errors import ZooError
from zoo.pictures import decode_picture
from zoo.text.words import tokenize

EMBEDDINGS = "char-CNN-RNN-embeddings.pickle"


class _Layout:
    """What both folders share: `split/filenames.pickle`, `text/`, pictures, classes, embeddings."""

    captions_per_image = None

    def __init__(self, directory, split, embeddings):
        self.directory = os.fspath(directory)
        self.split = split
        if split not in ("train", "test"):
            raise ZooError(f'split must be "train" or "test", but {split!r} came.')
        if not os.path.isdir(self.directory):
            raise ZooError(f"{self.directory}: no such folder.")
        self._list = os.path.join(self.directory, split, "filenames.pickle")
        self.file_names = load_list(self._list, str)
        if not self.file_names:
            raise ZooError(f"{self._list}: it lists no pictures.")
        self.captions = [self._read_captions(name) for name in self.file_names]
        paths = [self._picture_path(name) for name in self.file_names]
        for path in paths:
            if not os.path.isfile(path):
                raise ZooError(f"{path}: this picture of {self._list} is missing.")
        self.labels = self._read_labels()
        self.embeddings = None
        if embeddings:
            path = os.path.join(self.directory, split, EMBEDDINGS)
            self.embeddings = load_embeddings(path, len(self))
        with tf.device("CPU:0"):
            self._paths = tf.constant(paths)

    def __len__(self):
        return len(self.file_names)

    def load(self, index):
        """Picture `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return decode_picture(tf.io.read_file(self._paths[index]))

    def _picture_path(self, name):
        raise NotImplementedError

    def _below(self, *parts):
        """A path below the directory; names from a file must not lead out of it."""
        if any(part in ("", ".", "..") or "\\" in part for part in "/".join(parts).split("/")):
            raise ZooError(f'{self._list}: the name "{parts[-1]}" leaves the folder.')
        return os.path.join(self.directory, *parts)

    def _read_captions(self, name):
        path = self._below("text", f"{name}.txt")
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file.read().split("\n")]
        except OSError as error:
            raise ZooError(f"{path}: the captions cannot be read: {error.strerror}.") from None
        captions = [line for line in lines if tokenize(line)][: self.captions_per_image]
        if not captions:
            raise ZooError(f"{path}: expected one caption a line, but found none.")
        return captions

    def _read_labels(self):
        path = os.path.join(self.directory, self.split, "class_info.pickle")
        if not os.path.exists(path):
            return np.arange(len(self), dtype=np.int64)
        labels = load_list(path, int)
        if len(labels) != len(self):
            raise ZooError(
                f"{path}: {len(labels)} classes for the {len(self)} pictures of the split."
            )
        return np.array(labels, np.int64)


class Birds(_Layout):
    """CUB-200-2011 as AttnGAN prepared it; 10 captions a picture, labels are the classes.

    The folder has `CUB_200_2011/images.txt`, `CUB_200_2011/bounding_boxes.txt`,
    `CUB_200_2011/images/<class>/<picture>.jpg`, `text/<class>/<picture>.txt` with one caption a
    line, and for each split `filenames.pickle` and `class_info.pickle`. `load` cuts each picture
    around its bird (`zoo.data.box_crop`).

    Args:
        directory: path of the folder.
        split: "train" or "test".
        embeddings: also read the split's `char-CNN-RNN-embeddings.pickle` into `embeddings`,
            float32 (pictures, captions, features), or a list of (captions, features) if the
            numbers of captions differ. Otherwise `embeddings` is None.

    Raises:
        ZooError: a file is missing or broken; names the file and the line.
    """

    captions_per_image = 10
    image_size = 256

    def __init__(self, directory, split="train", embeddings=False):
        super().__init__(directory, split, embeddings)
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
        """Picture `index`, cut around its box, as uint8 [h, w, 3]."""
        return box_crop(super().load(index), self._boxes[index])

    def _picture_path(self, name):
        return self._below("CUB_200_2011", "images", f"{name}.jpg")

    def _read_boxes(self):
        """Picture name without its ending to x, y, width, height in pixels."""
        names = dict(self._rows("images.txt", 2))
        boxes = {}
        for number, *box in self._rows("bounding_boxes.txt", 5):
            name = names.get(number, "")
            boxes[name.removesuffix(".jpg")] = [int(float(value)) for value in box]
        return boxes

    def _rows(self, file_name, columns):
        path = os.path.join(self.directory, "CUB_200_2011", file_name)
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ZooError(f"{path}: cannot be read: {error}.") from None
        for number, line in enumerate(lines, start=1):
            row = line.split()
            if row:
                if len(row) != columns or not _are_numbers(row if columns == 5 else row[:1]):
                    raise ZooError(
                        f"{path}, line {number}: expected {columns} columns, "
                        f'{"all numbers" if columns == 5 else "a number and a name"}: "{line}".'
                    )
                yield row


class Coco(_Layout):
    """COCO 2014 as AttnGAN prepared it; 5 captions a picture, no boxes.

    The folder has `images/<picture>.jpg`, `text/<picture>.txt` with one caption a line and for
    each split `filenames.pickle`. Every picture is its own class unless the split has a
    `class_info.pickle`.

    Args:
        directory: path of the folder.
        split: "train" or "test".
        embeddings: also read the split's `char-CNN-RNN-embeddings.pickle` into `embeddings`,
            float32 (pictures, captions, features), or a list of (captions, features) if the
            numbers of captions differ. Otherwise `embeddings` is None.

    Raises:
        ZooError: a file is missing or broken; names the file.
    """

    captions_per_image = 5
    image_size = 256

    def __init__(self, directory, split="train", embeddings=False):
        super().__init__(directory, split, embeddings)

    def _picture_path(self, name):
        return self._below("images", f"{name}.jpg")


def _are_numbers(values):
    try:
        return all(np.isfinite(float(value)) for value in values)
    except ValueError:
        return False
