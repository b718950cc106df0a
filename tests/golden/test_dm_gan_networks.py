"""Golden parity of DM-GAN's memory, refinement stage and generator, through the importer."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.generators import check_generator
from tests.golden.golden import Case, built, check_after, nchw, nhwc, tensor
from tests.golden.scale import count, official_shapes, shapes_of
from zoo.importers import dm_gan as names
from zoo.importers.state_dict import load_state_dict
from zoo.layers.word_attention import attend_words
from zoo.models.dm_gan.generator import DMGANGenerator, MemoryStage
from zoo.networks.build import build_on, symbolic_input


@pytest.mark.parametrize("tiling", ["official", "per_sample", "no_mask"])
def test_key_addressing_and_value_reading(precision, tiling):
    case = Case("dm_gan", "memory")
    pixels, (keys, values) = tensor(nhwc(case.inputs["input"])), (
        tensor(case.inputs[name].transpose(0, 2, 1)) for name in ("key", "value")
    )
    mask = None if tiling == "no_mask" else case.inputs["mask"] == 0
    sources = [pixels, keys, values]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        context, attention = attend_words(
            *sources, mask, "official" if tiling == "official" else "per_sample"
        )
        loss = tf.reduce_sum(context**3)
    case.check(f"{tiling}/out", nchw(context))
    case.check(f"{tiling}/weight", nchw(attention))
    if tiling == "official":
        gradients = zip(("input", "key", "value"), tape.gradient(loss, sources), strict=True)
        for name, gradient in gradients:
            case.check(f"official/grad_{name}", nchw(gradient))
    case.check_all_seen(ignore=rf"^(?!{tiling}/)")


def test_refinement_stage(precision):
    case = Case("dm_gan", "next_stage_g")
    features = tensor(nhwc(case.inputs["h"]))
    words = tensor(case.inputs["words_embs"].transpose(0, 2, 1))
    mask = case.inputs["mask"] == 0  # official: True at padding
    stage = MemoryStage(features.shape[-1], case.meta["config"]["R_NUM"], "official")
    built(stage, features, words, mask)
    targets = names.memory_stage_targets("", stage)
    load_state_dict(targets, case.param())
    trained = {k: t for k, t in targets.items() if t.variable.trainable}
    variables = [t.variable.value for t in trained.values()]
    for mode, training in (("eval", False), ("train", True)):
        with tf.GradientTape() as tape:
            tape.watch([features, words])
            refined, shown = stage(features, words, mask, training=training)
            loss = tf.reduce_sum(refined**2)
        case.check(f"{mode}/out", nchw(refined))
        case.check(f"{mode}/att", nchw(shown["attention"]))
        to_features, to_words, *gradients = tape.gradient(loss, [features, words, *variables])
        case.check(f"{mode}/grad_h", nchw(to_features))
        case.check(f"{mode}/grad_words_embs", nchw(to_words))
        for name, gradient in zip(trained, gradients, strict=True):
            case.check(f"{mode}/grad_norm/{name}", np.linalg.norm(gradient))
        if training:
            check_after(case, targets, "train_after/")
        check_memory(case, mode, stage.memory, (features, words, mask))
    case.check_all_seen()


def check_memory(case, mode, memory, inputs):
    """The intermediate values, which are the same in both modes."""
    fused, details = memory(*inputs)
    for name, value in (
        ("writing_gate", details["writing_gate"][..., None]),
        ("memory", details["memory"]),
        ("key", details["keys"]),
        ("value", details["values"]),
        ("memory_out", details["read"]),
        ("response_gate", details["response_gate"][..., None]),
        ("fused", fused),
    ):
        if f"{mode}/mid/{name}" in case.outputs:
            case.check(f"{mode}/mid/{name}", nchw(value))


def test_generator(precision):
    check_generator(Case("dm_gan", "g_net"), DMGANGenerator, names)


def paper_generator(residual_blocks):
    return build_on(
        DMGANGenerator((64, 128, 256), 64, residual_blocks, 100, name="generator"),
        {
            "words": symbolic_input(2, 18, 256),
            "sentence": symbolic_input(2, 256),
            "mask": symbolic_input(2, 18, dtype="bool"),
            "latents": symbolic_input(2, 100),
            "noise": symbolic_input(2, 100),
        },
    )


@pytest.mark.parametrize(
    ("residual_blocks", "total", "refinement"),
    [(2, 21_449_042, 1_092_161), (3, 22_335_314, 1_535_297)],
    ids=["CUB", "COCO"],
)
def test_parameters_at_paper_scale(quick_weights, residual_blocks, total, refinement):
    generator = paper_generator(residual_blocks)
    assert count(generator.trainable_variables) == total
    for layers, expected in (
        ([generator.augmentation], 102_800),
        ([generator.initial], 19_156_736),
        (generator.refinements, refinement),
        (generator.heads, 1_728),
    ):
        assert {count(layer.trainable_variables) for layer in layers} == {expected}


def test_names_and_shapes_of_the_released_generator(quick_weights):
    official = official_shapes("dm_gan", "netG")
    blocks = {name.split(".")[2] for name in official if name.startswith("h_net2.residual.")}
    generator = paper_generator(len(blocks))
    assert shapes_of(names.generator_targets(generator)) == official
