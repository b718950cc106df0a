"""Golden parity of two complete iterations of StackGAN-v2 in each of its forms.

Everything is compared in float64. In float32 only the values before the first update are compared:
another order of summation changes an image of 256 pixels by up to 5e-4, which can flip a LeakyReLU
of the tiny discriminators and so change their gradients by some percent, and everything after them.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden import rounding
from tests.golden.golden import Case, nhwc, tensor
from tests.golden.iteration import (
    check_gradients,
    check_state,
    exact_adam,
    record,
    record_updates,
    state_tolerances,
)
from tests.support.precision import variants
from zoo.importers import stackgan_v2 as names
from zoo.importers.state_dict import load_state_dict, prefixed
from zoo.models.stackgan_v2 import StackGANV2

CASES = {  # the form of the discriminators' outputs
    "iter_ms": "logits",
    "iter_plain": "probabilities",
    "iter_plain_branch1_nouncond": "probabilities",
    "iter_uncond_color": "logits",
}


def model_of(case, form):
    """The system of the official configuration, compiled and loaded, with its targets."""
    config, sizes = case.meta["config"], [v.shape[-1] for v in real_images(case)]
    conditional = config.get("B_CONDITION", True)
    text = {"kind": "embeddings", "features": config["TEXT_DIMENSION"]}
    blocks = {k.split(".")[3] for k in case.params if k.startswith("netG.h_net2.residual.")}
    model = StackGANV2(
        text_encoder=text if conditional else {"kind": "none"},
        stage_sizes=sizes,
        generator_filters=config["GF_DIM"],
        discriminator_filters=config["DF_DIM"],
        residual_blocks=len(blocks),
        latent_dim=config["Z_DIM"],
        condition_dim=config["EMBEDDING_DIM"],
        unconditional_weight=config.get("UNCOND_LOSS", 1.0),
        color_weight=config.get("COLOR_LOSS", 0.0),
        mode_seeking_weight=config.get("MS_LOSS", 1.0) if "noise_2_it1" in case.inputs else 0.0,
        adversarial_form=form,
        ema_statistics="current",
    )
    model.compile(
        **{
            name: exact_adam(2e-4, 0.5, 0.999, epsilon=1e-8)
            for name in ("generator_optimizer", "discriminator_optimizer")
        }
    )
    targets = prefixed("netG.", names.generator_targets(model.generator))
    for i, discriminator in enumerate(model.discriminators):
        targets |= prefixed(f"netD{i}.", names.discriminator_targets(discriminator))
    absent = unused(case)
    load_state_dict(targets, {k: v for k, v in case.params.items() if k not in absent})
    model.ema.reset()
    return model, targets


def unused(case):
    """Parameters without gradient: the head that this task does not use, which is absent here."""
    return {
        f"{net}.{name}"
        for net, members in case.meta["param_names"].items()
        for name, norm in zip(members, case.outputs[f"grad_l2/{net}"], strict=True)
        if np.isnan(norm)
    }


def real_images(case, kind="real"):
    return [case.inputs[f"{kind}{i}"] for i in range(case.meta["config"]["BRANCH_NUM"])]


def batch_of(case):
    count = len(case.inputs["real0"])
    batch = {"labels": tf.range(count, dtype=tf.int64)}
    batch["images"] = tuple(tensor(nhwc(x)) for x in real_images(case))
    if "txt_embedding" in case.inputs:
        batch["sentence"] = tensor(case.inputs["txt_embedding"])
        batch["mismatched_images"] = tuple(tensor(nhwc(x)) for x in real_images(case, "wrong"))
    return batch


def noise_of(case, iteration):
    latents = [k for k in (f"noise_{iteration}", f"noise_2_{iteration}") if k in case.inputs]
    latents = np.concatenate([case.inputs[k] for k in latents])
    condition = case.inputs.get(f"eps_{iteration}", np.zeros((len(latents), 0)))
    return {"latents": tensor(latents), "condition": tensor(condition)}


@pytest.mark.parametrize(("precision", "name"), variants(CASES, both=0), indirect=["precision"])
def test_two_iterations(precision, name):
    case, form = Case("stackgan_v2", name), CASES[name]
    state_tolerances(case)
    rounding.check(
        case,
        lambda case, monkeypatch: check_two_iterations(case, monkeypatch, precision, form),
    )


def check_two_iterations(case, monkeypatch, precision, form):
    model, targets = model_of(case, form)
    batch = batch_of(case)
    gradients = record_updates(model, monkeypatch)
    terms = record(model, "cross_entropy", monkeypatch)
    errors = record(model, "discriminator_loss", monkeypatch)
    outputs = record(model.generator, "call", monkeypatch)
    for iteration in ("it1", "it2"):
        given = noise_of(case, iteration)
        monkeypatch.setattr(model, "noise", lambda stream, *shape, given=given: given[stream])
        for recorded in (terms, errors, outputs):
            recorded.clear()
        losses = model.training_step(batch)
        if iteration == "it1":
            check_images(case, outputs[0]["images"])
        check_discriminator_losses(case, iteration, model, terms, errors)
        if precision == "float32":
            return
        check_generator_losses(case, iteration, model, losses, terms)
        if iteration == "it1":
            check_gradients(case, targets, gradients)
            check_changes(case, targets, model)
    case.check_all_seen()


def check_changes(case, targets, model):
    """The state after a step; parameters without gradient are unchanged."""
    check_state(case, targets, prefixed("netG.", names.generator_targets(model.ema_generator)))
    for name in unused(case):
        if f"after/{name}" in case.outputs:
            case.check(f"after/{name}", case.params[name])


def count_of_generator_terms(model):
    heads = model.discriminators[0].conditional + model.discriminators[0].unconditional
    return len(model.discriminators), model.latents_per_condition, heads


def check_discriminator_losses(case, iteration, model, terms, errors):
    counts = count_of_generator_terms(model)
    of_discriminators = np.array(terms)[: -np.prod(counts)]
    for i, own in enumerate(np.split(of_discriminators, counts[0])):
        case.check(f"{iteration}/bce_D{i}", own)
    case.check(f"{iteration}/errD", np.array(errors))


def check_generator_losses(case, iteration, model, losses, terms):
    counts = count_of_generator_terms(model)
    # ours: each sample's heads; the official order: each head's samples
    own = np.array(terms)[-np.prod(counts) :].reshape(counts).transpose(0, 2, 1)
    case.check(f"{iteration}/bce_G", own.reshape(-1))
    for official, ours in (
        ("errG_total", "generator_loss"),
        ("kl_loss", "kl_loss"),
        ("ms_loss", "mode_seeking"),
    ):
        if f"{iteration}/{official}" in case.outputs:
            case.check(f"{iteration}/{official}", losses[ours][None])


def check_images(case, images):
    for i, value in enumerate(images):
        value = np.asarray(value, "float64")
        case.check(f"it1/fake_img{i + 1}_mean", value.mean((1, 2)))
        case.check(f"it1/fake_img{i + 1}_std", value.std((1, 2)))
