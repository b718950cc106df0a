"""One complete training iteration of AttnGAN and its descendants against the official one."""

import numpy as np

from tests.golden.golden import tensor
from tests.golden.iteration import (
    batch_of,
    check_changes,
    check_features,
    check_matching,
    check_strided,
    encoder_configs,
    exact_adam,
    record,
    record_updates,
    values_of,
)
from zoo.importers.attn_gan import text_encoder_targets
from zoo.importers.damsm import image_encoder_targets
from zoo.importers.state_dict import load_state_dict, prefixed
from zoo.losses import adversarial


def system_of(case, system, names, **settings):
    """The system of the official configuration, compiled and loaded: (model, targets, batch,
    order). `names`: the importer's module."""
    config, adam = case.meta["config"], case.meta["adam"]
    vocabulary, text, image = encoder_configs(config, case.param("text_encoder/"))
    names_of_images = [k for k in case.inputs if k.startswith("imgs")]
    model = system(
        vocabulary=vocabulary,
        max_words=case.inputs["captions"].shape[1],
        text_encoder=text,
        image_encoder=image,
        stage_sizes=[case.inputs[k].shape[-1] for k in names_of_images],
        generator_filters=config["GF_DIM"],
        discriminator_filters=config["DF_DIM"],
        residual_blocks=config["R_NUM"],
        latent_dim=config["Z_DIM"],
        condition_dim=config["CONDITION_DIM"],
        damsm_weight=config["LAMBDA"],
        mask_tiling="official",
        ema_decay=case.meta["ema"],
        ema_statistics="current",
        **settings,
    )
    model.compile(
        **{
            name: exact_adam(adam["lr"], *adam["betas"], epsilon=adam["eps"])
            for name in ("generator_optimizer", "discriminator_optimizer")
        }
    )
    targets = prefixed("text_encoder/", text_encoder_targets(model.text_encoder))
    targets |= prefixed("image_encoder/", image_encoder_targets(model.image_encoder))
    targets |= prefixed("netG/", names.generator_targets(model.generator))
    for i, discriminator in enumerate(model.discriminators):
        targets |= prefixed(f"netD{i}/", names.discriminator_targets(discriminator))
    load_state_dict(targets, case.param())
    model.ema.reset()
    return model, targets, *batch_of(case, names_of_images)


class Iteration:
    """One training step on the case's inputs, with all intermediate values.

    Attributes: `model`, `order` of the batch, `losses`, `discriminator_losses`, `terms` (all binary
    cross-entropies as they were taken), `texts`, `encoded` (image encoder), `outputs` (generator).
    """

    def __init__(self, case, monkeypatch, system, names, **settings):
        self.case = case
        self.model, self.targets, batch, self.order = system_of(case, system, names, **settings)
        self.before = values_of(self.targets)
        self.gradients = record_updates(self.model, monkeypatch)
        i = case.inputs
        given = {
            "latents": [i[k] for k in ("noise", "noise2") if k in i],
            "condition": [i[k] for k in ("eps", "eps2") if k in i],
        }
        monkeypatch.setattr(
            self.model, "noise", lambda stream, *shape: tensor(np.concatenate(given[stream]))
        )
        self.terms = record(adversarial, "binary_cross_entropy", monkeypatch)
        self.discriminator_losses = record(self.model, "discriminator_loss", monkeypatch)
        seen = [
            record(getattr(self.model, name), "call", monkeypatch)
            for name in ("text_encoder", "image_encoder", "generator")
        ]
        self.losses = self.model.training_step(batch)
        self.texts, self.encoded, (self.outputs,) = seen

    def check(self, gradients=True):
        """Checks the values in the cases of all systems; without `gradients` the forward pass."""
        case = self.case
        for i, images in enumerate(self.outputs["images"]):
            check_strided(case, f"fake{i}", images)
        for i, loss in enumerate(self.discriminator_losses):
            case.check(f"errD{i}", loss)
        case.check("bce", self.official_terms())
        case.check("errG_total", self.losses["generator_loss"])
        self.check_average()
        if gradients:
            check_changes(case, self.targets, self.before, self.gradients)

    def official_terms(self):
        """Our cross-entropies for each D: wrong, real (conditional, unconditional), each fake (the
        same two); the official ones: conditional real, fakes, wrong, then unconditional real,
        fakes. After them G's, in one order."""
        count, ordered = len(self.discriminator_losses), []
        samples = self.model.latents_per_condition
        each = 3 + 2 * samples
        for i in range(count):
            wrong, real_c, real_u, *fakes = self.terms[each * i : each * (i + 1)]
            ordered += [real_c, *fakes[::2], wrong, real_u, *fakes[1::2]]
        return np.array(ordered + self.terms[each * count :])

    def check_average(self):
        keep = self.case.meta["ema"]
        averages = zip(
            self.model.ema_generator.variables, self.model.generator.variables, strict=True
        )
        for average, variable in averages:
            share = keep if variable.trainable else 0.0
            expected = share * self.before[variable.path] + (1 - share) * variable.numpy()
            np.testing.assert_allclose(average.numpy(), expected, rtol=1e-6, atol=1e-7)


def check_single_sample(iteration, gradients=True):
    """The cases without mode seeking."""
    case, losses, outputs = iteration.case, iteration.losses, iteration.outputs
    iteration.check(gradients)
    (text,), (image,) = iteration.texts, iteration.encoded
    check_features(case, text, image, "words_embs", "cnn_code", "region_features")
    case.check("mu", outputs["mu"])
    case.check("logvar", outputs["log_var"])
    check_matching(case, text, image, iteration.order)
    case.check("kl_loss", losses["kl_loss"])
    case.check("errG_without_kl", losses["generator_loss"] - losses["kl_loss"])
    if gradients:
        case.check_all_seen()
