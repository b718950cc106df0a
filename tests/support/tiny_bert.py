"""A BERT checkpoint of two layers with random weights, in KerasHub's form."""

import pytest

PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] a red bird ##s on the snow , : ! two dogs cafe".split()


def write_bert(path):
    """Writes it to a new folder; skips the test without KerasHub."""
    keras_hub = pytest.importorskip("keras_hub", reason="needs keras-hub, extra text")
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=len(PIECES), num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16,
        max_sequence_length=32,
    )
    backbone.save_to_preset(path)
    keras_hub.models.BertTokenizer(vocabulary=PIECES, lowercase=True).save_to_preset(path)
    return str(path)
