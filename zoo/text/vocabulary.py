"""`Vocabulary`: the words that a model knows, and their ids."""

import collections
import os

import numpy as np

from zoo.errors import ZooError
from zoo.text.tokenization import rule_of, short, tokenize

END = "<end>"
UNKNOWN = "<unk>"


class Vocabulary:
    """An ordered set of tokens: the id of a token is its position.

    Id 0 is always `<end>`, which also pads short captions.

    The tokens also determine the tokenization (`rule`, see `zoo.text.tokenization`): "ascii" if all
    tokens are ASCII, as in vocabularies created before the other rule existed, otherwise "unicode".
    Both rules read ASCII captions alike.

    Example:
        vocabulary = Vocabulary.build(["a red bird", "a bird"])
        vocabulary.tokens            # ("<end>", "<unk>", "a", "bird", "red")
        vocabulary.index("bird")     # 3

    Args:
        tokens: sequence of str, the first is `<end>`; all distinct, none empty, none with
            white space.

    Raises:
        ZooError: the tokens violate one of these rules.
    """

    def __init__(self, tokens):
        if isinstance(tokens, (str, bytes)):
            raise ZooError("A vocabulary needs a sequence of tokens, got a single string.")
        self.tokens = tuple(tokens)
        self._ids = {}
        if not self.tokens:
            raise ZooError(f'A vocabulary needs at least the token "{END}", but it is empty.')
        for position, token in enumerate(self.tokens):
            problem = _problem(token, position, self._ids)
            if problem:
                raise ZooError(f"Token {position} of the vocabulary {problem}.")
            self._ids[token] = position
        self.rule = rule_of(self.tokens)

    @property
    def words(self):
        """The tokens that are words, without `<end>` and `<unk>`."""
        return tuple(token for token in self.tokens if token not in (END, UNKNOWN))

    def words_of(self, caption):
        """The words of a caption by this vocabulary's rule, including unknown words."""
        return tokenize(caption, self.rule)

    @property
    def unknown_id(self):
        """The id of `<unk>`, or None when the vocabulary has no such token."""
        return self._ids.get(UNKNOWN)

    def index(self, token):
        """The id of a token; raises `ZooError` for a token that is not in the vocabulary."""
        if token not in self._ids:
            raise ZooError(f'"{token}" is not in this vocabulary of {len(self)} tokens.')
        return self._ids[token]

    def encode(self, captions, max_words, unknown="drop"):
        """Token ids of captions, equal to those of `zoo.text.CaptionTokenizer` in a graph.

        Args:
            captions: list of str.
            max_words: int, width of the result; a longer caption keeps its first known words.
            unknown: "drop" leaves out words that are not in the vocabulary, "unk" reads each as
                `<unk>`.

        Returns:
            dict of `tokens`, int32 (captions, max_words), zero after the last word, and `lengths`,
            int32 (captions,), from 1 to max_words.
        """
        missing = self.unknown_id if unknown == "unk" else None
        tokens = np.zeros((len(captions), max_words), np.int32)
        lengths = np.ones(len(captions), np.int32)
        for row, caption in enumerate(captions):
            ids = (self._ids.get(word, missing) for word in self.words_of(caption))
            ids = [i for i in ids if i is not None][:max_words]
            tokens[row, : len(ids)] = ids
            lengths[row] = max(len(ids), 1)
        return {"tokens": tokens, "lengths": lengths}

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self._ids

    def __eq__(self, other):
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    def __hash__(self):
        return hash(self.tokens)

    def __repr__(self):
        return f"Vocabulary({len(self)} tokens)"

    @classmethod
    def build(cls, captions, min_count=1, unknown=True, rule="unicode"):
        """Collects the words of captions: most frequent first, then in alphabetical order.

        Args:
            captions: iterable of str, or of lists of str (as `source.captions`).
            min_count: rarer words are left out.
            unknown: adds the token `<unk>` with id 1.
            rule: "unicode" or "ascii", the tokenization rule (see `zoo.text.tokenization`).

        Returns:
            `Vocabulary`.

        Raises:
            ZooError: no word is left: no captions, captions without words, or all words rarer than
                `min_count`.
        """
        if isinstance(captions, str):
            raise ZooError("Vocabulary.build needs a list of captions, got a single string.")
        counts, number, first = collections.Counter(), 0, None
        for entry in captions:
            for caption in [entry] if isinstance(entry, str) else entry:
                counts.update(tokenize(caption, rule))
                number, first = number + 1, caption if first is None else first
        words = sorted((-count, word) for word, count in counts.items() if count >= min_count)
        if not words:
            raise ZooError(_no_words(number, first, counts, min_count, rule))
        return cls([END, *([UNKNOWN] if unknown else []), *(word for _, word in words)])

    def save(self, path):
        """Writes a UTF-8 text file with one token per line, atomically."""
        from zoo import storage

        storage.write_bytes_atomically(path, "".join(f"{t}\n" for t in self.tokens).encode())

    @classmethod
    def load(cls, path):
        """Reads a file that `save` wrote.

        Raises:
            ZooError: the file is missing, not UTF-8, or a line violates a rule of the vocabulary
                (the message names the file and the line).
        """
        path = os.fspath(path)
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except UnicodeDecodeError as error:
            raise ZooError(f"{path}: expected a vocabulary in UTF-8, but {error}.") from None
        except OSError as error:
            raise ZooError(f"{path}: the vocabulary cannot be read: {error.strerror}.") from None
        lines = text.replace("\r\n", "\n").split("\n")
        tokens = lines[:-1] if lines[-1] == "" else lines
        if not tokens:
            raise ZooError(f'{path}: the vocabulary is empty; its first line must be "{END}".')
        seen = {}
        for position, token in enumerate(tokens):
            problem = _problem(token, position, seen)
            if problem:
                raise ZooError(f"{path}, line {position + 1}: the token {problem}.")
            seen[token] = position
        return cls(tokens)


def check_has_words(vocabulary, name="this model"):
    """Raises `ZooError` if a vocabulary has only `<end>` and `<unk>`.

    Args:
        vocabulary: `Vocabulary`.
        name: str. The model that would use it, for the message.
    """
    if not vocabulary.words:
        raise ZooError(
            f"The vocabulary of {name} has no words, only {', '.join(vocabulary.tokens)}, so every "
            "caption would be empty: create it from captions with Vocabulary.build."
        )


def _no_words(number, first, counts, min_count, rule):
    """The reason why captions give no vocabulary."""
    if not number:
        return "A vocabulary is built from captions, but there are none."
    example = f"the first is {short(first)}"
    if counts:
        most = max(counts.values())
        return (
            f"None of the {len(counts)} words of {number} captions ({example}) is in the "
            f"vocabulary: min_count is {min_count}, but no word occurs more than {most} times. "
            "Lower min_count, or give more captions."
        )
    advice = ' Use the rule "unicode".' if rule == "ascii" else ""
    return (
        f"{number} captions ({example}) have no words according to the rule \"{rule}\", so the "
        f"vocabulary would be empty.{advice}"
    )


def _problem(token, position, seen):
    """The problem with the token at a position, or None."""
    if not isinstance(token, str):
        return f"must be a string, got a {type(token).__name__}"
    if token == "" or token.split() != [token]:
        return f"must be one word without white space, got {token!r}"
    if position == 0 and token != END:
        return f'must be "{END}" (id 0 pads captions), got {token!r}'
    if token in seen:
        return f"{token!r} occurs twice, first at position {seen[token]}"
    return None
