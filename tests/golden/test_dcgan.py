"""Golden parity of the label-conditional DCGAN: networks, losses, whole iterations."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden import rounding
from tests.golden.golden import Case, built, check_after, nchw, nhwc, tensor
from tests.golden.iteration import (
    check_first_step,
    exact_adam,
    record,
    record_updates,
    values_of,
)
from tests.golden.scale import count
from zoo.importers import dcgan as names
from zoo.importers.state_dict import load_state_dict, prefixed
from zoo.losses.adversarial import probability_cross_entropy
from zoo.models.dcgan import DCGAN, DCGANDiscriminator, DCGANGenerator
from zoo.models.dcgan.layers import concat_labels
from zoo.networks.build import build_on, symbolic_input

# From the fact sheet, at 32 pixels with 128 filters.
COUNTS = {"generator": 3_531_395, "discriminator": 2_658_689}
WEIGHT_DECAY = 1e-4
RATE = 2e-4
VARIANTS = {
    "ms": {"mode_seeking_weight": 1.0},
    "two_sample_no_ms": {"training_samples": 2},
    "one_sample": {},
}


def labels_of(case):
    return tf.constant(case.inputs["label"], tf.int64)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_generator(precision, mode):
    case = Case("dcgan", f"generator_{mode}")
    sizes = names.generator_sizes(case.params, case.meta["config"]["class_num"])
    network = DCGANGenerator(**sizes, name="generator")
    inputs = {"latents": tensor(case.inputs["z"]), "labels": labels_of(case)}
    targets = names.generator_targets(built(network, inputs))
    load_state_dict(targets, case.params)
    case.check("image", nchw(network(inputs, training=mode == "train")["images"]))
    check_after(case, targets, "after/")
    case.check_all_seen()


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_discriminator(precision, mode):
    case = Case("dcgan", f"discriminator_{mode}")
    images, labels = tensor(nhwc(case.inputs["image"])), labels_of(case)
    network = DCGANDiscriminator(
        images.shape[1],
        case.params["conv1.weight"].shape[0],
        case.meta["config"]["class_num"],
        name="discriminator",
    )
    targets = names.discriminator_targets(built(network, images, labels))
    load_state_dict(targets, case.params)
    logits = network(images, labels, training=mode == "train")
    case.check("prob", tf.sigmoid(logits)[:, None, None, None])
    check_after(case, targets, "after/")
    case.check_all_seen()


def test_one_hot_labels():
    case = Case("dcgan", "label_onehot")
    nothing = tf.zeros([len(case.inputs["label"]), 1, 1, 0])
    joined = concat_labels(nothing, labels_of(case), case.meta["config"]["class_num"])
    case.check("onehot", nchw(joined))
    case.check_all_seen()


def test_losses(precision, monkeypatch):
    """On given probabilities instead of a discriminator's logits."""
    case = Case("dcgan", "losses")
    model = DCGAN(image_size=16, filters=2)
    monkeypatch.setattr(model, "cross_entropy", probability_cross_entropy)
    monkeypatch.setattr(model, "discriminate", lambda images, labels: tf.reshape(images, [-1]))
    real, fake = (tensor(nhwc(case.inputs[f"prob_{kind}"])) for kind in ("real", "fake"))
    case.check("loss_D", model.discriminator_loss(real, fake, None))
    case.check("loss_G", model.generator_losses(fake, None, None)["generator_loss"])
    case.check_all_seen()


def model_of(case, **settings):
    """The system of the case's sizes, compiled and loaded, with its targets."""
    state = case.param("G.")
    model = DCGAN(
        **names.generator_sizes(state, case.meta["config"]["class_num"]),
        weight_decay=WEIGHT_DECAY,
        **settings,
    )
    model.compile(
        generator_optimizer=exact_adam(RATE, 0.5, 0.999, epsilon=1e-8),
        discriminator_optimizer=exact_adam(RATE, 0.5, 0.999, epsilon=1e-8),
    )
    targets = prefixed("G.", names.generator_targets(model.generator))
    targets |= prefixed("D.", names.discriminator_targets(model.discriminator))
    load_state_dict(targets, case.params)
    return model, targets


@pytest.mark.parametrize("form", ["logits", "probabilities"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_iteration(precision, variant, form):
    rounding.check(
        Case("dcgan", f"iteration_{variant}"),
        lambda case, monkeypatch: check_iteration(case, monkeypatch, variant, form),
    )


def check_iteration(case, monkeypatch, variant, form):
    model, targets = model_of(case, adversarial_form=form, **VARIANTS[variant])
    latents = [case.inputs[f"z{i + 1}"] for i in range(model.latents_per_condition)]
    latents = tensor(np.concatenate(latents))
    monkeypatch.setattr(model, "noise", lambda stream, *shape: latents)
    gradients, before = record_updates(model, monkeypatch), values_of(targets)
    outputs = record(model.generator, "call", monkeypatch)
    batch = {"images": tensor(nhwc(case.inputs["image"])), "labels": labels_of(case)}
    losses = model.training_step(batch)

    assert len(outputs) == 1  # the same images for both networks
    case.check("loss_D", losses["discriminator_loss"])
    case.check("loss_G_GAN", losses["adversarial_loss"])
    case.check("loss_G", losses["generator_loss"])
    if "loss_ms" in case.outputs:
        case.check("loss_ms", losses["mode_seeking"])
    for i, fake in enumerate(tf.split(outputs[0]["images"], model.latents_per_condition)):
        if f"fake{i + 1}" in case.outputs:
            case.check(f"fake{i + 1}", nchw(fake))
    for name, target in targets.items():
        check_change(case, name, target, before, gradients)
    case.check_all_seen()


def check_change(case, name, target, before, gradients):
    """Gradient before the decay, and value after the step, precisely where the step is large."""
    path = target.variable.path
    now = target.to_official(target.variable.numpy())
    case.check(f"after/{name}", now)
    if path not in gradients:
        return
    decay = target.to_official(WEIGHT_DECAY * before[path])
    decayed = target.to_official(gradients[path].numpy())
    case.check(f"grad/{name}", decayed - decay)
    case.check(f"gradnorm/{name}", np.linalg.norm(decayed - decay))
    official = case.outputs[f"grad/{name}"] + decay
    check_first_step(case, f"after/{name}", now, decayed, official, RATE)


def test_parameter_counts():
    labels = symbolic_input(2, dtype="int64")
    generator = build_on(DCGANGenerator(), {"latents": symbolic_input(2, 100), "labels": labels})
    discriminator = build_on(DCGANDiscriminator(), symbolic_input(2, 32, 32, 3), labels)
    assert count(generator.trainable_variables) == COUNTS["generator"]
    assert count(discriminator.trainable_variables) == COUNTS["discriminator"]
    state = {k: t.to_official(t.variable) for k, t in names.generator_targets(generator).items()}
    assert state["deconv1.weight"].shape == (110, 512, 4, 4)
    assert names.generator_sizes(state) == {
        "classes": 10,
        "latent_dim": 100,
        "filters": 128,
        "image_size": 32,
    }
