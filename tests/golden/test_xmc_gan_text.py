"""Golden parity of XMC-GAN's text features: from captions to word pieces and vectors.

The modules are built from the case's own vocabulary and vectors, in the form of TensorFlow Hub, and
read like every such module.
"""

import pytest
import tensorflow as tf

from tests.golden.golden import Case
from tests.support.tiny_hub_module import Preprocess, save_modules
from zoo.conditions.words import sentence_of_words
from zoo.text import HubTextEncoder

LONGEST_WORD = 200  # characters, of the official tokenizer; longer words are unknown


class Table(tf.Module):
    """The case's stand-in for BERT: one vector per piece plus one per position."""

    def __init__(self, table, places):
        super().__init__()
        self.weights = [tf.Variable(table, name="table"), tf.Variable(places, name="places")]

    def encode(self, inputs):
        table, places = self.weights
        ids = inputs["input_word_ids"]
        words = tf.gather(table, ids) + places[: tf.shape(ids)[1]]
        return {"sequence_output": words, "pooled_output": words[:, 0]}


@pytest.fixture(scope="module")
def case():
    return Case("xmc_gan", "text_features")


@pytest.fixture(scope="module")
def modules(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("modules")
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("".join(f"{piece}\n" for piece in case.inputs["vocab"]), "utf-8")
    paths = {name: str(folder / name) for name in ("preprocess", "encoder")}
    table = Table(case.inputs["table"], case.inputs["position_term"])
    preprocess = Preprocess(str(vocabulary), len(case.inputs["position_term"]), LONGEST_WORD)
    save_modules(paths, preprocess, table)
    return paths


def test_captions_become_the_official_vectors(case, modules):
    captions = tf.constant(case.inputs["captions"].tolist())
    for length in case.meta["max_text_lengths"]:
        encoder = HubTextEncoder(**modules, max_tokens=length)
        assert encoder.piece_texts() == case.inputs["vocab"].tolist()
        pieces, text = encoder.tokenize(captions), encoder(captions)
        for key, value in {
            "ids": pieces["pieces"],
            "mask": text["mask"],
            "max_len": pieces["lengths"],
            "embedding": text["words"],
            "sent_embedding": text["sentence"],
        }.items():
            case.check(f"T{length}/{key}", value)
        own = sentence_of_words(text["words"], text["lengths"])  # of vectors computed elsewhere
        case.check(f"T{length}/sent_embedding", own)
    case.check_all_seen()
