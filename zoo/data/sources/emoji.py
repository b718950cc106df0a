"""Captioned emoji with held-out combinations of a base and its modifiers.

The split "test" of the data set has base characters that never occur in training, which no model
can know. Captions such as "woman farmer: medium skin tone" allow a fairer question: can a model
draw a combination that it never saw, of parts that it did see? The split "combinations" holds out
such captions of the split "train".
"""

import hashlib
from collections import Counter

import numpy as np

from zoo.data.sources.caption_folder import CaptionFolder
from zoo.errors import MissingSplit
from zoo.listing import LIMITS, shown

SPLITS = ("train", "combinations", "test")
FRACTION = 0.1  # of the combinations whose parts remain in training
GENDERS = ("man", "woman", "person", "men", "women", "people", "boy", "girl")
MIRRORED = "facing right"  # such an image is the other one, mirrored


def parts_of(caption):
    """The base and the modifiers of a caption: (str, tuple of str).

    A modifier is a skin tone, a kind of hair or another part after the colon, or the gender before
    a base of several words.

    Example:
        parts_of("woman farmer: medium skin tone")  # ("farmer", ("woman", "medium skin tone"))
        parts_of("red heart")                       # ("red heart", ())
    """
    base, _, rest = caption.partition(": ")
    modifiers = [part for part in rest.split(", ") if part]
    gender, _, action = base.partition(" ")
    if gender in GENDERS and action and not action.startswith("and "):
        base, modifiers = action, [gender, *modifiers]
    return base, tuple(modifiers)


def base_of(caption):
    """The base of a caption, see `parts_of`."""
    return parts_of(caption)[0]


def held_out_combinations(captions, fraction=FRACTION):
    """The combinations to hold out: a set of the values of `parts_of`, without `MIRRORED`.

    Candidates have a modifier and are taken in the order of the SHA-256 of their parts. One is
    held out only if its base and each of its modifiers still occur in another combination that is
    not held out.

    Args:
        captions: iterable of str. fraction: float, the share of the candidates to hold out.
    """
    combinations = {_combination(caption) for caption in captions}
    bases = Counter(base for base, _ in combinations)
    modifiers = Counter(part for _, parts in combinations for part in set(parts))

    def is_candidate(combination):
        base, parts = combination
        return parts and bases[base] > 1 and all(modifiers[part] > 1 for part in parts)

    candidates = sorted(filter(is_candidate, combinations), key=_digest)
    wanted, chosen = round(fraction * len(candidates)), set()
    for combination in candidates:
        if len(chosen) == wanted:
            break
        if is_candidate(combination):
            chosen.add(combination)
            bases[combination[0]] -= 1
            modifiers.subtract(set(combination[1]))
    return chosen


def _combination(caption):
    base, parts = parts_of(caption)
    return base, tuple(part for part in parts if part != MIRRORED)


def _digest(combination):
    base, parts = combination
    return hashlib.sha256(": ".join((base, *parts)).encode()).digest()


class Emoji(CaptionFolder):
    """A split of the captioned emoji.

    Args:
        directory: path of the folder or .zip file, with the splits train and test, see
            `CaptionFolder`.
        split: "train": the split train without the held-out combinations; "combinations": these
            combinations, whose base and modifiers occur in "train", but not together; "test":
            bases that do not occur in "train".
        on_error, check, follow_links, limits: see `CaptionFolder`. Lines decide which combinations
            are held out; only the images of this split are read.

    Attributes: those of `CaptionFolder`.

    Raises:
        MissingSplit: another split, or no combination can be held out.
        ZooError: see `CaptionFolder`.
    """

    def __init__(self, directory, split="train", on_error="raise", check=True, follow_links=False,
                 limits=LIMITS):
        if split not in SPLITS:
            raise MissingSplit(
                f'The emoji have no split "{shown(str(split))}": expected one of '
                f"{', '.join(SPLITS)}."
            )
        self._part = split
        super().__init__(
            directory, "test" if split == "test" else "train", on_error, check,
            follow_links=follow_links, limits=limits,
        )
        self.split = split

    def _selected(self, rows):
        if self._part == "test" or not rows:
            return rows
        texts = [row["captions"][0] for row in rows]
        held_out = held_out_combinations(texts)
        selected = [
            row for row, text in zip(rows, texts, strict=True)
            if (_combination(text) in held_out) == (self._part == "combinations")
        ]
        if not selected:
            raise MissingSplit(
                f"{self.directory}: no combination of a base and its modifiers can be held out, "
                'such as "woman farmer: medium skin tone"; the source "folder" reads other '
                "captions."
            )
        return selected


class EmojiStyles(Emoji):
    """The emoji with their drawing styles as classes, and the base of each caption as its word.

    Attributes in addition to those of `Emoji`:
        labels, class_names: int64 (images,), the style of each image; the styles in order.
        word_labels, word_names: the same for `base_of` the captions.
    """

    def __init__(self, directory, split="train", on_error="raise", check=True, follow_links=False,
                 limits=LIMITS):
        super().__init__(directory, split, on_error, check, follow_links, limits)
        self.class_names, self.labels = _classes(record["style"] for record in self.records)
        self.word_names, self.word_labels = _classes(base_of(text[0]) for text in self.captions)


def _classes(values):
    """The distinct values in order, a list, and the index of each value, int64."""
    names, labels = np.unique(list(values), return_inverse=True)
    return names.tolist(), labels.astype(np.int64)
