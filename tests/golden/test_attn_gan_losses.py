"""Golden parity of the DAMSM losses and of the two attentions."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, nchw, nhwc, tensor
from zoo.importers.state_dict import Target, load_state_dict
from zoo.layers.word_attention import WordAttention
from zoo.losses import damsm


def test_attend_regions(precision):
    case = Case("attngan", "func_attention")
    query = tensor(case.inputs["query"].transpose(0, 2, 1))
    regions = tensor(nhwc(case.inputs["context"]))
    batch, height, width, features = regions.shape
    rows = tf.stack([tf.range(batch)] * 2, axis=1)  # caption i with image i
    with tf.GradientTape() as tape:
        tape.watch([query, regions])
        context, attention = damsm.attend_regions(
            tf.reshape(regions, [batch, -1, features]),
            query,
            tf.ones(query.shape[:2], tf.bool),
            case.meta["gamma1"],
        )
        context, attention = tf.gather_nd(context, rows), tf.gather_nd(attention, rows)
        loss = tf.reduce_sum(context**2)
    case.check("weighted_context", nchw(context))
    case.check("attn", np.reshape(attention, (batch, -1, height, width)))
    to_query, to_regions = tape.gradient(loss, [query, regions])
    case.check("grad_query", nchw(to_query))
    case.check("grad_context", nchw(to_regions))
    case.check_all_seen()


@pytest.mark.parametrize("tiling", ["official", "per_sample", "no_mask"])
def test_word_attention(precision, tiling):
    case = Case("attngan", "global_attention")
    pixels = tensor(nhwc(case.inputs["input"]))
    mask = None if tiling == "no_mask" else case.inputs["mask"] == 0
    layer = WordAttention(pixels.shape[-1], "official" if tiling == "official" else "per_sample")
    versions = {"": "context"}
    if tiling == "official":
        versions["zero_padded_"] = "context_zero_padded"
    for prefix, name in versions.items():
        words = tensor(case.inputs[name].transpose(0, 2, 1))
        layer(pixels, words, mask)
        load_state_dict({"conv_context.weight": Target(layer.keys.kernel, "conv1x1")}, case.param())
        with tf.GradientTape() as tape:
            tape.watch([pixels, words])
            context, attention = layer(pixels, words, mask)
            loss = tf.reduce_sum(context**3)
        case.check(f"{tiling}/{prefix}weighted_context", nchw(context))
        case.check(f"{tiling}/{prefix}attn", nchw(attention))
        if tiling != "official":
            continue
        to_pixels, to_words, to_kernel = tape.gradient(
            loss, [pixels, words, layer.keys.kernel.value]
        )
        case.check(f"{tiling}/{prefix}grad_input", nchw(to_pixels))
        case.check(f"{tiling}/{prefix}grad_context", nchw(to_words))
        kernel = Target(layer.keys.kernel, "conv1x1").to_official(to_kernel)
        case.check(f"{tiling}/{prefix}grad_conv_context.weight", kernel)
    case.check_all_seen(ignore=rf"^(?!{tiling}/)")


@pytest.mark.parametrize("version", ["with_class", "no_class"])
def test_damsm_losses(precision, version):
    case = Case("attngan", "damsm_losses")
    regions = tensor(nhwc(case.inputs["img_features"]))
    words = tensor(case.inputs["words_emb"].transpose(0, 2, 1))
    code, sentence = (
        tensor(case.inputs[name]) for name in ("cnn_code", "sent_emb")
    )
    lengths = case.inputs["cap_lens"]
    mask = tf.sequence_mask(lengths, words.shape[1])
    labels = case.inputs["class_ids"] if version == "with_class" else None
    gammas = case.meta["gammas"]
    sources = [regions, words, code, sentence]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(sources)
        similarities = damsm.word_similarities(regions, words, mask, gammas)
        word_losses = damsm.matching_losses(similarities, labels, gammas[2])
        sentence_losses = damsm.matching_losses(
            damsm.sentence_similarities(code, sentence), labels, gammas[2]
        )
        word_loss, sentence_loss = sum(word_losses), sum(sentence_losses)
        combined = damsm.damsm_losses(
            {"regions": regions, "code": code},
            {"words": words, "sentence": sentence},
            mask,
            labels,
            gammas,
        )
    for kind, losses in (("w", word_losses), ("s", sentence_losses)):
        for i, loss in enumerate(losses):
            case.check(f"{version}/{kind}_loss{i}", loss)
    np.testing.assert_allclose(combined["word_loss"], word_loss)
    np.testing.assert_allclose(combined["sentence_loss"], sentence_loss)
    for key, loss, source in (
        ("w_grad_img_features", word_loss, regions),
        ("w_grad_words_emb", word_loss, words),
        ("s_grad_cnn_code", sentence_loss, code),
        ("s_grad_sent_emb", sentence_loss, sentence),
    ):
        gradient = tape.gradient(loss, source)
        case.check(f"{version}/{key}", nchw(gradient) if gradient.ndim > 2 else gradient)
    if version == "no_class":
        case.check("word_similarities", similarities)
        case.check("cosine_words", damsm.cosine(code, sentence))
        _, height, width, features = regions.shape
        flat = tf.reshape(regions, [len(lengths), -1, features])
        _, attention = damsm.attend_regions(flat, words, mask, gammas[0])
        for i, length in enumerate(lengths):
            own = np.asarray(attention)[i, i, :length]
            case.check(f"att_map_{i}", own.reshape(1, length, height, width))
        case.check_all_seen(ignore="^with_class/")
