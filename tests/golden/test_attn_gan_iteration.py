"""Golden parity of a complete AttnGAN iteration and a complete DAMSM iteration."""

import numpy as np
import pytest

from tests.golden import rounding
from tests.golden.damsm_guided import Iteration, check_single_sample
from tests.golden.golden import Case, tensor
from tests.golden.iteration import (
    batch_of,
    check_changes,
    check_features,
    check_matching,
    dense,
    encoder_configs,
    exact_adam,
    record,
    record_updates,
    values_of,
)
from tests.support.precision import FLOAT64
from zoo.importers import attn_gan as names
from zoo.importers.damsm import image_encoder_targets
from zoo.importers.state_dict import load_state_dict, prefixed
from zoo.models.attn_gan import AttnGAN
from zoo.models.damsm import DAMSM


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_train_iteration(precision):
    rounding.check(
        Case("attngan", "train_iteration"),
        lambda case, monkeypatch: check_single_sample(
            Iteration(case, monkeypatch, AttnGAN, names)
        ),
    )


# --- DAMSM --------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_damsm_iteration(precision):
    rounding.check(Case("attngan", "damsm_iteration"), check_damsm_iteration)


def check_damsm_iteration(case, monkeypatch):
    config = case.meta["config"]
    vocabulary, text, image = encoder_configs(config, case.param("text_encoder/"))
    image["width_divisor"] = config["width_divisor"]
    model = DAMSM(
        vocabulary=vocabulary,
        max_words=case.inputs["captions"].shape[1],
        image_size=case.inputs["imgs"].shape[-1],
        text_encoder=text,
        image_encoder=image,
        clip_norm=config["RNN_GRAD_CLIP"],
        steps_per_epoch=10,
    )
    model.compile(exact_adam(config["ENCODER_LR"], 0.5, 0.999, epsilon=1e-8))
    targets = prefixed("text_encoder/", names.text_encoder_targets(model.text_encoder))
    targets |= prefixed("image_encoder/", image_encoder_targets(model.image_encoder))
    load_state_dict(targets, case.param())
    before, gradients = values_of(targets), record_updates(model, monkeypatch)
    batch, order = batch_of(case, ["imgs"])
    dropout = tensor(case.inputs["drop_mask_scaled"])
    monkeypatch.setattr(model, "dropout_mask", lambda tokens: dropout)
    unclipped = {}
    update = model.apply_gradients

    def keep_unclipped(name, tape, loss, variables, transform, **settings):
        def clip(values):
            unclipped.update({v.path: g for v, g in zip(variables, values, strict=True)})
            return transform(values)

        return update(name, tape, loss, variables, clip, **settings)

    monkeypatch.setattr(model, "apply_gradients", keep_unclipped)
    seen = {
        name: record(getattr(model, name), "call", monkeypatch)
        for name in ("text_encoder", "image_encoder")
    }
    losses = model.training_step(batch)

    (text,), (image,) = seen.values()
    case.check("loss", losses["loss"])
    check_features(case, text, image, "words_emb", "sent_code", "words_features")
    check_matching(case, text, image, order)
    of_text = [dense(unclipped[v.path]) for v in model.text_encoder.trainable_variables]
    case.check("rnn_total_grad_norm", np.sqrt(sum((g**2).sum() for g in of_text)))
    check_changes(case, targets, before, unclipped, clipped=gradients)
    case.check_all_seen()
