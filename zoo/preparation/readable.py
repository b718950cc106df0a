"""Opens a data set before it gets its name, as training will open it."""

from zoo.data import get_source
from zoo.errors import ZooError

SOURCES = {"captions": "folder", "classes": "classes", "pairs": "pairs", "domains": "unpaired"}


def check_groups(tree, kind, items, good, problems, by_hash):
    """Checks that leaving out images has left some, and no split, class or domain empty.

    Args:
        tree: `zoo.listing.Tree`. kind: str.
        items, good: lists of `Item`, all images and those that are usable.
        problems: list of str, why the others are left out.
        by_hash: bool. Whether the splits are by hash: then the split "test" may lose a class, or
            all of its images.

    Raises:
        ZooError: no usable image at all, or a split, class or domain without one.
    """
    why = f"({len(problems)} left out, first: {problems[0].rstrip('.')})" if problems else ""
    if not good:
        raise ZooError(
            f"{tree.describe()}: no usable image is left {why}; expected at least one. Fix some."
        )
    left = {(item.split, item.group) for item in good}
    splits = {split for split, _ in left}
    for split, group in sorted({(item.split, item.group) for item in items} - left):
        if by_hash and split == "test" and (kind != "domains" or split not in splits):
            continue
        word = {"classes": "class", "domains": "domain"}.get(kind)
        what = f" of the {word} {group}" if word else ""
        raise ZooError(
            f"{tree.describe()}: no usable image{what} is left in the split {split} "
            f"{why}; expected at least one. Fix some, or move the folder away."
        )


def check_readable(tree, folder, target, kind, items):
    """Opens every split with the source that training uses.

    Args:
        tree: `zoo.listing.Tree` of the user's images, for messages.
        folder: str, the prepared data set. target: its later name. kind: str.
        items: list of `Item`, the images of the data set.

    Raises:
        ZooError: a split cannot be read, or not all of its images.
    """
    for split in sorted({item.split for item in items}):
        count = sum(item.split == split for item in items)
        try:  # all images have been decoded; only those of pairs have a rule on their shape
            source = get_source(SOURCES[kind], directory=folder, split=split, check=kind == "pairs")
        except ZooError as error:
            raise ZooError(
                f"{tree.describe()}: training could not read the split {split} of the prepared "
                f"data: {str(error).replace(str(folder), str(target))}"
            ) from None
        images = len(source.a) + len(source.b) if kind == "domains" else len(source)
        if kind == "pairs" and source.layout == "folders":
            images *= 2
        if images != count:
            raise ZooError(
                f"{tree.describe()}: training would read {images:,} of the {count:,} images of the "
                f"split {split}; expected all. Rename the folders, and report this as a bug."
            )
