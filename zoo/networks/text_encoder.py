"""The recurrent text encoder of the AttnGAN family.

Paper: AttnGAN, arXiv 1711.10485, section 3.2. Checked against taoxugit/AttnGAN code/model.py
    `RNN_ENCODER`.
"""

import keras
from keras import ops

from zoo.errors import ZooError, check_choice
from zoo.layers import initializers
from zoo.layers.lstm_cell import LSTMCell

CELLS = {"lstm": LSTMCell, "gru": keras.layers.GRUCell}


@keras.saving.register_keras_serializable("zoo")
class RNNTextEncoder(keras.layers.Layer):
    """Embedding -> one bidirectional LSTM (or GRU) layer, which skips padding.

    Args:
        vocabulary_size: int. Number of tokens; id 0 (`<end>`) is the padding.
        features: int, even. Size of a word's and the sentence's vector, half of it per direction
            (256).
        embedding_dim: int. Size of the word embedding (300).
        cell: "lstm" or "gru".

    Inputs: tokens int (batch, words); lengths int (batch,); `dropout_mask` float (batch, words,
        embedding_dim), already divided by the keep rate, or None for no dropout (rate 0.5 in the
        paper).

    Returns a dict: `words` (batch, words, features), zero after each caption's end; `sentence`
        (batch, features) = [last forward state, last backward state]; `mask` bool (batch, words),
        False where the token id is 0, the padding.

    Raises:
        ZooError: `features` is odd, or the cell unknown.
    """

    def __init__(self, vocabulary_size, features=256, embedding_dim=300, cell="lstm", **kwargs):
        super().__init__(**kwargs)
        check_choice("`cell`", cell, sorted(CELLS))
        if features < 2 or features % 2:
            raise ZooError(
                "`features` of a recurrent text encoder must be an even number, half of it per "
                f"direction, got {features}."
            )
        self.vocabulary_size = vocabulary_size
        self.features = features
        self.embedding_dim = embedding_dim
        self.cell = cell
        self.embedding = keras.layers.Embedding(
            vocabulary_size,
            embedding_dim,
            embeddings_initializer=initializers.uniform(0.1),
            name="embedding",
            dtype=self.dtype_policy,
        )
        units = features // 2
        rule = {
            f"{part}_initializer": initializers.uniform(units**-0.5)
            for part in ("kernel", "recurrent", "bias")
        }
        extra = {"unit_forget_bias": False} if cell == "lstm" else {"reset_after": True}
        self.forward_rnn, self.backward_rnn = (
            keras.layers.RNN(
                CELLS[cell](units, name="cell", dtype=self.dtype_policy, **rule, **extra),
                return_sequences=True,
                return_state=True,
                zero_output_for_mask=True,
                go_backwards=backwards,
                name=name,
                dtype=self.dtype_policy,
            )
            for name, backwards in (("forward", False), ("backward", True))
        )

    def call(self, tokens, lengths, dropout_mask=None):
        embedded = self.embedding(tokens)  # (batch, words, embedding)
        if dropout_mask is not None:
            embedded = embedded * dropout_mask
        mask = (
            ops.arange(ops.shape(tokens)[1], dtype="int32")[None]
            < ops.cast(lengths, "int32")[:, None]
        )
        forward = self.forward_rnn(embedded, mask=mask)
        backward = self.backward_rnn(embedded, mask=mask)
        words = ops.concatenate([forward[0], ops.flip(backward[0], axis=1)], axis=-1)
        return {
            "words": words,  # (batch, words, features)
            "sentence": ops.concatenate([forward[1], backward[1]], axis=-1),  # (batch, features)
            "mask": ops.not_equal(tokens, 0),  # (batch, words)
        }

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "features": self.features,
            "embedding_dim": self.embedding_dim,
            "cell": self.cell,
        }
