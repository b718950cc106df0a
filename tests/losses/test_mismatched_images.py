"""StackGAN++'s adversarial losses compared with plain formulas, and both cross-entropies."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.losses import adversarial

RNG = np.random.default_rng(0)


def logits():
    return {
        head: tf.constant(RNG.normal(size=4), tf.float32)
        for head in ("conditional", "unconditional")
    }


def bce(values, target):
    return np.log1p(np.exp(-values if target else values)).mean()


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_discriminator_weights(weight):
    real, wrong, *fakes = (logits() for _ in range(4))
    got = adversarial.wrong_image_discriminator_loss(real, wrong, fakes, weight)
    (r, w, *f), (ru, wu, *fu) = (
        [pair[head].numpy() for pair in (real, wrong, *fakes)]
        for head in ("conditional", "unconditional")
    )
    rest = bce(w, 0) + sum(bce(x, 0) for x in f)
    want = bce(r, 1) + 0.5 * rest
    if weight:  # a mismatched image is a real one
        want = bce(r, 1) + rest
        want += weight * (bce(ru, 1) + bce(wu, 1) + sum(bce(x, 0) for x in fu))
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_without_condition():
    real, *fakes = (logits() for _ in range(3))
    got = adversarial.unconditional_discriminator_loss(real, fakes)
    want = bce(real["unconditional"].numpy(), 1)
    want += sum(bce(fake["unconditional"].numpy(), 0) for fake in fakes)
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_generator_weights():
    fake = logits()
    got = adversarial.generator_loss(fake, 0.5)
    want = bce(fake["conditional"].numpy(), 1) + 0.5 * bce(fake["unconditional"].numpy(), 1)
    np.testing.assert_allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize("target", [0, 1])
def test_both_forms_agree_until_a_sigmoid_saturates(target):
    values = tf.constant([-3.0, 0.5, 2.0, 200.0, -200.0])
    losses, gradients = [], []
    for form in (adversarial.binary_cross_entropy, adversarial.clamped_cross_entropy):
        with tf.GradientTape() as tape:
            tape.watch(values)
            parts = tf.stack([form(values[i : i + 1], target) for i in range(5)])
        losses.append(parts.numpy())
        gradients.append(tape.gradient(parts, values).numpy())
    wrong = 4 if target else 3  # the logit that is far on the wrong side
    same = [i for i in range(5) if i != wrong]
    np.testing.assert_allclose(losses[0][same], losses[1][same], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradients[0][same], gradients[1][same], rtol=1e-4, atol=1e-6)
    assert losses[0][wrong] == 200 and losses[1][wrong] == 100
    assert abs(gradients[0][wrong]) == 1 and gradients[1][wrong] == 0
