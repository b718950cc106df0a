"""Golden parity of the official tokenization, "ascii", in Python and in the graph."""

import json

import pytest

from tests.golden.golden import folder
from zoo.text.tokenizer import split_words, tokenize


@pytest.fixture(scope="module")
def cases():
    path = folder() / "attngan" / "tokenize.json"
    if not path.exists():
        pytest.skip(
            f"golden case attngan/tokenize.json not found under {folder()} (set ZOO_GOLDEN_DIR)"
        )
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    assert cases
    return cases


def test_python(cases):
    for case in cases:
        assert tokenize(case["caption"], "ascii") == case["tokens"], case["caption"]


def test_graph(cases):
    words = split_words([case["caption"] for case in cases], "ascii").to_list()
    for case, got in zip(cases, words, strict=True):
        assert [word.decode() for word in got] == case["tokens"], case["caption"]
