"""The words of a data set's captions, and what a vocabulary and a length would lose."""

import numpy as np

from zoo.errors import ZooError
from zoo.text import Vocabulary, coverage, tokenize

KEPT = 0.95  # share of the captions that `max_words` keeps whole
MIN_COUNTS = (1, 2, 3, 5)


def words_of(captions):
    """Counts of the words of captions.

    Args:
        captions: list of list of str, at least one caption.

    Returns:
        dict of `captions` (number), `longest` (words), `max_words` (the length that keeps 95 of 100
        captions whole) and `cut` (captions that it shortens); `min_count`, the suggested one: 1 if
        the rare words would be a tenth of all words, else 2; and `vocabulary`, dict of min_count to
        `words` (of the vocabulary) and `lost` (occurrences of other words).
    """
    lengths = np.array([len(tokenize(text)) for texts in captions for text in texts])
    max_words = max(1, int(np.quantile(lengths, KEPT, method="higher")))
    counts = {}
    for least in MIN_COUNTS:
        try:
            vocabulary = Vocabulary.build(captions, min_count=least)
        except ZooError:  # no word is left
            break
        known = coverage(captions, vocabulary)
        counts[str(least)] = {"words": known.vocabulary_words, "lost": known.unknown}
    total, lost = int(lengths.sum()), counts.get("2", {}).get("lost")
    return {
        "captions": len(lengths), "longest": int(lengths.max(initial=0)), "max_words": max_words,
        "cut": int((lengths > max_words).sum()), "vocabulary": counts,
        "min_count": 1 if lost is None or lost > total / 10 else 2,
    }
