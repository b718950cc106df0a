"""Golden parity of two complete MirrorGAN iterations: words, images, losses, gradients, steps.

Gradients have the case's own bounds: kinks of the captioning network's ReLUs and pools flip with
rounding. So they are compared in float64, and the first step's forward pass in float32 too.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden import rounding
from tests.golden.golden import Case, nchw, nhwc, tensor
from tests.golden.iteration import (
    check_gradients,
    check_state,
    exact_adam,
    record,
    record_updates,
    state_tolerances,
)
from tests.golden.test_mirror_gan_captions import packed
from tests.golden.test_mirror_gan_discriminators import official_order
from tests.support.precision import FLOAT64
from zoo.importers import mirror_gan as names
from zoo.importers.state_dict import load_state_dict, prefixed
from zoo.losses import adversarial
from zoo.losses.caption import caption_loss
from zoo.models.mirror_gan import MirrorGAN

EMA = 0.999  # of the official trainer


def system_of(case):
    """(the system of the official configuration, compiled and loaded; its targets)."""
    config, p, i = case.meta["config"], case.params, case.inputs
    tokens, embedding = p["text_encoder.encoder.weight"].shape
    images = [k for k in i if k.startswith("real")]
    model = MirrorGAN(
        vocabulary=["<end>", *(str(n) for n in range(1, tokens))],
        max_words=i["captions"].shape[1],
        text_encoder={"features": config["EMBEDDING_DIM"], "embedding_dim": embedding},
        stage_sizes=[i[k].shape[-1] for k in images],
        generator_filters=config["GF_DIM"],
        discriminator_filters=config["DF_DIM"],
        residual_blocks=len({k.split(".")[3] for k in p if k.startswith("netG.h_net2.residual.")}),
        latent_dim=config["Z_DIM"],
        condition_dim=i["eps_it1"].shape[1],
        captioner={
            "units": p["caption_rnn.lstm.weight_hh_l0"].shape[1],
            "encoder": {
                "features": config["embed"],
                "blocks": config["resnet_layers"],
                "filters": config["resnet_base"],
            },
        },
        caption_weight=config["LAMBDA1"],
        mask_tiling="official",
        ema_decay=EMA,
        ema_statistics="current",
    )
    adam = {
        name: exact_adam(2e-4, 0.5, 0.999, epsilon=1e-8)
        for name in ("generator_optimizer", "discriminator_optimizer")
    }
    model.compile(**adam)
    targets = prefixed("text_encoder.", names.text_encoder_targets(model.text_encoder))
    targets |= prefixed("caption_cnn.", names.caption_encoder_targets(model.captioner.encoder))
    targets |= prefixed("caption_rnn.", names.caption_decoder_targets(model.captioner.decoder))
    targets |= prefixed("netG.", names.generator_targets(model.generator))
    for n, discriminator in enumerate(model.discriminators):
        targets |= prefixed(f"netD{n}.", names.discriminator_targets(discriminator))
    load_state_dict(targets, case.param())
    model.ema.reset()
    batch = {
        "images": tuple(tensor(nhwc(i[k])) for k in images),
        "tokens": tf.constant(i["captions"], tf.int32),
        "lengths": tf.constant(i["cap_lens"], tf.int32),
        "labels": tf.range(len(i["captions"]), dtype=tf.int64),
    }
    return model, targets, batch


class Run:
    """The system and the values of its latest step: `terms`, `discriminator_losses`, `texts`,
    `logits` of the captioner, `outputs` of the generator, `gradients`, `losses`."""

    def __init__(self, case, monkeypatch):
        self.case = case
        self.model, self.targets, self.batch = system_of(case)
        self.gradients = record_updates(self.model, monkeypatch)
        monkeypatch.setattr(self.model, "noise", lambda stream, *shape: self.noise[stream])
        self.terms = record(adversarial, "binary_cross_entropy", monkeypatch)
        self.discriminator_losses = record(self.model, "discriminator_loss", monkeypatch)
        self.texts, self.logits, self.outputs = (
            record(getattr(self.model, name), "call", monkeypatch)
            for name in ("text_encoder", "captioner", "generator")
        )

    def step(self, number):
        i = self.case.inputs
        self.noise = {
            "latents": tensor(i[f"noise_it{number}"]),
            "condition": tensor(i[f"eps_it{number}"]),
        }
        seen = (self.terms, self.discriminator_losses, self.texts, self.logits, self.outputs)
        for results in seen:
            results.clear()
        self.losses = self.model.training_step(self.batch)

    def values(self, number):
        """dict of the values that the case has for each iteration, by name."""
        count = len(self.model.discriminators)
        each = (len(self.terms) - 2 * count) // count
        losses, weight = self.losses, self.model.caption_weight
        prefix = f"it{number}/"
        values = {
            f"{prefix}bce_D{n}": official_order(self.terms[each * n : each * (n + 1)])
            for n in range(count)
        }
        return values | {
            f"{prefix}errD": np.array(self.discriminator_losses),
            f"{prefix}bce_G": np.array(self.terms[each * count :]),
            f"{prefix}cap_loss_unweighted": [losses["caption_loss"] / weight],
            f"{prefix}kl_loss": [losses["kl_loss"]],
            f"{prefix}errG_total": [losses["generator_loss"]],
        }


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_iterations(precision):
    case = Case("mirrorgan", "iter_full")
    state_tolerances(case)
    rounding.check(
        case, lambda case, monkeypatch: check_iterations(case, monkeypatch, precision)
    )


def check_iterations(case, monkeypatch, precision):
    run = Run(case, monkeypatch)
    run.step(1)
    check_forward(case, run)
    if precision == "float32":
        return
    check_gradients(case, run.targets, run.gradients)
    averages = names.generator_targets(run.model.ema_generator)
    check_state(case, run.targets, prefixed("netG.", averages))
    run.step(2)
    for name, value in run.values(2).items():
        case.check(name, value)
    case.check_all_seen()


def check_forward(case, run):
    (text,), (logits,), (outputs,) = run.texts, run.logits, run.outputs
    longest = case.outputs["mask"].shape[1]
    case.check("words_embs", np.asarray(text["words"])[:, :longest].transpose(0, 2, 1))
    case.check("sent_emb", text["sentence"])
    case.check("mask", ~np.asarray(text["mask"])[:, :longest])
    for n, images in enumerate(outputs["images"], 1):
        images = nchw(images)
        case.check(f"it1/fake_img{n}_mean", images.mean((2, 3)))
        case.check(f"it1/fake_img{n}_std", images.std((2, 3)))
    mask = tf.sequence_mask(run.batch["lengths"], logits.shape[1])
    case.check("it1/cap_output_packed", packed(logits, mask))
    for name, value in run.values(1).items():
        case.check(name, value)


@pytest.mark.parametrize("reduction", ["words", "captions"])
def test_caption_losses_of_code_and_paper(precision, reduction):
    """Equally long captions: the paper's sum is the code's mean times their length."""
    logits, tokens = tensor(np.sin(np.arange(30.0)).reshape(2, 3, 5)), [[1, 2, 0], [4, 3, 0]]
    mask = tf.constant([[True, True, False]] * 2)
    every = -np.asarray(tf.nn.log_softmax(logits))
    words = [every[b, t, tokens[b][t]] for b in range(2) for t in range(2)]
    expected = np.mean(words) * (2 if reduction == "captions" else 1)
    loss = caption_loss(logits, tf.constant(tokens), mask, reduction)
    np.testing.assert_allclose(loss, expected, 1e-6)
