"""DAMSM as a system."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.errors import ZooError
from zoo.models.damsm.damsm import retrieval_accuracy


def test_training_lowers_the_loss_of_a_repeated_batch():
    model = tiny.damsm(dropout=0.0)
    model.compile(keras.optimizers.Adam(0.002, 0.5))
    step = tf.function(model.train_step, autograph=False)
    losses = []
    for _ in range(15):
        model.reset_metrics()
        losses.append(float(step(tiny.batch())["loss"]))
    assert losses[-1] < 0.5 * losses[0]


def test_dropout_follows_the_iteration():
    model = tiny.damsm()
    tokens = tiny.batch()["tokens"]
    first, again = model.dropout_mask(tokens), model.dropout_mask(tokens)
    model.iteration.assign(1)
    np.testing.assert_array_equal(first, again)
    assert (np.array(first) != np.array(model.dropout_mask(tokens))).any()
    assert set(np.unique(first)) == {0.0, 2.0}


def test_official_schedule_resets_adam_and_lowers_the_rate_each_epoch():
    model = tiny.damsm(steps_per_epoch=2)
    model.compile(keras.optimizers.Adam(0.002, 0.5))
    step, rates, iterations = model.train_step, [], []
    for i in range(5):
        step(tiny.batch(i))
        rates.append(float(model.damsm_optimizer.learning_rate))
        iterations.append(int(model.damsm_optimizer.iterations))
    np.testing.assert_allclose(rates, np.array([1, 1, 0.98, 0.98, 0.98**2]) * 0.002, rtol=1e-6)
    assert iterations == [1, 2, 1, 2, 1]
    model.iteration.assign(2 * 100_000)
    step(tiny.batch())
    floor = float(model.damsm_optimizer.learning_rate)
    assert 0.98 * 2e-4 < floor <= 2e-4  # multiplied while above the floor, so once below it


def test_retrieval_accuracy():
    codes = np.eye(4, dtype="float32")
    assert float(retrieval_accuracy({"code": codes}, {"sentence": codes})) == 1
    assert float(retrieval_accuracy({"code": codes}, {"sentence": codes[::-1].copy()})) == 0


def test_the_schedule_keeps_the_loss_scale():
    model = tiny.damsm(steps_per_epoch=2, dtype="mixed_float16")
    before = tiny.snapshot(model.network_variables())
    for i in range(3):
        model.train_step(tiny.batch(i))
    assert float(model.damsm_optimizer.dynamic_scale) > 0
    assert int(model.damsm_optimizer.inner_optimizer.iterations) <= 1
    trained = {n: v for n, v in model.network_variables().items() if v.trainable}
    assert any((before[name] != v.numpy()).any() for name, v in trained.items())


def test_without_a_norm_nothing_is_clipped():
    results = []
    for norm in (None, 1e9):
        model = tiny.damsm(clip_norm=norm)
        model.train_step(tiny.batch())
        results.append(tiny.snapshot(model.network_variables()))
    for name, value in results[0].items():
        np.testing.assert_allclose(value, results[1][name], rtol=1e-5, atol=1e-6)


def test_conditions_without_words_are_refused():
    text = {"kind": "embeddings", "features": 16}
    for make in (tiny.damsm, tiny.attn_gan):
        with pytest.raises(ZooError, match="reads words: expected a vocabulary.*'embeddings'"):
            make(vocabulary=None, text_encoder=text)
    with pytest.raises(ZooError, match="`features` of a recurrent text encoder must be an even"):
        tiny.damsm(text_encoder={**tiny.TEXT, "features": 7})
