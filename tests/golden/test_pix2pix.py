"""Golden parity of Pix2Pix's losses and of whole iterations, with and without mode seeking.

`preprocess_aligned` belongs to the tests of the data.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden import paired_images as paired
from tests.golden import rounding
from tests.golden.golden import Case, nchw, nhwc, tensor
from tests.golden.iteration import record
from zoo.importers import pix2pix as names
from zoo.importers.state_dict import prefixed
from zoo.losses.least_squares import least_squares, over_scales
from zoo.losses.mode_seeking import mode_seeking_loss
from zoo.models.pix2pix import Pix2Pix, pix2pix
from zoo.models.pix2pix.networks import l1_distance

VARIANTS = {
    "iteration_ms": {"mode_seeking_weight": 1.0},
    "iteration_two_sample_no_ms": {"always_two_samples": True},
    "iteration_one_sample": {},
}


def targets_of(model):
    return prefixed("G.", names.u_net_targets(model.generator)) | prefixed(
        "D.", names.discriminator_targets(model.discriminator)
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_iteration(precision, name):
    rounding.check(Case("pix2pix", name), check_iteration)


def check_iteration(case, monkeypatch):
    name = case.name
    model = Pix2Pix(**paired.sizes(case), **VARIANTS[name])
    targets = paired.compiled(case, model, targets_of)
    latents = np.concatenate([case.inputs[f"z{i + 1}"] for i in range(model.latents_per_condition)])
    unused = paired.give_noise(model, monkeypatch, latents=latents)
    steps = paired.record_steps(model, monkeypatch)
    images = record(pix2pix, "translate", monkeypatch)
    losses = model.training_step(paired.batch_of(case))

    assert not unused
    assert [step for step, _ in steps] == ["generator_optimizer", "discriminator_optimizer"]
    for official, ours in (
        ("loss_G_GAN", "adversarial_loss"),
        ("loss_G_L1", "l1_loss"),
        ("loss_ms", "mode_seeking"),
        ("loss_G", "generator_loss"),
        ("loss_D", "discriminator_loss"),
    ):
        if official in case.outputs:
            case.check(official, losses[ours])
    if "fake1" in case.outputs:
        case.check("fake1", nchw(np.split(images[0].numpy(), model.latents_per_condition)[0]))
    for _, gradients in steps:
        paired.check_gradients(case, targets, gradients)
    paired.check_after(case, targets, steps)
    case.check_all_seen()


def test_losses(precision):
    case = Case("pix2pix", "losses")
    i = case.inputs
    scales = len(case.meta["config"]["maps"])

    def adversarial(kind, target):
        maps = [tensor(nhwc(i[f"{kind}_map{s}"])) for s in range(scales)]
        return over_scales(least_squares, maps, target)

    fakes, real = (adversarial("fake1", 0), adversarial("fake2", 0)), adversarial("real", 1)
    case.check("loss_D_fake1", fakes[0])
    case.check("loss_D_fake2", fakes[1])
    case.check("loss_D_real", real)
    case.check("loss_D", fakes[0] + fakes[1] + 2 * real)
    gan = adversarial("fake1", 1) + adversarial("fake2", 1)
    case.check("loss_G_GAN", gan)
    images = [tensor(nhwc(i[f"fake_image{k}"])) for k in (1, 2)]
    latents = [tensor(i[f"z{k}"]) for k in (1, 2)]
    model = Pix2Pix(image_size=64, generator_filters=1, discriminator_filters=1)
    with tf.GradientTape() as tape:
        tape.watch(images)
        l1 = model.l1_weight * l1_distance(images[0], tensor(nhwc(i["real_image"])))
        seeking = mode_seeking_loss(*images, *latents)
        total = l1 + seeking
    case.check("loss_G_L1", l1)
    case.check("loss_ms", seeking)
    case.check("loss_G", gan + total)
    for k, gradient in enumerate(tape.gradient(total, images)):
        case.check(f"grad_fake_image{k + 1}", nchw(gradient))
    case.check_all_seen()
