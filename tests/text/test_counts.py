import pytest

from zoo.errors import ZooError
from zoo.text import Vocabulary, coverage

VOCABULARY = Vocabulary(["<end>", "<unk>", "red", "bird"])


def test_counts():
    counts = coverage([["a red bird", "bird"], "!!", ["red red red"]], VOCABULARY, max_words=2)
    assert (counts.vocabulary_words, counts.captions, counts.words) == (2, 4, 7)
    assert (counts.unknown, counts.losing, counts.empty) == (1, 1, 1)
    assert (counts.cut, counts.long, counts.example) == (1, 1, "!!")
    text = counts.describe()
    assert "2 words; 1 of 4 captions lose 1 of 7 words" in text and "1 keep none" in text
    assert "1 captions are longer than max_words=2 and lose 1 words" in text


def test_unknown_words_that_are_read_count_towards_the_longest_caption():
    captions = ["red zebra bird"]
    assert coverage(captions, VOCABULARY, max_words=2).cut == 0
    assert coverage(captions, VOCABULARY, max_words=2, unknown="unk").cut == 1


def test_everything_is_read():
    counts = coverage(["red bird"], VOCABULARY)
    assert counts.describe() == "vocabulary: 2 words; it has all 2 words of 1 captions"
    counts.check("")


@pytest.mark.parametrize(
    ("captions", "vocabulary"),
    [
        (["red zebra zoo"], VOCABULARY),  # most words
        (["red bird"] * 5 + ["zebra"] * 2, VOCABULARY),  # many captions
        (["red bird"] * 5 + ["..."] * 2, VOCABULARY),  # without words of their own
        (["红色的鸟"] * 3, VOCABULARY),
        (["red"], Vocabulary(["<end>", "<unk>"])),
        (["красная bird"] * 3 + ["птица и"], Vocabulary.build(["bird пта"])),
    ],
)
def test_a_set_that_loses_most_stops(captions, vocabulary):
    with pytest.raises(ZooError, match="Too little of the captions is.* Do this\\.$") as error:
        coverage(captions, vocabulary).check("Do this.")
    assert len(str(error.value)) < 400


def test_no_captions():
    with pytest.raises(ZooError, match="no captions"):
        coverage([], VOCABULARY).check("")


def test_a_small_loss_goes_on():
    coverage(["red bird"] * 3 + ["zebra"], VOCABULARY).check("")
    coverage(["red zebra"] * 3, VOCABULARY).check("")
