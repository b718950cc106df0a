"""Each PyTorch reference computes the losses and the update of the zoo's system, in float64."""

import numpy as np
import pytest
import tensorflow as tf

from tests.benchmarks import machine
from tests.support import tiny, tiny_images, tiny_systems
from tests.support.precision import computing_in

pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e .[benchmark]")
if machine.installed("triton"):
    reason = "triton crashes after TensorFlow: install PyTorch for CPUs, which has none"
    pytest.skip(reason, allow_module_level=True)

import torch

from tests.benchmarks.torch_reference import references

SIZE = 4
BATCHES = {
    "dcgan": lambda: tiny_systems.labels.batch(0, SIZE),
    "pix2pix": lambda: tiny_images.batch(0, count=2),
    "bicyclegan": lambda: tiny_images.batch(0, count=SIZE),
    "stackgan_v2": lambda: tiny.batch(0, SIZE, mismatched=True),
    "xmc_gan": lambda: tiny_systems.xmc.batch(size=SIZE),
    "drit": lambda: tiny_systems.tiny_drit.batch(0, SIZE),
}
# Settings of the compared models: what a reference does not have is off.
WITHOUT = {
    "bicyclegan": {"latent_step": "joint"}, "xmc_gan": {"image_network": None, "ema_warmup": True},
    "drit": {"full_step_every": 1}, "stackgan_v2": {"color_weight": 0.0},
}


def batch_of(system):
    """The batch in float64, as arrays."""
    def array(value):
        value = np.array(value)
        return value.astype("float64") if value.dtype == "float32" else value

    return tf.nest.map_structure(array, BATCHES.get(system, lambda: tiny.batch(0, SIZE))())


@pytest.mark.parametrize("seeking", [0.0, 1.0])
@pytest.mark.parametrize("system", references.NAMES)
def test_one_iteration_is_the_same(system, seeking, monkeypatch):
    torch.manual_seed(0)
    batch = batch_of(system)
    with computing_in("float64"):
        settings = {**WITHOUT.get(system, {}), "mode_seeking_weight": seeking}
        model = tiny_systems.SYSTEMS[system].make(**settings)
        theirs = references.make(system, model, dtype=torch.float64)
        assert theirs.distance(model)[0] == 0.0
        tensors = theirs.prepare(batch)
        theirs.as_zoo = True
        noise = theirs.draw(tensors)
        references.give_noise(model, {k: v.numpy() for k, v in noise.items()}, monkeypatch)
        losses = model.train_step(tf.nest.map_structure(tf.constant, batch))
    expected = theirs.train_step(tensors, noise)
    assert len(expected) >= 4
    for name, value in expected.items():
        np.testing.assert_allclose(float(losses[name]), value, rtol=1e-7, atol=1e-9, err_msg=name)
    distance, name = theirs.distance(model)
    print(system, seeking, distance, name)
    assert distance < 1e-7, name  # Adam moves a weight by 2e-4
    distance, name = theirs.gradient_distance(model)
    assert distance < 1e-7, name


@pytest.mark.parametrize("system", references.NAMES)
def test_every_variant_trains_and_generates(system):
    model = tiny_systems.SYSTEMS[system].make(**WITHOUT.get(system, {}))
    batch = tf.nest.map_structure(np.array, BATCHES.get(system, lambda: tiny.batch(0, SIZE))())
    for bfloat16, channels_last in ((False, True), (True, False)):
        theirs = references.make(system, model, bfloat16=bfloat16, channels_last=channels_last)
        losses = theirs.train_step(theirs.prepare(batch))
        assert all(np.isfinite(value) for value in losses.values())
        conditions = tiny_systems.SYSTEMS[system].condition
        images = theirs.generate(conditions)
        assert images.shape == model.generate(conditions).shape and images.dtype == np.uint8


def test_a_reference_without_the_image_encoder_only_generates():
    model = tiny.attn_gan(image_encoder={**tiny.IMAGE, "kind": "residual"})
    theirs = references.make("attn_gan", model)
    theirs.forget()
    assert not theirs.trains and "image_encoder" not in theirs.networks
    assert theirs.generate(["a red circle"]).shape == (1, 32, 32, 3)
