"""The contrastive losses: masks, zeros, precision, and their minimum."""

import numpy as np
import tensorflow as tf

from zoo.losses import contrastive

RNG = np.random.default_rng(0)


def normal(*shape, dtype="float64"):
    return tf.constant(RNG.normal(size=shape), dtype)


def test_a_match_by_hand():
    logits = np.array([[2.0, 1.0], [3.0, 0.0]])
    found = contrastive.match(tf.constant(logits))

    def row(own, other):
        return np.log(1 + np.exp(other - own))

    expected = (row(2, 1) + row(0, 3)) / 2 + (row(2, 3) + row(0, 1)) / 2
    np.testing.assert_allclose(found["loss"], expected, rtol=1e-12)
    np.testing.assert_allclose(found["accuracy"], (1 / 2 + 0 / 2) / 2)


def test_the_loss_is_least_where_the_pairs_match():
    a = normal(5, 8)
    same, shifted = contrastive.contrastive_loss(a, 3 * a), contrastive.contrastive_loss(
        a, tf.roll(a, 1, 0)
    )
    assert same["loss"] < shifted["loss"] and same["accuracy"] == 1 and shifted["accuracy"] == 0


def test_one_pair_has_no_negatives():
    assert contrastive.contrastive_loss(normal(1, 4), normal(1, 4))["loss"] == 0
    regions, words, mask = normal(1, 4, 8), normal(1, 3, 8), tf.constant([[True, True, False]])
    assert contrastive.word_loss(regions, words, mask)["loss"] == 0


def test_masked_words_add_nothing_exactly():
    """The loss and the gradients are bit-exact whatever their values."""
    regions, words = normal(3, 2, 2, 8), normal(3, 4, 8)
    mask = tf.constant([[True] * 4, [True, False, False, False], [True, True, True, False]])
    for other in (tf.zeros_like(words), 1e8 * tf.ones_like(words)):
        losses, gradients = [], []
        for given in (words, tf.where(mask[..., None], words, other)):
            with tf.GradientTape() as tape:
                tape.watch([regions, given])
                losses.append(contrastive.word_loss(regions, given, mask)["loss"])
            gradients.append(tape.gradient(losses[-1], [regions, given]))
        assert losses[0] == losses[1]
        for a, b in zip(*gradients, strict=True):
            np.testing.assert_array_equal(a, b)
        assert not np.any(np.asarray(gradients[0][1])[~mask.numpy()])


def test_vectors_of_zeros_have_finite_losses_and_gradients():
    regions, words, zero = tf.zeros([2, 4, 8]), tf.zeros([2, 3, 8]), tf.zeros([2, 8])
    mask = tf.constant([[True, True, False]] * 2)
    with tf.GradientTape() as tape:
        tape.watch([regions, words, zero])
        loss = contrastive.word_loss(regions, words, mask)["loss"]
        loss += contrastive.contrastive_loss(zero, zero)["loss"]
    assert np.isfinite(loss)
    assert all(np.isfinite(g).all() for g in tape.gradient(loss, [regions, words, zero]))


def test_a_caption_is_as_long_as_its_words():
    """Similarity is a mean of the kind log-sum-exp, so a repeated word raises it by log 2 / 5."""
    regions, word = normal(1, 4, 8), normal(1, 1, 8)
    twice = tf.concat([word, word], axis=1)
    one = contrastive.word_similarities(regions, word, tf.ones([1, 1], tf.bool))
    two = contrastive.word_similarities(regions, twice, tf.ones([1, 2], tf.bool))
    np.testing.assert_allclose(two - one, np.log(2) / 5, rtol=1e-9)


def test_bfloat16_is_computed_in_float32():
    a, b = (tf.cast(normal(4, 8), tf.bfloat16) for _ in range(2))
    found = contrastive.contrastive_loss(a, b)
    assert all(value.dtype == tf.float32 for value in found.values())
    exact = contrastive.contrastive_loss(tf.cast(a, tf.float32), tf.cast(b, tf.float32))
    assert found["loss"] == exact["loss"]
