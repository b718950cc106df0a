"""The PyTorch comparison computes what the zoo computes."""

import numpy as np
import pytest
import tensorflow as tf

from tests.benchmarks import machine

pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e .[benchmark]")
if machine.installed("triton"):
    reason = "triton crashes after TensorFlow: install PyTorch for CPUs, which has none"
    pytest.skip(reason, allow_module_level=True)

import torch

from tests.benchmarks import subjects
from tests.benchmarks.settings import captions_of, make_batch, quick
from tests.benchmarks.torch_reference.attn_gan import TorchAttnGAN, copy_weights, weights

SETTINGS = quick()


@pytest.fixture(scope="module")
def pair():
    """The zoo's model and a PyTorch one with the same weights."""
    ours = subjects.zoo_model(SETTINGS)
    theirs = TorchAttnGAN(SETTINGS)
    for name, network in theirs.networks.items():
        prefix = f"{name}/"
        copy_weights(network, [
            np.array(v) for k, v in ours.network_variables().items() if k.startswith(prefix)
        ])
    return ours, theirs


def test_same_number_of_weights_in_each_network(pair):
    ours, theirs = pair
    counts = {n: sum(t.numel() for t in weights(m).values()) for n, m in theirs.networks.items()}
    assert counts == subjects.zoo_counts(ours)


def test_one_iteration_is_the_same(pair, monkeypatch):
    ours, theirs = pair
    batch = make_batch(SETTINGS)
    draws = {
        "latents": np.random.default_rng(1).normal(size=(SETTINGS.batch_size, SETTINGS.latent_dim)),
        "condition": np.random.default_rng(2).normal(
            size=(SETTINGS.batch_size, SETTINGS.condition_dim)
        ),
    }
    draws = {name: value.astype("float32") for name, value in draws.items()}
    monkeypatch.setattr(ours, "noise", lambda stream, *_, **__: tf.constant(draws[stream]))
    losses = tf.function(ours.training_step, autograph=False)(
        tf.nest.map_structure(tf.constant, batch)
    )
    expected = theirs.train_step(
        theirs.prepare(batch), *(torch.from_numpy(draws[n]) for n in ("latents", "condition"))
    )
    for name, value in expected.items():
        np.testing.assert_allclose(float(losses[name]), value, rtol=2e-4, err_msg=name)
    for name, network in theirs.networks.items():  # Adam moves each weight by about its rate
        mine = [np.array(v) for k, v in ours.network_variables().items()
                if k.startswith(f"{name}/")]
        copied = TorchAttnGAN(SETTINGS).networks[name]
        copy_weights(copied, mine)
        distance = [
            float((a - b).abs().mean())
            for a, b in zip(weights(copied).values(), weights(network).values(), strict=True)
        ]
        assert np.mean(distance) < 2e-5, name


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("bfloat16", [False, True])
def test_every_variant_trains_and_generates(bfloat16, channels_last):
    model = TorchAttnGAN(SETTINGS, bfloat16, channels_last)
    batch = make_batch(SETTINGS)
    losses = model.train_step(model.prepare(batch))
    assert all(np.isfinite(value) for value in losses.values())
    images = model.generate(captions_of(SETTINGS, batch))
    assert images.shape == (SETTINGS.batch_size, 32, 32, 3) and images.dtype == np.uint8
