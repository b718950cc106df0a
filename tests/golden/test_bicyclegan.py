"""Golden parity of BicycleGAN's losses and of whole iterations in each of their forms.

`preprocess_aligned` belongs to the tests of the data.
"""

import pytest
import tensorflow as tf

from tests.golden import paired_images as paired
from tests.golden import rounding
from tests.golden.golden import Case, nchw, nhwc, tensor
from tests.golden.iteration import record
from tests.support.precision import FLOAT64, variants
from zoo.importers import bicyclegan as names
from zoo.importers.pix2pix import u_net_targets
from zoo.importers.state_dict import prefixed
from zoo.losses.least_squares import FORMS, over_scales
from zoo.models.bicyclegan import BicycleGAN, bicyclegan
from zoo.models.bicyclegan.losses import draw_code, kl_term, latent_term
from zoo.models.pix2pix import Pix2Pix
from zoo.models.pix2pix.networks import l1_distance

CASES = ["iteration", "iteration_conditional_D", "iteration_same_D"]
LOSSES = {
    "loss_G_GAN": "adversarial_loss",
    "loss_G_GAN2": "adversarial_2_loss",
    "loss_kl": "kl_loss",
    "loss_G_L1": "l1_loss",
    "loss_z_L1": "latent_loss",
    "loss_G": "generator_loss",
    "loss_D": "discriminator_loss",
    "loss_D2": "discriminator_2_loss",
}
NETWORKS = (
    ("G", "generator", u_net_targets),
    ("E", "encoder", names.encoder_targets),
    ("D", "discriminator", names.discriminator_targets),
    ("D2", "discriminator_2", names.discriminator_targets),
)


def targets_of(model):
    targets = {}
    for prefix, name, make in NETWORKS:
        if name in model.networks:
            targets |= prefixed(f"{prefix}.", make(model.networks[name]))
    return targets


def system(case, monkeypatch, **changes):
    """(model, targets, recorded optimizer steps) of the case, with its noise."""
    config = case.meta["config"]
    model = BicycleGAN(
        **paired.sizes(case),
        encoder=names.encoder_settings(case.param("E."))["encoder"],
        encoder_filters=config["nef"],
        conditional_discriminators=config["conditional_D"],
        use_same_discriminator=config["use_same_D"],
        **changes,
    )
    targets = paired.compiled(case, model, targets_of)
    given = {"latents": case.inputs["z_random"], "encoding": case.inputs["eps"]}
    paired.give_noise(model, monkeypatch, **given)
    return model, targets, paired.record_steps(model, monkeypatch)


def check_losses(case, losses):
    for official, ours in LOSSES.items():
        if official in case.outputs:
            case.check(official, losses[ours])


@pytest.mark.parametrize(("precision", "name"), variants(CASES), indirect=["precision"])
def test_iteration(precision, name):
    rounding.check(Case("bicyclegan", name), check_iteration)


def check_iteration(case, monkeypatch):
    model, targets, steps = system(case, monkeypatch)
    codes = record(model.encoder, "call", monkeypatch)
    images = record(bicyclegan, "translate", monkeypatch)
    losses = model.training_step(paired.batch_of(case))

    check_losses(case, losses)
    case.check("mu", codes[0]["mu"])
    case.check("logvar", codes[0]["log_var"])
    case.check("z_encoded", draw_code(codes[0], tensor(case.inputs["eps"])))
    case.check("mu2", codes[1]["mu"])
    if "fake_B_encoded" in case.outputs:
        case.check("fake_B_encoded", nchw(images[0].numpy()))
    trained = ["generator", "encoder", *model.discriminator_names]
    assert [step for step, _ in steps] == [f"{network}_optimizer" for network in trained]
    for _, gradients in steps:
        paired.check_gradients(case, targets, gradients)
    paired.check_after(case, targets, steps)
    case.check_all_seen()


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_iteration_of_the_papers_time(precision):
    """Two steps of G; the second gradient is the official one at the same point."""
    rounding.check(Case("bicyclegan", "iteration_paper_time"), check_iteration_of_the_papers_time)


def check_iteration_of_the_papers_time(case, monkeypatch):
    model, targets, steps = system(case, monkeypatch, latent_step="separate")
    losses = model.training_step(paired.batch_of(case))
    check_losses(case, losses)
    order = ["generator", "encoder", "generator", "discriminator", "discriminator_2"]
    assert [step for step, _ in steps] == [f"{network}_optimizer" for network in order]
    for (_, gradients), kinds, number in (
        (steps[0], ("gradnorm",), 1),
        (steps[1], ("gradnorm",), 1),
        (steps[2], ("gradnorm_same_point", "gradnorm_legacy"), 2),
    ):
        rename = lambda name, n=number: name.replace(".", f"@{n}.", 1)  # noqa: E731
        paired.check_gradients(case, targets, gradients, kinds, rename)
    case.check("recompute/loss_z_L1", losses["latent_loss"])
    case.check_all_seen()


def test_iteration_of_the_repositorys_pix2pix(precision):
    rounding.check(Case("bicyclegan", "pix2pix_model_iteration"), check_the_repositorys_pix2pix)


def check_the_repositorys_pix2pix(case, monkeypatch):
    model = Pix2Pix(
        **paired.sizes(case),
        l1_weight=case.meta["config"]["lambda_L1"],
        adversarial_form="cross_entropy",
        discriminator_first=True,
        discriminator_weight=0.5,
    )

    def all_targets(model):
        return prefixed("G.", u_net_targets(model.generator)) | prefixed(
            "D.", names.discriminator_targets(model.discriminator)
        )

    targets = paired.compiled(case, model, all_targets)
    steps = paired.record_steps(model, monkeypatch)
    terms = record(model, "adversarial_loss", monkeypatch)
    losses = model.training_step(paired.batch_of(case))
    case.check("loss_D_fake", terms[0])
    case.check("loss_D_real", terms[1])
    check_losses(case, losses)
    assert [step for step, _ in steps] == ["discriminator_optimizer", "generator_optimizer"]
    for _, gradients in steps:
        paired.check_gradients(case, targets, gradients)
    case.check_all_seen()


def test_losses(precision):
    case = Case("bicyclegan", "losses")
    i = case.inputs
    maps = [tensor(nhwc(i[f"pred_map{s}"])) for s in range(len(case.meta["config"]["maps"]))]
    for official, form in (
        ("lsgan", "least_squares"),
        ("vanilla", "cross_entropy"),
        ("wgangp", "wasserstein"),
    ):
        for kind, target in (("real", 1), ("fake", 0)):
            case.check(f"{official}_{kind}", over_scales(FORMS[form], maps, target))
            for s, logits in enumerate(maps):
                case.check(f"{official}_{kind}_scale{s}", FORMS[form](logits, target))

    model = BicycleGAN(image_size=16, generator_filters=1, encoder_filters=1)
    code = {ours: tensor(i[k]) for ours, k in (("mu", "mu"), ("log_var", "logvar"))}
    case.check("z_encoded", draw_code(code, tensor(i["eps"])))
    case.check("loss_z_L1", latent_term(model, tensor(i["mu2"]), tensor(i["z_random"])))
    fake, real = (tensor(nhwc(i[f"{k}_B_encoded"])) for k in ("fake", "real"))
    case.check("loss_G_L1", model.l1_weight * l1_distance(fake, real))
    with tf.GradientTape() as tape:
        tape.watch(code)
        kl = kl_term(model, code)
    case.check("loss_kl", kl)
    gradient = tape.gradient(kl, code)
    case.check("grad_mu", gradient["mu"])
    case.check("grad_logvar", gradient["log_var"])
    case.check_all_seen()
