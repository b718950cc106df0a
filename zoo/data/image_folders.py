"""Pictures for image-to-image translation: A|B pairs in one file, and two unpaired folders."""

import posixpath

import tensorflow as tf

from zoo.data.picture_files import SPLITS, PictureList, PictureTree
from zoo.errors import ZooError

DIRECTIONS = ("a2b", "b2a")


class PairedFolder:
    """Pairs in one picture, A on the left half and B on the right: `directory/split/*.jpg`.

    The layout of pix2pix (arXiv 1611.07004). Without folders train, val and test the pictures are
    looked for in `directory` itself, which may also be a .zip file of the same layout, read into
    memory. How grey, transparent and 16-bit pictures become RGB: see
    `zoo.pictures.decode_picture`.

    Example:
        source = PairedFolder("facades.zip", direction="b2a")  # from label maps to photos
        label_map, photo = source.load(0)  # both uint8 (256, 256, 3)

    Args:
        directory: path of the folder or .zip file.
        split: name of the sub-folder.
        direction: "a2b" or "b2a", from the source to the target of the translation.
        on_error: "raise" stops at the first bad picture; "skip" leaves it out and adds the message
            to `skipped`.
        check: decodes every picture once and looks for odd widths, so that this is found now and
            not in the middle of a training. Without it B gets the odd column.

    Raises:
        ZooError: no such folder, no picture, a picture that does not decode or whose width is odd;
            names it.
    """

    def __init__(self, directory, split="train", direction="a2b", on_error="raise", check=True):
        check_direction(direction)
        self.direction = direction
        tree = PictureTree(directory)
        names = next(filter(None, map(tree.pictures, tree.roots(split))), [])
        self._pictures = PictureList(tree, names, on_error, check, rule=_halves)
        self.file_names, self.skipped = self._pictures.file_names, self._pictures.skipped
        if not self.file_names:
            raise ZooError(
                f'{tree.directory}: expected pictures in "{split}" or directly there, each A and B '
                f"side by side, but no usable one is there{_first(self.skipped)}."
            )
        self.image_size = int(min(self.load(0)[0].shape[:2]))

    def __len__(self):
        return len(self._pictures)

    def load(self, index):
        """Pair `index`: source and target, both uint8 [H, W, 3]; `index` may be a tensor."""
        picture = self._pictures.load(index)
        middle = tf.shape(picture)[1] // 2
        return directed(picture[:, :middle], picture[:, middle:], self.direction)


class UnpairedFolders:
    """Two folders of pictures, one a domain; nothing goes together.

    The domains A and B are looked for at `directory/trainA` and `directory/trainB` (the layout of
    CycleGAN, arXiv 1703.10593), then `directory/train/A` and `directory/train/B`, and without
    folders train, val and test at `directory/A` and `directory/B`. So two classes of a class
    folder serve too: `domains=("cat", "dog")`. `directory` may also be a .zip file of the same
    layout, read into memory. How grey, transparent and 16-bit pictures become RGB: see
    `zoo.pictures.decode_picture`.

    Args:
        directory: path of the folder or .zip file.
        split: "train", "test" or another name of a split.
        domains: two names, of the domain A and of the domain B.
        on_error, check: as in `PairedFolder`.

    Attributes:
        a, b: sources with `len()`, `file_names` and `load(index)`, uint8 [H, W, 3]. Their lengths
            may differ.
        skipped: messages of pictures that were left out.

    Raises:
        ZooError: no such folder, a domain without a picture, or a picture that does not decode;
            names it.
    """

    def __init__(self, directory, split="train", domains=("A", "B"), on_error="raise", check=True):
        domains = tuple(domains)
        if len(set(domains)) != 2 or len(domains) != 2:
            raise ZooError(f"domains must be two different names, but {domains} came.")
        self.domains = domains
        tree = PictureTree(directory)
        folders = _domain_folders(tree, split, domains)
        self.a, self.b = (
            PictureList(tree, tree.pictures(folder), on_error, check) for folder in folders
        )
        self.skipped = self.a.skipped + self.b.skipped
        for folder, pictures in zip(folders, (self.a, self.b), strict=True):
            if not len(pictures):
                raise ZooError(
                    f"{tree.describe(folder)}: no usable picture in this domain"
                    f"{_first(pictures.skipped)}."
                )
        self.image_size = self.a.image_size


def check_direction(direction):
    if direction not in DIRECTIONS:
        raise ZooError(f'direction must be "a2b" or "b2a", but {direction!r} came.')


def directed(a, b, direction):
    """Source and target of a pair."""
    return (a, b) if direction == "a2b" else (b, a)


def _halves(height, width):
    if width % 2:
        return f"{width} pixels wide, which are not two halves; expected A and B side by side."


def _first(skipped):
    return f" ({len(skipped)} skipped, first: {skipped[0]})" if skipped else ""


def _domain_folders(tree, split, domains):
    for prefix in tree.files.prefixes:
        patterns = [split + "{}", split + "/{}"]
        if not any(tree.has(posixpath.join(prefix, name)) for name in SPLITS):
            patterns.append("{}")
        for pattern in patterns:
            folders = [posixpath.join(prefix, pattern.format(name)) for name in domains]
            if all(map(tree.has, folders)):
                return folders
    first, second = domains
    raise ZooError(
        f'{tree.directory}: expected the folders "{split}{first}" and "{split}{second}", or '
        f'"{first}" and "{second}" in "{split}" or directly there.'
    )
