"""Golden parity of DRIT's full iteration, in its variants, and of the content discriminator's."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tests.golden import rounding
from tests.golden.golden import Case, nchw, nhwc, subsampled, tensor
from tests.golden.iteration import exact_adam, legacy_distance, record
from tests.support.precision import variants
from tests.support.tiny import snapshot
from zoo.importers import drit as names
from zoo.importers.state_dict import load_state_dict
from zoo.models.drit import DRIT, iteration, losses, objectives

FULL = ["iteration_concat_ms", "iteration_concat_no_ms", "iteration_nonconcat_ms"]
TERMS = {  # ours: official, by domain
    "adversarial_loss": "gan_loss_{d}",
    "content_adversarial_loss": "gan_loss_{d}content",
    "attribute_loss": "kl_loss_za_{d}",
    "content_loss": "kl_loss_zc_{d}",
    "cross_cycle_loss": "l1_recon_{D}_loss",
    "self_reconstruction_loss": "l1_recon_{D}{D}_loss",
    "latent_regression_loss": "l1_recon_z_loss_{d}",
    "random_adversarial_loss": "gan2_loss_{d}",
}
NOISE = {  # ours: official
    "content_a": "noise_0",
    "content_b": "noise_1",
    "content_again_a": "noise_2",
    "content_again_b": "noise_3",
    "attributes_a": "eps_a",
    "attributes_b": "eps_b",
    "attributes_again_a": "eps_recon_a",
    "attributes_again_b": "eps_recon_b",
    "latents_1": "z_random",
    "latents_2": "z_random2",
}
# Images after two generators, too: their instance norms divide by small deviations.
TURNED = rounding.TURNED + "|^probe/"
PROBES = {
    "fake_{D}_encoded": lambda outputs, d: outputs["cross"][d],
    "fake_{D}_recon": lambda outputs, d: outputs["cycle"][d],
    "fake_{D}_random": lambda outputs, d: outputs["random"][d][0],
    "fake_{D}_random2": lambda outputs, d: outputs["random"][d][1],
}


def model_of(case):
    """The system of the case's sizes, compiled and loaded, with its targets."""
    state, content_only = case.params, case.meta["config"]["kind"] == "content"
    if content_only:
        sizes = {"filters": state["enc_c.convA.0.model.1.weight"].shape[0]}
        discriminators = {"filters": 1, "scales": 1, "layers": 1}  # not in the case
    else:
        sizes = names.system_sizes(state)
        discriminators = names.discriminator_sizes(case.param("disA."))
    sizes["content_discriminator"] = names.content_discriminator_sizes(case.param("disContent."))
    model = DRIT(
        image_size=case.inputs["image_a"].shape[-1],
        **sizes,
        mode_seeking_weight=1.0 if "z_random2" in case.inputs else 0.0,
        discriminators=discriminators,
    )
    assert content_only or model.concat == bool(case.meta["config"]["concat"])
    model.compile(
        generator_optimizer=exact_adam(1e-4, 0.5, 0.999, epsilon=1e-8),
        discriminator_optimizer=exact_adam(1e-4, 0.5, 0.999, epsilon=1e-8),
        content_discriminator_optimizer=exact_adam(4e-5, 0.5, 0.999, epsilon=1e-8),
    )
    targets = names.system_targets(model)
    if content_only:
        targets = {k: t for k, t in targets.items() if k.startswith(("enc_c.", "disContent."))}
    load_state_dict(targets, state)
    return model, targets


def batch_of(case):
    return {f"images_{d}": tensor(nhwc(case.inputs[f"image_{d}"])) for d in "ab"}


def give_noise(model, case, monkeypatch):
    def normal(stream, shape):
        value = case.inputs[NOISE[stream]]
        return tensor(nhwc(value) if value.ndim == 4 else value)

    monkeypatch.setattr(model, "normal", normal)


def follow_official_split(case, monkeypatch):
    """The official code translates one image, the first, of a batch of any size."""
    sizes = [len(case.inputs["noise_0"]), -1]

    def split_batch(batch):
        parts = {d: tf.split(batch[f"images_{d}"], sizes) for d in "ab"}
        return [{d: part[i] for d, part in parts.items()} for i in range(2)]

    monkeypatch.setattr(iteration, "split_batch", split_batch)


def record_gradients(monkeypatch):
    """variable path -> list of the gradients before weight decay, one per optimizer step."""
    gradients, original = {}, iteration.coupled_weight_decay

    def coupled_weight_decay(variables, rate, **of_all):
        decay = original(variables, rate, **of_all)

        def transform(given):
            for variable, gradient in zip(variables, given, strict=True):
                gradients.setdefault(variable.path, []).append(gradient.numpy())
            return decay(given)

        return transform

    monkeypatch.setattr(iteration, "coupled_weight_decay", coupled_weight_decay)
    return gradients


def check_gradients(case, targets, gradients, kind):
    """Norms of every optimizer step, under the semantics `kind` of the second one."""
    for key in case.outputs:
        found = re.fullmatch(rf"gradnorm(_{kind})?/(\w+)@(\d+)\.(.*)", key)
        if found:
            target = targets[f"{found[2]}.{found[4]}"]
            norm = np.linalg.norm(gradients[target.variable.path][int(found[3]) - 1])
            case.check(key, norm, more=legacy_distance(case, key))


def check_terms(case, weights, terms, prefix=""):
    for name, values in terms.items():
        for domain, value in values.items():
            key = TERMS[name].format(d=domain, D=domain.upper())
            if prefix + key in case.outputs:
                case.check(prefix + key, weights[name] * value)


def run(model, case, monkeypatch):
    """One full step; returns the recorded values."""
    with monkeypatch.context() as patch:
        give_noise(model, case, patch)
        follow_official_split(case, patch)
        recorded = {
            "gradients": record_gradients(patch),
            "outputs": record(iteration, "forward", patch),
            "first": record(losses, "first_terms", patch),
            "second": record(losses, "second_terms", patch),
            "seeking": record(model, "mode_seeking_term", patch),
            "content": record(losses, "content_discriminator_loss", patch),
        }
        assert objectives.losses is iteration.losses is losses
        recorded["discriminator_losses"] = record(losses, "discriminator_loss", patch)
        recorded["losses"] = model.training_step(batch_of(case), full=True)
    return recorded


def check_probes(case, outputs):
    for key in [k for k in case.outputs if k.startswith("probe/")]:
        official, domain = re.sub("_([AB])_", "_{D}_", key[6:]), re.search("_([AB])_", key)[1]
        value = nchw(PROBES[official](outputs, domain.lower()))
        case.check(key, subsampled(value, case.outputs[key]))


def check_seeking(case, recorded, prefix=""):
    """The official `lz_AB` is the weighted term of domain b's images."""
    for key, term in zip(("lz_BA", "lz_AB"), recorded["seeking"], strict=True):
        if prefix + key in case.outputs:
            case.check(prefix + key, term["mode_seeking"])


@pytest.mark.parametrize(("precision", "name"), variants(FULL, both=0), indirect=["precision"])
def test_full_step(precision, name):
    """The step, and from the same state the step with a second forward pass.

    By default in float64; the step of the content discriminator also in float32.
    """
    rounding.check(Case("drit", name), check_both_forms, TURNED)


def check_both_forms(case, monkeypatch):
    model, targets = model_of(case)
    start = snapshot(model.checkpoint_variables())
    check_full_step(case, model, targets, run(model, case, monkeypatch))
    for name, variable in model.checkpoint_variables().items():
        variable.assign(start[name])
    model.generator_step = "recompute"
    check_second_forward_pass(case, model, targets, run(model, case, monkeypatch))
    case.check_all_seen()


def check_full_step(case, model, targets, recorded):
    names = ("disA", "disA2", "disB", "disB2")
    for key, loss in zip(names, recorded["discriminator_losses"], strict=True):
        case.check(f"{key}_loss", loss)
    case.check("disContent_loss", recorded["content"][0])
    check_probes(case, recorded["outputs"][0])
    check_terms(case, model.loss_weights, recorded["first"][0])
    check_terms(case, model.loss_weights, recorded["second"][0])
    check_seeking(case, recorded)
    case.check("G_loss", recorded["losses"]["first_generator_loss"])
    second = [k for k in case.outputs if re.match("gan2_loss|l1_recon_z_loss|lz_", k)]
    np.testing.assert_allclose(
        recorded["losses"]["second_generator_loss"], sum(case.outputs[k] for k in second), 5e-3
    )
    check_gradients(case, targets, recorded["gradients"], "same_point")
    check_gradients(case, targets, recorded["gradients"], "legacy")


def check_second_forward_pass(case, model, targets, recorded):
    assert len(recorded["outputs"]) == 2
    check_terms(case, model.loss_weights, recorded["second"][0], "recompute/")
    check_seeking(case, recorded, "recompute/")
    check_gradients(case, targets, recorded["gradients"], "recompute")


def test_content_step(precision):
    """Clipped gradients, and the weights after Adam with the official weight decay."""
    rounding.check(Case("drit", "iteration_content_D"), check_content_step)


def check_content_step(case, monkeypatch):
    model, targets = model_of(case)
    give_noise(model, case, monkeypatch)
    follow_official_split(case, monkeypatch)
    gradients = record_gradients(monkeypatch)
    norms, clip = [], tf.clip_by_global_norm

    def clip_by_global_norm(given, limit):
        clipped, norm = clip(given, limit)
        norms.append(norm)
        return clipped, norm

    monkeypatch.setattr(tf, "clip_by_global_norm", clip_by_global_norm)
    before = {k: t.variable.numpy() for k, t in targets.items()}
    step_losses = model.training_step(batch_of(case), full=False)
    case.check("disContent_loss", step_losses["content_discriminator_loss"])
    case.check("total_gradnorm_before_clip", norms[0])
    check_gradients(case, targets, gradients, "same_point")
    for key in [k for k in case.outputs if k.startswith("after/")]:
        target = targets[key.removeprefix("after/")]
        case.check(key, target.to_official(target.variable.numpy()))
        # where the gradient is not rounding noise, Adam's first step agrees much better
        sharp = np.abs(target.to_official(gradients[target.variable.path][0])) > 1e-5
        now, want = target.to_official(target.variable.numpy()), case.outputs[key]
        apart = np.where(sharp, np.abs(now - want), 0).astype("float64")
        case.compare(f"{key} where it is sharp", apart, np.zeros_like(apart), 1e-6)
    for name, target in targets.items():
        if name.startswith("enc_c."):
            np.testing.assert_array_equal(before[name], target.variable.numpy())
    case.check_all_seen()
