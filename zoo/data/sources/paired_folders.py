"""Data for image-to-image translation: pairs in one file or two folders, and unpaired domains."""

import tensorflow as tf

from zoo.data.sources.domain_layouts import domain_place, layouts, pair_names, side_by_side_problem
from zoo.data.sources.image_tree import ImageFiles, StoredImages, check_on_error, left_out
from zoo.data.sources.layouts import contents, split_place
from zoo.errors import ZooError, check_choice
from zoo.listing import LIMITS, in_one_form, open_tree

DIRECTIONS = ("a2b", "b2a")
LAYOUTS = ("auto", "side_by_side", "folders")
_SIDE_BY_SIDE = (
    "images of A and B side by side in train/, with test/ and val/ like train/, or directly in the "
    "folder without splits"
)
PAIRS = f"{_SIDE_BY_SIDE}; or images with equal names in {layouts('A', 'B')}"
_STATE = 'pass layout="side_by_side" to read it that way nevertheless'


class PairedFolder:
    """Pairs of images: A and B side by side in one file, or files of the same name in two folders.

    Side by side, A is the left half of `directory/split/*.jpg`: the layout of pix2pix (arXiv
    1611.07004). In two folders, A and B are `split/A` and `split/B`, `A/split` and `B/split`, or
    `splitA` and `splitB`; the images of a pair have the same name, with any extension. Without
    folders of splits, the images, or A and B, are in `directory` itself. `directory` may also be a
    .zip file of the same layout, which is read into memory, or contain all of this in a single
    subfolder. For the conversion of grayscale, transparent and 16-bit images to RGB see
    `zoo.images.decode`.

    An image counts as two side by side only if it is at least 1.6 times as wide as high, which
    single photos usually are not.

    Example:
        source = PairedFolder("facades.zip", direction="b2a")  # from label maps to photos
        label_map, photo = source.load(0)  # both uint8 (256, 256, 3)

    Args:
        directory: path of the folder or .zip file.
        split: "train", "val", "test", or the name of another folder; "train" also reads a folder
            without splits, and so does None.
        direction: "a2b" or "b2a", from the source to the target of the translation.
        on_error: "raise" stops at the first bad image; "skip" leaves its pair out and adds the
            message to `skipped`.
        check: decode every image once and check its shape, so that a wrong one is found
            immediately and not during training. Otherwise only the first image is checked, and the
            middle column of an odd width belongs to B.
        layout: "auto" detects the layout; "side_by_side" reads every image as A and B side by
            side, whatever its height, also in subfolders of the split; "folders" expects A and B.
        follow_links: bool. Follow links in the folder, even out of it.
        limits: `zoo.listing.Limits` of the folder or .zip file.

    Attributes:
        split: "train", "val", "test" or another name; None for a folder without splits.
        layout: "side_by_side" or "folders".
        root: str, the folder of the files, or of those of A; `file_names` start with it.
        file_names: list of str.
        skipped: list of str.

    Raises:
        MissingSplit: the folder has other splits; or it has none, and the split is not "train".
        ZooError: no such folder, another layout, no pair, or an image that does not decode, has an
            odd width or no partner; the message names it.
    """

    def __init__(
        self, directory, split="train", direction="a2b", on_error="raise", check=True,
        layout="auto", follow_links=False, limits=LIMITS,
    ):
        check_direction(direction)
        check_on_error(on_error)
        check_choice("layout", layout, LAYOUTS)
        self.direction, self.layout = direction, layout
        self._tree = open_tree(directory, limits=limits, follow_links=follow_links)
        folders = None
        if layout != "side_by_side":
            folders = domain_place(self._tree, split, ("A", "B"), PAIRS, alone=True)
        if folders:
            self.layout = "folders"
            self._read_folders(*folders, on_error, check)
        elif layout == "folders":
            raise ZooError(
                f"{self._tree.describe()}: found no folders A and B; accepted are {PAIRS}."
            )
        else:
            self.layout = "side_by_side"
            self._read_halves(split, on_error, check, stated=layout == "side_by_side")
        if not self.file_names:
            raise ZooError(
                f"{self._tree.describe()}: there is no usable pair{_first(self.skipped)}; "
                f"accepted are {PAIRS}."
            )
        self.image_size = int(min(self.load(0)[0].shape[:2]))

    def _read_halves(self, split, on_error, check, stated):
        tree, place = self._tree, split_place(self._tree, split, PAIRS)
        self.split, self.root, self._b = place.split, place.folder, None
        if not stated and (problem := side_by_side_problem(tree, place)):
            raise ZooError(
                f"{tree.describe(place.folder)}: {problem}; accepted are {PAIRS}; or {_STATE}."
            )
        single = []  # size of the first image that is not two side by side; ignores `on_error`

        def rule(height, width):
            if not stated and 5 * width < 8 * height:
                single[:] = single or [(height, width)]
            elif check and width % 2:
                return f"{width} pixels wide, which is odd; expected A|B side by side."
            return None

        names = tree.images(place.folder)
        self._a = ImageFiles(tree, names, on_error, check, rule)
        self._check_two(single)
        self.file_names, self.skipped = self._a.file_names, self._a.skipped

    def _check_two(self, single):
        if single:
            height, width = single[0]
            raise ZooError(
                f"{self._tree.describe()}: an image of {width} x {height} pixels is unlikely to be "
                "A and B side by side, which is at least 1.6 times as wide as high; accepted are "
                f"{PAIRS}; or {_STATE}."
            )

    def _read_folders(self, a, b, split, on_error, check):
        tree, self.split, self.root = self._tree, split, a
        pairs, alone = pair_names(tree, a, b)
        names = [name for name, _ in alone]
        self.skipped = left_out(tree, names, {i: why for i, (_, why) in enumerate(alone)}, on_error)
        sides = [list(side) for side in zip(*pairs, strict=True)] or [[], []]
        self._a, self._b = (StoredImages(tree, side, check) for side in sides)
        for side, names in zip((self._a, self._b), sides, strict=True):
            self.skipped += left_out(tree, names, side.problems, on_error)
        kept = sorted(set(self._a.good) & set(self._b.good))
        for side in (self._a, self._b):
            side.keep(kept)
        self.file_names = [sides[0][index] for index in kept]

    def __len__(self):
        return len(self.file_names)

    @property
    def stamps(self):
        """`zoo.listing.Tree.stamp` of each image, or of both images of each pair."""
        if self._b is None:
            return self._a.stamps
        return [" and ".join(both) for both in zip(self._a.stamps, self._b.stamps, strict=True)]

    def load(self, index):
        """Pair `index`: source and target, both uint8 [H, W, 3]; `index` may be a tensor."""
        image = self._a.load(index)
        if self._b is not None:
            return directed(image, self._b.load(index), self.direction)
        middle = tf.shape(image)[1] // 2
        return directed(image[:, :middle], image[:, middle:], self.direction)


class UnpairedFolders:
    """Two folders of images, one per domain, without pairs.

    The domains A and B are `directory/trainA` and `directory/trainB` (the layout of CycleGAN,
    arXiv 1703.10593), `directory/train/A` and `directory/train/B`, or `directory/A/train` and
    `directory/B/train`; without splits `directory/A` and `directory/B`. Two classes of a class
    folder therefore work too: `domains=("cat", "dog")`. `directory` may also be a .zip file of the
    same layout, which is read into memory, or contain all of this in a single subfolder. For the
    conversion of grayscale, transparent and 16-bit images to RGB see `zoo.images.decode`.

    Args:
        directory: path of the folder or .zip file.
        split: "train", "val", "test", or another name of a split; "train" also reads a folder
            without splits, and so does None.
        domains: the names of the domains A and B, compared case-insensitively.
        on_error, check, follow_links, limits: as in `PairedFolder`.

    Attributes:
        split: "train", "val", "test" or another name; None for a folder without splits.
        a, b: sources with `len()`, `file_names`, their folder `root` and `load(index)`, uint8
            [H, W, 3]. Their lengths may differ.
        skipped: messages about images that were left out.

    Raises:
        MissingSplit: the folder has other splits; or it has none, and the split is not "train".
        ZooError: no such folder, another layout, a domain without images, or an image that does
            not decode; the message names it.
    """

    def __init__(
        self, directory, split="train", domains=("A", "B"), on_error="raise", check=True,
        follow_links=False, limits=LIMITS,
    ):
        check_on_error(on_error)
        self.domains = _two_names(domains)
        accepted = layouts(*self.domains)
        tree = open_tree(directory, limits=limits, follow_links=follow_links)
        place = domain_place(tree, split, self.domains, accepted)
        if place is None:
            raise ZooError(
                f"{tree.describe()}: found no folders of the domains {' and '.join(self.domains)}, "
                f"but {contents(tree, tree.roots[-1])}; accepted are {accepted}. Pass other names "
                'as domains=("cat", "dog").'
            )
        *folders, self.split = place
        self.a, self.b = (
            ImageFiles(tree, tree.images(folder), on_error, check) for folder in folders
        )
        self.a.root, self.b.root = folders
        self.skipped = self.a.skipped + self.b.skipped
        for folder, images in zip(folders, (self.a, self.b), strict=True):
            if not len(images):
                raise ZooError(
                    f"{tree.describe(folder)}: no usable image in this domain"
                    f"{_first(images.skipped)}."
                )
        self.image_size = self.a.image_size


def check_direction(direction):
    check_choice("direction", direction, DIRECTIONS)


def directed(a, b, direction):
    """(source, target) of a pair."""
    return (a, b) if direction == "a2b" else (b, a)


def _first(skipped):
    return f" ({len(skipped)} skipped, first: {skipped[0]})" if skipped else ""


def _two_names(domains):
    """The domains as a tuple of two strings that differ in more than their case."""
    try:
        names = () if isinstance(domains, str) else tuple(domains)
    except TypeError:
        names = ()
    valid = len(names) == 2 and all(isinstance(name, str) and name for name in names)
    if not valid or names[0].casefold() == names[1].casefold():
        raise ZooError(
            f'domains must be two different names, such as ("cat", "dog"), got {domains!r}.'
        )
    return tuple(map(in_one_form, names))
