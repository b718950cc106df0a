"""What a released text encoder and its `captions.pickle` tell."""

from zoo.errors import ZooError
from zoo.importers.state_dict import size_of


def text_settings(text):
    """The arguments of `RNNTextEncoder`, from the arrays of an official one.

    Raises:
        ZooError: they are of another network.
    """
    units = size_of(text, "rnn.weight_hh_l0", 1)
    gates = size_of(text, "rnn.weight_hh_l0", 0) // units
    if gates not in (3, 4):
        raise ZooError(f"rnn.weight_hh_l0 has {gates} gates; a GRU has 3, an LSTM has 4.")
    return {
        "features": 2 * units,
        "embedding_dim": size_of(text, "encoder.weight", 1),
        "cell": {3: "gru", 4: "lstm"}[gates],
    }


def vocabulary(captions, text, embedding="encoder.weight"):
    """The `Vocabulary` of a `captions.pickle`, as long as a network's embedding.

    Args:
        captions: str. The file.
        text: dict of official name -> array, of the network that reads or writes these words.
        embedding: str. The name of its embedding.

    Raises:
        ZooError: the file cannot be read, or another number of words.
    """
    from zoo.data.sources.pickles import load_official_vocabulary

    words, rows = load_official_vocabulary(captions), size_of(text, embedding, 0)
    if len(words) != rows:
        raise ZooError(
            f"{captions} holds {len(words)} words, the network was trained with {rows}: they do "
            "not belong together (a rebuilt captions.pickle, or CUB's with COCO's encoder)."
        )
    return words
