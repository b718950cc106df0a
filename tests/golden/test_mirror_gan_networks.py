"""Golden parity of MirrorGAN's attention, stages, generators, text encoder and discriminators."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import (
    Case,
    built,
    check_after,
    check_views,
    nchw,
    nhwc,
    stage_sizes,
    tensor,
)
from zoo.importers import mirror_gan as names
from zoo.importers import staged
from zoo.importers.state_dict import load_state_dict
from zoo.layers.conditioning_augmentation import ConditioningAugmentation
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.mirror_gan.generator import GlobalLocalAttention, MirrorGANGenerator, MirrorStage
from zoo.networks.text_encoder import RNNTextEncoder


def stage_inputs(case):
    """(features, condition, words, mask) of the cases of one stage."""
    i = case.inputs
    words = tensor(i["word_embs"].transpose(0, 2, 1))
    return tensor(nhwc(i["h_code"])), tensor(i["c_code"]), words, i["mask"] == 0


@pytest.mark.parametrize("mode", ["masked", "equal", "nomask"])
def test_attention(precision, mode):
    case = Case("mirrorgan", "glam_attention")
    *sources, mask = stage_inputs(case)
    mask = {"masked": mask, "equal": np.ones_like(mask), "nomask": None}[mode]
    layer = GlobalLocalAttention(sources[0].shape[-1], "official")
    built(layer, *sources, mask)
    load_state_dict(names.attention_targets("", layer), case.param())
    with tf.GradientTape() as tape:
        tape.watch(sources)
        word_context, sentence_context, details = layer(*sources, mask)
        # the objective whose gradients are stored
        loss = tf.reduce_sum(word_context**2) + tf.reduce_sum(sentence_context**3)
    for name, value in (
        ("weightedContext", word_context),
        ("weightedSentence", sentence_context),
        ("word_attn", details["attention"]),
        ("sent_att", details["sentence_attention"]),
    ):
        case.check(f"{mode}/{name}", nchw(value))
    gradients = zip(("h_code", "c_code", "word_embs"), tape.gradient(loss, sources), strict=True)
    for name, gradient in gradients:
        case.check(f"{mode}/d_{name}", gradient if name == "c_code" else nchw(gradient))
    case.check_all_seen(ignore=rf"^(?!{mode}/)")


def test_own_masks_keep_samples_apart(precision):
    """Without the official tiling a sample depends on its own caption only."""
    case = Case("mirrorgan", "glam_attention")
    *sources, mask = stage_inputs(case)
    layer = GlobalLocalAttention(sources[0].shape[-1])
    built(layer, *sources, mask)
    load_state_dict(names.attention_targets("", layer), case.param())
    contexts, attention = layer(*sources, mask)[:2], layer(*sources, mask)[2]["attention"]
    for n in range(len(mask)):
        own = slice(n, n + 1)
        assert np.asarray(attention)[n][..., ~mask[n]].max(initial=0) == 0
        alone = layer(*(x[own] for x in sources), mask[own])
        for together, apart in zip(contexts, alone, strict=False):
            np.testing.assert_allclose(together[own], apart, rtol=1e-4, atol=1e-5)


def test_stage(precision):
    case = Case("mirrorgan", "next_stage_g")
    inputs = stage_inputs(case)
    blocks = {k.split(".")[1] for k in case.params if k.startswith("residual.")}
    stage = MirrorStage(inputs[0].shape[-1], len(blocks), "official")
    built(stage, *inputs)
    targets = names.stage_targets("", stage)
    load_state_dict(targets, case.param())
    for mode, training in (("eval", False), ("train", True)):
        refined, attention = stage(*inputs, training=training)
        case.check(f"{mode}/h_code", nchw(refined))
        case.check(f"{mode}/att", nchw(attention))
    check_after(case, targets, "train/after/")
    case.check_all_seen()


# --- whole generators ---------------------------------------------------------------------------


def load_generator(case):
    """(generator of the official sizes, its targets, its inputs)."""
    p, i = case.param(), case.inputs
    generator = MirrorGANGenerator(
        stage_sizes(p),
        case.meta["config"]["GF_DIM"],
        len({k.split(".")[2] for k in p if k.startswith("h_net2.residual.")}),
        i["eps"].shape[1],
        single_image="img_net.img.0.weight" in p,
        mask_tiling="official",
    )
    inputs = {
        "words": tensor(i["word_embs"].transpose(0, 2, 1)),
        "sentence": tensor(i["sent_emb"]),
        "mask": tf.constant(i["mask"] == 0),
        "latents": tensor(i["z_code"]),
        "noise": tensor(i["eps"]),
    }
    built(generator, inputs)
    targets = names.generator_targets(generator)
    load_state_dict(targets, p)
    return generator, targets, inputs


def test_generator(precision):
    case = Case("mirrorgan", "g_net")
    generator, targets, inputs = load_generator(case)
    for mode, training in (("eval", False), ("train", True)):
        outputs = generator(inputs, training=training)
        case.check(f"{mode}/mu", outputs["mu"])
        case.check(f"{mode}/logvar", outputs["log_var"])
        for i, image in enumerate(outputs["images"], 1):
            check_views(case, f"{mode}/fake_img{i}", nchw(image))
        for i, attention in enumerate(outputs["attention"], 1):
            check_views(case, f"{mode}/att{i}", nchw(attention))
    check_after(case, targets, "train/after/")
    case.check_all_seen()


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")  # one channel only
def test_generator_with_a_single_image(precision):
    case = Case("mirrorgan", "g_dcgan")
    generator, _, inputs = load_generator(case)
    (image,) = generator(inputs)["images"]
    check_views(case, "eval/fake_img", nchw(image))
    case.check_all_seen()


# --- taken over from AttnGAN --------------------------------------------------------------------


def test_text_encoder(precision):
    case = Case("mirrorgan", "stem_rnn_encoder")
    p, tokens, lengths = case.param(), case.inputs["captions"], case.inputs["cap_lens"]
    size, embedding = p["encoder.weight"].shape
    encoder = RNNTextEncoder(size, 2 * p["rnn.weight_hh_l0"].shape[1], embedding)
    built(encoder, tokens, lengths)
    load_state_dict(names.text_encoder_targets(encoder), p)
    outputs = encoder(tokens, lengths)
    longest = case.outputs["words_embs"].shape[2]
    case.check("words_embs", np.asarray(outputs["words"])[:, :longest].transpose(0, 2, 1))
    case.check("sent_emb", outputs["sentence"])
    case.check("mask", ~np.asarray(outputs["mask"])[:, :longest])
    case.check_all_seen()


def test_conditioning_augmentation(precision):
    case = Case("mirrorgan", "ca_net")
    sentence, noise = tensor(case.inputs["sent_emb"]), tensor(case.inputs["eps"])
    layer = ConditioningAugmentation(noise.shape[1])
    built(layer, sentence, noise)
    targets = staged.augmentation_targets("", layer)
    load_state_dict({k.removeprefix("."): t for k, t in targets.items()}, case.param())
    condition, mu, log_var = layer(sentence, noise)
    case.check("c_code", condition)
    case.check("mu", mu)
    case.check("logvar", log_var)
    case.check("kl", [kl_to_standard_normal(mu, log_var)])
    case.check_all_seen()
