"""Golden parity of XMC-GAN's losses, with gradients, and of their parts."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, tensor
from zoo.layers.word_attention import attend_words
from zoo.losses import adversarial, contrastive


@pytest.fixture
def case(precision):
    return Case("xmc_gan", "losses")


def mask_of(case):
    words = case.inputs["word_feat"].shape[1]
    return tf.constant(np.arange(words)[None] < case.inputs["max_len"])


def check(case, name, loss, inputs):
    """The loss, its statistics, and the gradients of its inputs (official name: tensor)."""
    with tf.GradientTape() as tape:
        tape.watch(list(inputs.values()))
        terms = loss(*inputs.values())
    for key, value in terms.items():
        if f"{name}/{key}" in case.outputs:
            case.check(f"{name}/{key}", value)
    gradients = tape.gradient(terms["loss"], list(inputs.values()))
    for key, gradient in zip(inputs, gradients, strict=True):
        if f"{name}/grad_{key}" in case.outputs:
            case.check(f"{name}/grad_{key}", gradient)
    left = [k for k in case.outputs if k.startswith(f"{name}/") and k not in case.checked]
    assert not left


@pytest.mark.parametrize(
    ("name", "other", "options"),
    [
        ("contrastive_sent", "sent_feat", {}),
        ("contrastive_img", "img_feat2", {}),
        ("contrastive_nol2_t0.7", "sent_feat", {"normalize": False, "temperature": 0.7}),
    ],
)
def test_contrastive_loss(case, name, other, options):
    inputs = {
        "image_feat": tensor(case.inputs["img_feat"]),
        "cond_feat": tensor(case.inputs[other]),
    }
    check(case, name, lambda a, b: contrastive.contrastive_loss(a, b, **options), inputs)


@pytest.mark.parametrize(
    ("name", "gammas"), [("word", contrastive.XMC_GAMMAS), ("word_g4_3_10", (4.0, 3.0, 10.0))]
)
def test_word_loss(case, name, gammas):
    mask = mask_of(case)
    inputs = {key: tensor(case.inputs[key]) for key in ("region_feat", "word_feat")}
    check(case, name, lambda r, w: contrastive.word_loss(r, w, mask, gammas), inputs)


def test_attention(case):
    regions, words = (tensor(case.inputs[key]) for key in ("region_feat", "word_feat"))
    mask = mask_of(case)
    own = tf.range(len(words))
    for name, open_words in (("attention", mask), ("attention_nomask", None)):
        context = contrastive.attend_regions(regions, words, 5.0, open_words)
        own_context = tf.gather_nd(context, tf.stack([own, own], axis=1))
        case.check(f"{name}/region_context", own_context)
    keys = contrastive.l2_normalize(words)
    queries = contrastive.l2_normalize(regions)[:, :, None]  # one column of places
    for name, sharpness in (("attention_for_g", 15.0), ("attention_for_word", 1 / 0.1)):
        context, attention = attend_words(sharpness * queries, keys, keys, mask)
        case.check(f"{name}/region_context", context[:, :, 0])
        if f"{name}/attn" in case.outputs:
            case.check(f"{name}/attn", attention[:, :, 0])


def test_vectors(case):
    a, b = (tensor(case.inputs[key]) for key in ("img_feat", "img_feat2"))
    case.check("cosine_similarity", contrastive.cosine(a, b))
    case.check("l2_normalize", contrastive.l2_normalize(a))
    zero = tf.zeros(case.outputs["l2_normalize_zero"].shape, a.dtype)
    case.check("l2_normalize_zero", contrastive.l2_normalize(zero))


def test_hinge(case):
    real, fake = (tensor(case.inputs[key])[:, 0] for key in ("real_logit", "fake_logit"))
    for name in ("hinge", "hinge_split"):
        case.check(f"{name}/d", adversarial.hinge_discriminator_loss(real, fake))
        case.check(f"{name}/g", adversarial.hinge_generator_loss(fake))


def test_cross_entropy_of_a_match(case):
    """A row's cross-entropy is its contribution to a match: here each row separately.

    In a square whose other rows and whose columns contribute nothing, only that row counts.
    """
    logits, labels = case.inputs["ce_logits"], case.inputs["ce_labels"]
    found = []
    for row, label in zip(logits, labels, strict=True):
        square = np.zeros([len(row)] * 2)
        square[label] = row
        columns = np.log(np.exp(row) + len(row) - 1)
        columns[label] -= row[label]
        rest = (len(row) - 1) * np.log(len(row)) + columns.sum()
        found.append(len(row) * contrastive.match(tensor(square))["loss"] - rest)
    case.check("ce_onehot", found)


def test_every_part_of_the_case_is_here():
    case = Case("xmc_gan", "losses")
    assert {key.split("/")[0] for key in case.outputs} == {
        "contrastive_sent", "contrastive_img", "contrastive_nol2_t0.7", "word", "word_g4_3_10",
        "attention", "attention_nomask", "attention_for_g", "attention_for_word",
        "cosine_similarity", "l2_normalize", "l2_normalize_zero", "hinge", "hinge_split",
        "ce_onehot",
    }
