"""How much of a set of captions a vocabulary reads."""

import dataclasses

from zoo.errors import ZooError
from zoo.text.tokenization import short

MOST_WORDS = 0.5  # of all words: where more are unknown, the vocabulary is not of these captions
MANY_EMPTY = 0.25  # of all captions: where more are left without any known word


@dataclasses.dataclass(frozen=True)
class Coverage:
    """What a vocabulary reads of captions.

    Attributes:
        vocabulary_words: int, words of the vocabulary, without `<end>` and `<unk>`.
        captions: int.
        words: int, words of all captions, each as often as it occurs.
        unknown: int, those that the vocabulary lacks.
        losing: int, captions with at least one such word.
        empty: int, captions without any known word.
        cut: int, words beyond the longest caption that is read.
        long: int, captions with such words.
        max_words: int or None, that longest caption.
        example: str, the first caption that is left empty, or else the first that loses a word;
            "" where none does.
    """

    vocabulary_words: int
    captions: int
    words: int
    unknown: int
    losing: int
    empty: int
    cut: int
    long: int
    max_words: int | None
    example: str

    @property
    def loses_words(self):
        """Whether more than half of all words are unknown."""
        return self.unknown > MOST_WORDS * self.words

    @property
    def loses_captions(self):
        """Whether more than a quarter of the captions have no known word."""
        return self.empty > MANY_EMPTY * self.captions

    def describe(self):
        """One line for a log."""
        parts = [f"vocabulary: {self.vocabulary_words:,} words"]
        if self.unknown or self.empty:
            parts.append(
                f"of {self.captions:,} captions {self.losing:,} lose {self.unknown:,} of "
                f"{self.words:,} words, which are not in it, and {self.empty:,} keep none"
            )
        else:
            parts.append(f"it has all {self.words:,} words of {self.captions:,} captions")
        if self.long:
            parts.append(
                f"{self.long:,} captions are longer than max_words={self.max_words} and lose "
                f"{self.cut:,} words"
            )
        return "; ".join(parts)

    def check(self, remedy):
        """Raises `ZooError`, which ends with `remedy`, where most of the captions is lost.

        That is: no captions, a vocabulary without words, `loses_words` or `loses_captions`.
        """
        if not self.captions:
            raise ZooError("There are no captions.")
        if not self.vocabulary_words or self.loses_words or self.loses_captions:
            raise ZooError(
                f"Too little of the captions is read: the vocabulary has {self.vocabulary_words:,} "
                f"words, {self.unknown:,} of {self.words:,} words in {self.captions:,} captions "
                f"are not among them, and {self.empty:,} captions keep none, such as "
                f"{short(self.example)}. {remedy}"
            )


def coverage(captions, vocabulary, max_words=None, unknown="drop"):
    """Counts what a vocabulary reads of captions.

    Args:
        captions: iterable of str, or of lists of str (as `source.captions`).
        vocabulary: `zoo.text.Vocabulary`.
        max_words: int, known words of a caption that are read; None for all. (In training a longer
            caption keeps a random subset of this size, another one each time.)
        unknown: "drop" or "unk", which is read too and so counts towards `max_words`.

    Returns:
        `Coverage`.
    """
    number = words = unknown = losing = empty = cut = long = 0
    first_empty = first_losing = None
    for entry in captions:
        for caption in [entry] if isinstance(entry, str) else entry:
            found = vocabulary.words_of(caption)
            known = sum(word in vocabulary for word in found)
            number, words, unknown = number + 1, words + len(found), unknown + len(found) - known
            if known < len(found):
                losing += 1
                first_losing = caption if first_losing is None else first_losing
            if not known:
                empty += 1
                first_empty = caption if first_empty is None else first_empty
            read = len(found) if unknown == "unk" else known
            if max_words is not None and read > max_words:
                cut, long = cut + read - max_words, long + 1
    example = first_losing if first_empty is None else first_empty
    return Coverage(
        len(vocabulary.words), number, words, unknown, losing, empty, cut, long, max_words,
        example or "",
    )
