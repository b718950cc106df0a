"""Checks every image of a data set: it is decoded once, and compared with all others."""

import dataclasses
import hashlib

import numpy as np

from zoo.data.sources.domain_layouts import layouts, wide_enough
from zoo.errors import ZooError
from zoo.images.decode import pixel_limit, read_image

THUMB = 64  # pixels of the images of the contact sheet
SIDE = 16  # of the comparison of brightness between neighbors
BITS = 6  # most of the 256 bits in which nearly equal images differ
TONE = 8  # most levels of gray by which their mean colors differ
COMPARED = 20_000  # images; of more only equal files are found
_BLOCK = 512  # rows compared at a time


@dataclasses.dataclass
class Facts:
    """Properties of a decoded image.

    Attributes:
        sha256: str, of the file. width, height: int, of the image that is written.
        bits: uint8 (32,), whether each of 256 places is brighter than its neighbor.
        tone: float32 (3,), the mean color.
        thumb: uint8 (64, 64, 3), the middle square of the image.
    """

    sha256: str
    width: int
    height: int
    bits: np.ndarray
    tone: np.ndarray
    thumb: np.ndarray


def facts_of(data):
    """(`Facts`, uint8 image (h, w, 3)) of the bytes of an image file.

    Raises:
        ZooError: the file cannot be read, by the rules of training.
    """
    from PIL import Image

    image = read_image(data)
    pillow = Image.fromarray(image)
    gray = np.asarray(pillow.convert("L").resize((SIDE + 1, SIDE), Image.BILINEAR), np.int16)
    side = min(pillow.size)
    left, top = (pillow.width - side) // 2, (pillow.height - side) // 2
    thumb = pillow.crop((left, top, left + side, top + side)).resize((THUMB, THUMB))
    bits = np.packbits(gray[:, 1:] > gray[:, :-1])
    facts = Facts(hashlib.sha256(data).hexdigest(), pillow.width, pillow.height, bits,
                  image.reshape(-1, 3).mean(0, dtype=np.float32), np.asarray(thumb))
    return facts, image


def resized_shape(width, height, size, halves=False):
    """(width, height) of an image whose shorter side gets `size` pixels.

    Of two halves side by side the shorter side of each gets them; the other one is rounded down,
    so that they stay wide enough to be two.
    """
    if halves:
        half = width // 2
        short = min(half, height)
        return 2 * (half * size // short), height * size // short
    scale = size / min(width, height)
    return max(size, round(width * scale)), max(size, round(height * scale))


def resized(image, size, halves=False):
    """A uint8 image (h, w, 3) in its `resized_shape`. Each of two halves is scaled by itself."""
    from PIL import Image

    height, width = image.shape[:2]
    width, height = resized_shape(width, height, size, halves)
    parts = np.split(image, 2, axis=1) if halves else [image]
    shape = width // len(parts), height
    return np.concatenate(
        [np.asarray(Image.fromarray(part).resize(shape, Image.BICUBIC)) for part in parts], axis=1
    )


def image_rule(tree, size=None, halves=False):
    """The conditions under which training reads an image as it is written.

    Returns:
        function (item, fact) -> the problem or None; it raises `ZooError` for an image that is too
        narrow to be two side by side, because then the others may be single images too.
    """
    def rule(item, fact):
        width, height = fact.width, fact.height
        if halves and not wide_enough(width, height):
            raise ZooError(
                f"{tree.describe(item.name)}: an image of {width} x {height} pixels is unlikely to "
                "be A and B side by side, which is at least 1.6 times as wide as high; accepted "
                f"are also {layouts('A', 'B')}. Move single images away."
            )
        if halves and width % 2:
            return f"{width} pixels wide, which is odd; expected A|B side by side."
        if size is not None:
            width, height = resized_shape(width, height, size, halves)
            if width * height > (limit := pixel_limit()):
                return (
                    f"--size={size} makes it {width:,} x {height:,} pixels, but at most {limit:,} "
                    "pixels are read; give a smaller --size."
                )
        return None

    return rule


def near_duplicates(facts):
    """Pairs of images that are equal or look nearly the same.

    Args:
        facts: list of `Facts`.

    Returns:
        list of (i, j, whether the files are equal), i < j; each image is paired with the first one
        that it resembles.
    """
    pairs, first = [], {}
    for j, fact in enumerate(facts):
        i = first.setdefault(fact.sha256, j)
        if i != j:
            pairs.append((i, j, True))
    if len(facts) > COMPARED:
        return pairs
    own = sorted(first.values())
    if not own:
        return pairs
    bits = np.stack([facts[k].bits for k in own]).view(np.uint64)
    tones = np.stack([facts[k].tone for k in own])
    for start in range(0, len(own), _BLOCK):
        rows = slice(start, start + _BLOCK)
        far = np.bitwise_count(bits[rows, None] ^ bits[None]).sum(-1, dtype=np.int32)
        tone = np.abs(tones[rows, None] - tones[None]).max(-1)
        close = (far <= BITS) & (tone <= TONE)
        for row in range(close.shape[0]):
            j = start + row
            earlier = np.flatnonzero(close[row, :j])
            if len(earlier):
                pairs.append((own[earlier[0]], own[j], False))
    return sorted(pairs)


def check_images(tree, items, problems, rule=None, keep=None):
    """Decodes all images.

    Args:
        tree: `zoo.listing.Tree`. items: list of `Item`.
        problems: list, to which a sentence per image that cannot be used is added.
        rule: function (item, fact) -> a further problem or None, or None.
        keep: function (item, fact, data, image), called with each good image, or None.

    Returns:
        (list of the good `Item`s, list of their `Facts`).
    """
    good, facts = [], []
    for item in items:
        where = tree.describe(item.name)
        try:
            data = tree.bytes(item.name)
            fact, image = facts_of(data)
        except ZooError as error:
            text = str(error)
            problems.append(text if text.startswith(where) else f"{where}: {text.rstrip('.')}.")
            continue
        if rule is not None and (problem := rule(item, fact)):
            problems.append(f"{where}: {problem}")
            continue
        if keep is not None:
            keep(item, fact, data, image)
        good.append(item)
        facts.append(fact)
    return good, facts
