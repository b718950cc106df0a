"""Golden parity of XMC-GAN's generator, discriminator and fixed image network."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, tensor
from tests.golden.xmc_gan import check_state, loaded, official, ours, text_of, text_specs
from zoo.importers import xmc_gan as names
from zoo.losses.contrastive import contrastive_loss, word_loss
from zoo.models.xmc_gan import XMCGANDiscriminator, XMCGANGenerator
from zoo.models.xmc_gan.perceptual_network import ResNetLogits, resize
from zoo.networks.build import symbolic_input


@pytest.mark.parametrize(
    "name",
    [
        "generator_eval_128",
        "generator_train_128",
        "generator_train_128_spectral",
        "generator_eval_256",
    ],
)
def test_generator(precision, name):
    case = Case("xmc_gan", name)
    config, (_, words, features) = case.meta["config"], case.inputs["embedding"].shape
    network = XMCGANGenerator(
        config["image_size"],
        config["gf_dim"],
        config["z_dim"],
        features,
        spectral=config.get("g_spectral_norm", False),
        name="generator",
    )
    inputs = {**text_specs(words, features), "latents": symbolic_input(2, config["z_dim"])}
    network, targets = loaded(network, [inputs], names.generator_targets, case.params)
    inputs = {**text_of(case), "latents": tensor(case.inputs["z"])}
    before = [v.numpy() for v in network.variables]
    training = case.meta["mode"] == "train"
    made = network(inputs, training=training, update=False)
    assert all((a == b.numpy()).all() for a, b in zip(before, network.variables, strict=True))
    again = network(inputs, training=training)
    np.testing.assert_array_equal(made["images"][0], again["images"][0])
    images = official(made["images"][0])
    step = case.meta.get("subsample", 1)
    case.check("image", images[:, ::step, ::step])
    for key, value in (("image_mean", images.mean((1, 2))), ("image_std", images.std((1, 2)))):
        if key in case.outputs:
            case.check(key, value)
    check_state(case, targets, "new/")
    case.check_all_seen()
    assert made["attention"][0].shape == (len(images), 16, 16, words)
    np.testing.assert_allclose(tf.reduce_sum(made["attention"][0], axis=-1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    "name", ["discriminator_eval_128", "discriminator_train_128", "discriminator_train_256"]
)
def test_discriminator(precision, name):
    case = Case("xmc_gan", name)
    config, features = case.meta["config"], case.inputs["embedding"].shape[2]
    size = config["image_size"]
    network = XMCGANDiscriminator(size, config["df_dim"], features, name="discriminator")
    inputs = {"images": symbolic_input(4, size, size, 3), "sentence": symbolic_input(2, features)}
    network, targets = loaded(network, [inputs], names.discriminator_targets, case.params)
    text = text_of(case)
    made = network(
        {"images": ours(case.inputs["images"]), "sentence": text["sentence"]},
        training=case.meta["mode"] == "train",
    )
    case.check("logit", made["logits"][:, None])
    pooled = dict(zip(("real", "fake"), tf.split(made["pooled"], 2), strict=True))
    regions = dict(zip(("real", "fake"), tf.split(made["regions"], 2), strict=True))
    found = {"image_contrastive": contrastive_loss(pooled["fake"], pooled["real"])}
    for kind in ("real", "fake"):
        found[f"{kind}_sentence"] = contrastive_loss(pooled[kind], made["sentence"])
        found[f"{kind}_word"] = word_loss(regions[kind], text["words"], text["mask"])
    for key, match in found.items():
        for ours_name, theirs in (("loss", "loss"), ("accuracy", "acc"), ("entropy", "entropy")):
            case.check(f"{key}_{theirs}", match[ours_name])
    check_state(case, targets, "new/")
    case.check_all_seen()


def resnet_of(case, state):
    config = case.meta
    network = ResNetLogits(
        config["resnet_stages"], config["resnet_width"], config["resnet_classes"], name="resnet"
    )
    return loaded(network, [symbolic_input(2, 128, 128, 3)], names.image_network_targets, state)[0]


def test_image_network(precision):
    case = Case("xmc_gan", "resnet_embs")
    network = resnet_of(case, case.params)
    logits = {}
    for name, images in case.inputs.items():
        case.check(f"{name}/pool", network.maps(ours(images)))
        logits[name] = network(ours(images))
        case.check(f"{name}/outputs", logits[name])
    generated = ours(case.inputs["images_b"])
    with tf.GradientTape() as tape:
        tape.watch(generated)
        loss = contrastive_loss(logits["images_a"], network(generated))["loss"]
    case.check("contrastive_pretrained", loss)
    gradient = 2 * tape.gradient(loss, generated)  # [0, 1] is half as wide as [-1, 1]
    case.check("grad_images_b_l2", np.sqrt(np.sum(np.square(gradient), axis=(1, 2, 3))))
    corner = case.outputs["resize224_corner"]
    resized = resize(tensor(case.inputs["images_a"]))
    case.check("resize224_corner", resized[:, : corner.shape[1], : corner.shape[2]])
    case.check_all_seen()
