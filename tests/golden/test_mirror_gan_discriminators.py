"""Golden parity of MirrorGAN's discriminators, which are AttnGAN's, under its own case names."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.discriminators import load
from tests.golden.golden import Case, check_after, nchw, nhwc, tensor
from tests.golden.iteration import check_gradient_numbers, record
from zoo.importers import mirror_gan as names
from zoo.losses import adversarial


@pytest.mark.parametrize("size", [64, 128, 256])
def test_discriminator(precision, size):
    case = Case("mirrorgan", f"d_net{size}")
    images, sentence = tensor(nhwc(case.inputs["x"])), tensor(case.inputs["sent_emb"])
    network, targets = load(names, case.param(), images, sentence)
    for mode, training in (("eval", False), ("train", True)):
        features = network(images, training=training)
        logits = network.logits(features, sentence, training=training)
        case.check(f"{mode}/features", nchw(features))
        case.check(f"{mode}/cond", tf.sigmoid(logits["conditional"]))
        case.check(f"{mode}/uncond", tf.sigmoid(logits["unconditional"]))
    check_after(case, targets, "train/after/")
    case.check_all_seen()


@pytest.mark.parametrize("version", ["jcu1", "jcu0"])
def test_discriminator_loss(precision, version, monkeypatch):
    """With (jcu1) and without the unconditional head."""
    case = Case("mirrorgan", "discriminator_loss")
    joint = version == "jcu1"
    state = case.param(f"{version}.")
    real, fake = tensor(nhwc(case.inputs["real"])), tensor(nhwc(case.inputs["fake"]))
    sentence = tensor(case.inputs["sent_emb"])
    network, targets = load(names, state, real, sentence, unconditional=joint)
    terms = record(adversarial, "binary_cross_entropy", monkeypatch)
    with tf.GradientTape() as tape:
        seen, made = network(real, training=True), network(fake, training=True)
        real_logits = network.logits(seen, sentence, training=True)
        fake_logits = network.logits(made, sentence, training=True)
        wrong = network.conditional_logits(seen[:-1], sentence[1:], training=True)
        loss = adversarial.matching_aware_discriminator_loss(real_logits, wrong, [fake_logits])
    case.check(f"{version}/errD", [loss])
    case.check(f"{version}/bce", official_order(terms))
    order = case.meta["param_names"][version]
    gradients = tape.gradient(loss, [targets[name].variable.value for name in order])
    pairs = zip(order, gradients, strict=True)
    official = [targets[name].to_official(gradient) for name, gradient in pairs]
    check_gradient_numbers(case, version, official)
    case.check_all_seen(ignore=r"num_batches_tracked$|jcu" + "10"[joint])


def official_order(terms):
    """The cross-entropies of one discriminator as the cases list them.

    Ours: wrong, real (conditional, unconditional), fake (the same two).
    """
    wrong, *rest = terms
    if len(rest) == 2:
        real, fake = rest
        return np.array([real, fake, wrong])
    real, real_alone, fake, fake_alone = rest
    return np.array([real, fake, wrong, real_alone, fake_alone])
