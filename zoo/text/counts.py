"""Coverage of a set of captions by a vocabulary."""

import dataclasses

from zoo.errors import ZooError
from zoo.text.tokenization import short

MOST_WORDS = 0.5  # maximum share of unknown words
MANY_EMPTY = 0.25  # maximum share of captions without any known word


@dataclasses.dataclass(frozen=True)
class Coverage:
    """Counts of the words of captions that a vocabulary contains.

    Attributes:
        vocabulary_words: int, words of the vocabulary, without `<end>` and `<unk>`.
        captions: int, number of captions.
        words: int, words of all captions, with repetitions.
        unknown: int, words that are not in the vocabulary.
        losing: int, captions with at least one unknown word.
        empty: int, captions without any known word.
        cut: int, words beyond `max_words`.
        long: int, captions with such words.
        max_words: int or None, maximum words of a caption.
        example: str, the first empty caption, or else the first caption with an unknown word, or
            "".
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
                f"{self.losing:,} of {self.captions:,} captions lose {self.unknown:,} of "
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
        """Raises a `ZooError` that ends with `remedy` if too much of the captions is unknown.

        This is the case without captions, with an empty vocabulary, and if `loses_words` or
        `loses_captions`.
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
    """Counts the words of captions that a vocabulary contains.

    Args:
        captions: iterable of str, or of lists of str (as `source.captions`).
        vocabulary: `zoo.text.Vocabulary`.
        max_words: int, maximum known words of a caption; None for no limit. (In training, a longer
            caption keeps a random subset of this size, a different one each time.)
        unknown: "drop" or "unk"; with "unk", unknown words count towards `max_words`.

    Returns:
        `Coverage`.
    """
    number = words = unknown_words = losing = empty = cut = long = 0
    first_empty = first_losing = None
    for entry in captions:
        for caption in [entry] if isinstance(entry, str) else entry:
            tokens = vocabulary.words_of(caption)
            known = sum(word in vocabulary for word in tokens)
            number, words = number + 1, words + len(tokens)
            unknown_words += len(tokens) - known
            if known < len(tokens):
                losing += 1
                first_losing = caption if first_losing is None else first_losing
            if not known:
                empty += 1
                first_empty = caption if first_empty is None else first_empty
            read = len(tokens) if unknown == "unk" else known
            if max_words is not None and read > max_words:
                cut, long = cut + read - max_words, long + 1
    example = first_losing if first_empty is None else first_empty
    return Coverage(
        len(vocabulary.words), number, words, unknown_words, losing, empty, cut, long, max_words,
        example or "",
    )
