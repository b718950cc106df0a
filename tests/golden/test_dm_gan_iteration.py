"""Golden parity of a complete DM-GAN iteration, without and with mode seeking.

Everything is compared in float64, the precision of the cases. In float32 only the forward pass is
compared: without batch norm in the discriminators some of the many activations are so close to the
kink of the LeakyReLU that the order of a sum decides their slope, and with it a gradient.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden import rounding
from tests.golden.damsm_guided import Iteration, check_single_sample
from tests.golden.golden import Case, nchw, nhwc, tensor
from tests.golden.iteration import check_matching, dense
from tests.support.precision import FLOAT64
from zoo.importers import dm_gan as names
from zoo.losses.kl import kl_to_standard_normal
from zoo.losses.mode_seeking import mode_seeking_distances, mode_seeking_loss
from zoo.models.dm_gan import DMGAN


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_train_iteration(precision):
    """In float32 the iteration with mode seeking includes this one."""

    def body(case, monkeypatch):
        iteration = Iteration(case, monkeypatch, DMGAN, names)
        check_single_sample(iteration, gradients=precision == "float64")

    rounding.check(Case("dm_gan", "train_iteration"), body)


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_train_iteration_with_mode_seeking(precision):
    rounding.check(
        Case("dm_gan_ms", "train_iteration_ms"),
        lambda case, monkeypatch: check_mode_seeking(case, monkeypatch, precision),
    )


def check_mode_seeking(case, monkeypatch, precision):
    iteration = Iteration(
        case, monkeypatch, DMGAN, names, mode_seeking_weight=case.meta["ms_lambda"]
    )
    iteration.check(gradients=precision == "float64")
    losses, model = iteration.losses, iteration.model
    (text,), weight = iteration.texts, model.damsm_weight
    mus, log_vars = (tf.split(iteration.outputs[name], 2) for name in ("mu", "log_var"))
    terms = iteration.terms[-2 * 2 * len(model.discriminators) :]  # G's, one half after the other
    for i, image in enumerate(iteration.encoded):
        prefix = f"half{i + 1}/"
        check_matching(case, text, image, iteration.order, prefix)
        adversarial = sum(np.split(np.array(terms), 2)[i])
        matching = sum(case.outputs[f"{prefix}{k}_loss{j}"] for k in "ws" for j in (0, 1))
        case.check(f"{prefix}errG", adversarial + weight * matching)
        case.check(f"kl{i + 1}", kl_to_standard_normal(mus[i], log_vars[i]))
    case.check("ms_loss", losses["mode_seeking"])
    case.check("lz", losses["image_distance"] / losses["latent_distance"])
    if precision == "float64":
        check_gradients_of_the_term_alone(case, iteration)
        case.check_all_seen()


def check_gradients_of_the_term_alone(case, iteration):
    """`grad_ms_norm`: from the weights before the step, on the same inputs."""
    model, targets = iteration.model, iteration.targets
    generator = {n: t for n, t in targets.items() if f"grad_ms_norm/{n}" in case.outputs}
    for target in targets.values():
        target.variable.assign(iteration.before[target.variable.path])
    (text,) = iteration.texts
    inputs = {name: tf.concat([value] * 2, axis=0) for name, value in text.items()}
    inputs["latents"] = model.noise("latents")
    inputs["noise"] = model.noise("condition")
    with tf.GradientTape() as tape:
        images = model.generator(inputs, training=True)["images"][-1]
        term = model.mode_seeking_term(images, inputs["latents"])["mode_seeking"]
    variables = [t.variable.value for t in generator.values()]
    gradients = tape.gradient(term, variables, unconnected_gradients="zero")
    for (name, target), gradient in zip(generator.items(), gradients, strict=True):
        norm = np.linalg.norm(target.to_official(dense(gradient)))
        case.check(f"grad_ms_norm/{name}", norm)


def test_mode_seeking_term(precision):
    case = Case("dm_gan_ms", "ms_term")
    i = case.inputs
    images = [tensor(nhwc(i["img1"])), tensor(nhwc(i["img2"]))]
    latents = [tensor(i["z1"]), tensor(i["z2"])]
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = mode_seeking_loss(*images, *latents, epsilon=case.meta["eps"])
    image_distance, latent_distance = mode_seeking_distances(*images, *latents)
    case.check("lz", image_distance / latent_distance)
    for weight in case.meta["lambdas"]:
        case.check(f"loss_lambda{weight:g}", weight * loss)
    for i, gradient in enumerate(tape.gradient(loss, images)):
        case.check(f"grad_img{i + 1}", nchw(gradient))
    with tf.GradientTape() as tape:
        tape.watch(images)
        same = mode_seeking_loss(images[0], tf.identity(images[0]), *latents)
    case.check("same/loss", same)
    case.check("same/grad_img1_absmax", tf.reduce_max(tf.abs(tape.gradient(same, images[0]))))
    case.check_all_seen()
