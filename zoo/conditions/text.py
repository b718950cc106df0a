"""The condition of a text-to-image model, built from the model's constructor arguments."""

import keras

from zoo.conditions.captions import Captions
from zoo.conditions.sentence_embeddings import SentenceEmbeddings
from zoo.conditions.unconditional import Unconditional
from zoo.conditions.word_embeddings import WordEmbeddings
from zoo.errors import ZooError, check_choice
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.text_encoder import RNNTextEncoder
from zoo.text.hub import check_both_handles
from zoo.text.vocabulary import check_has_words

ENCODERS = ("rnn", "embeddings", "word_embeddings", "hub", "none")  # values of "kind"


def text_condition(text_encoder, vocabulary, max_words):
    """The condition that a model's arguments describe.

    Args:
        text_encoder: dict or None. Arguments of `RNNTextEncoder` (`features`, `embedding_dim`,
            `cell`), a recurrent encoder of captions. With a `kind` instead:
            `{"kind": "embeddings", "features": 1024}` takes pre-computed sentence embeddings;
            `{"kind": "word_embeddings", "features": 768}` also pre-computed word vectors;
            `{"kind": "hub", "preprocess": handle, "encoder": handle}` reads captions with a text
            encoder of TensorFlow Hub, such as BERT; `{"kind": "none"}` is no condition.
        vocabulary: `zoo.text.Vocabulary`, or None if captions are not read as words.
        max_words: int. Maximum number of words of a caption (word pieces for "hub"); longer
            captions are truncated.

    Raises:
        ZooError: the kind is unknown, a recurrent encoder has no vocabulary of words, one of the
            two handles of "hub" is missing, or an argument of the condition's class is invalid.
    """
    config = dict(text_encoder or {})
    kind = check_choice("`text_encoder['kind']`", config.pop("kind", "rnn"), ENCODERS)
    if kind == "none":
        return Unconditional(**config)
    if kind == "embeddings":
        return SentenceEmbeddings(**config)
    if kind == "word_embeddings":
        return WordEmbeddings(max_words, **config)
    if kind == "hub":
        check_both_handles("`text_encoder['{}']`", config)
        from zoo.conditions.hub_captions import HubCaptions  # imports tensorflow_text

        return HubCaptions(max_words, **config)
    if vocabulary is None:
        raise ZooError("A recurrent text encoder needs `vocabulary`.")
    check_has_words(vocabulary)
    return Captions(vocabulary, max_words, _recurrent_encoder(config, len(vocabulary), max_words))


def _recurrent_encoder(config, vocabulary_size, max_words):
    """An `RNNTextEncoder` in float32, built."""
    dtype = None if keras.config.floatx() == "float64" else "float32"
    encoder = RNNTextEncoder(
        vocabulary_size=vocabulary_size, **config, name="text_encoder", dtype=dtype
    )
    tokens, lengths = (symbolic_input(*shape, dtype="int32") for shape in ((2, max_words), (2,)))
    return build_on(encoder, tokens, lengths)
