"""Golden parity of the recurrent text encoder, loaded through the importer."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, built
from zoo.importers.attn_gan import text_encoder_targets
from zoo.importers.state_dict import load_state_dict
from zoo.networks.text_encoder import RNNTextEncoder


def load_text_encoder(state_dict, cell="lstm"):
    tokens, embedding = state_dict["encoder.weight"].shape
    units = state_dict["rnn.weight_hh_l0"].shape[1]
    encoder = RNNTextEncoder(tokens, 2 * units, embedding, cell)
    built(encoder, np.zeros([1, 2], "int32"), np.ones([1], "int32"))
    targets = text_encoder_targets(encoder)
    load_state_dict(targets, state_dict)
    return encoder, targets


def trimmed(words, lengths):
    """The official layout: (batch, features, longest caption)."""
    return np.asarray(words)[:, : lengths.max()].transpose(0, 2, 1)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_text_encoder(precision, cell):
    case = Case("attngan", f"rnn_encoder_{cell}")
    encoder, targets = load_text_encoder(case.param(), cell)
    tokens, lengths = case.inputs["captions"], case.inputs["cap_lens"]
    for mode, dropout in (("eval", None), ("train", case.inputs["drop_mask_scaled"])):
        with tf.GradientTape() as tape:
            outputs = encoder(tokens, lengths, dropout)
            # the objective whose gradients are stored
            official = tf.transpose(outputs["words"][:, : lengths.max()], [0, 2, 1])
            count = tf.range(official.shape.num_elements(), dtype=official.dtype)
            probe = tf.reshape(tf.cos(count), official.shape)
            loss = tf.reduce_sum(official * probe) + tf.reduce_sum(outputs["sentence"] ** 2)
        case.check(f"{mode}/words_emb", trimmed(outputs["words"], lengths))
        case.check(f"{mode}/sent_emb", outputs["sentence"])
        assert not np.asarray(outputs["words"])[:, lengths.max() :].any()
    gradients = tape.gradient(loss, [t.variable.value for t in targets.values()])
    for (name, target), gradient in zip(targets.items(), gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient)
        case.check(f"train/grad_norm/{name}", np.linalg.norm(target.to_official(gradient)))
    case.check_all_seen()
