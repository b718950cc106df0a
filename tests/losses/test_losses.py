"""The other losses compared with plain formulas."""

import numpy as np
import tensorflow as tf

from zoo.losses import adversarial, damsm
from zoo.losses.kl import kl_to_standard_normal

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def log_sigmoid(x):
    return -np.log1p(np.exp(-x))


def test_binary_cross_entropy_of_logits():
    logits = normal(5)
    real, fake = (float(adversarial.binary_cross_entropy(logits, t)) for t in (1, 0))
    np.testing.assert_allclose(real, -log_sigmoid(logits).mean(), rtol=1e-5)
    np.testing.assert_allclose(fake, -log_sigmoid(-logits).mean(), rtol=1e-5)
    extreme = tf.constant([1e4, -1e4])
    assert np.isfinite(float(adversarial.binary_cross_entropy(extreme, 1)))


def test_discriminator_weights_with_and_without_the_unconditional_head():
    c, u, fake_c, fake_u, wrong = (tf.constant(normal(4)) for _ in range(5))

    def bce(x, target):
        return float(adversarial.binary_cross_entropy(x, target))

    fake = {"conditional": fake_c, "unconditional": fake_u}
    joint = adversarial.matching_aware_discriminator_loss(
        {"conditional": c, "unconditional": u}, wrong, [fake, fake]
    )
    want = (bce(c, 1) + bce(u, 1)) / 2
    want += (2 * bce(fake_c, 0) + 2 * bce(fake_u, 0) + bce(wrong, 0)) / 3
    np.testing.assert_allclose(joint, want, rtol=1e-5)
    alone = adversarial.matching_aware_discriminator_loss(
        {"conditional": c}, wrong, [{"conditional": fake_c}]
    )
    want = bce(c, 1) + (bce(fake_c, 0) + bce(wrong, 0)) / 2
    np.testing.assert_allclose(alone, want, rtol=1e-5)


def test_kl_is_zero_at_the_standard_normal():
    assert float(kl_to_standard_normal(np.zeros((2, 3)), np.zeros((2, 3)))) == 0
    np.testing.assert_allclose(
        kl_to_standard_normal(np.full((2, 3), 2.0), np.zeros((2, 3))), 2.0, rtol=1e-6
    )


def test_matching_prefers_the_own_caption_and_ignores_equal_labels():
    similarities = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]], "float32")
    rows, columns = damsm.matching_losses(similarities)
    np.testing.assert_allclose(rows, columns, rtol=1e-6)
    merged, _ = damsm.matching_losses(similarities, np.array([5, 5, 6]))
    assert float(merged) < float(rows) / 10
    shuffled, _ = damsm.matching_losses(similarities[[1, 2, 0]])
    assert float(shuffled) > float(rows)


def test_padded_words_do_not_matter():
    regions, words = normal(3, 2, 2, 4), normal(3, 5, 4)
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], bool)
    changed = np.where(mask[..., None], words, 100.0).astype("float32")
    a, b = (damsm.word_similarities(regions, w, tf.constant(mask)) for w in (words, changed))
    np.testing.assert_allclose(a, b, rtol=1e-5)


def test_half_precision_inputs_are_computed_in_float32():
    half = tf.cast(normal(3, 2, 2, 4), tf.bfloat16)
    result = damsm.word_similarities(
        half, tf.cast(normal(3, 5, 4), tf.bfloat16), tf.ones([3, 5], bool)
    )
    assert result.dtype == tf.float32
