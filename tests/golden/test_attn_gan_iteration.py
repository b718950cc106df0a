"""Golden parity of a whole AttnGAN iteration and a whole DAMSM iteration."""

import re

import keras
import numpy as np
import tensorflow as tf

from tests.golden.golden import Case, nchw, nhwc, tensor
from zoo.importers import attn_gan as names
from zoo.importers.inception import image_encoder_targets
from zoo.importers.state_dict import load_state_dict, prefixed
from zoo.losses import adversarial, damsm
from zoo.models.attn_gan import AttnGAN
from zoo.models.damsm import DAMSM


def encoder_configs(config, text_state):
    """Text and image encoder arguments of the official sizes."""
    tokens, embedding = text_state["encoder.weight"].shape
    features = config["EMBEDDING_DIM"]
    text = {"features": features, "embedding_dim": embedding, "cell": config["RNN_TYPE"].lower()}
    image = {
        "kind": "inception_v3",
        "features": features,
        "width_divisor": config.get("width_divisor", 1),
    }
    return ["<end>", *(str(i) for i in range(1, tokens))], text, image


def batch_of(case, images):
    """The case's batch in its own sorted order, which a stable sort by length keeps.

    Returns (batch, order).
    """
    order = case.outputs["sort_index"]
    assert (np.diff(case.inputs["cap_lens"][order]) <= 0).all()
    case.checked.add("sort_index")
    batch = {
        "images": tuple(tensor(nhwc(case.inputs[name])) for name in images),
        "tokens": tf.constant(case.inputs["captions"], tf.int32),
        "lengths": tf.constant(case.inputs["cap_lens"], tf.int32),
        "labels": tf.constant(case.inputs["class_ids"], tf.int64),
    }
    return tf.nest.map_structure(lambda value: tf.gather(value, order), batch), order


def exact_adam(learning_rate, beta_1, beta_2, epsilon):
    """Keras' Adam, without the float32 rounding of Python floats (6e-6 of a first step)."""
    return keras.optimizers.Adam(
        learning_rate, np.float64(beta_1), np.float64(beta_2), epsilon=epsilon
    )


def record(owner, name, monkeypatch):
    """A list that every later result of `owner.name` is added to."""
    results, original = [], getattr(owner, name)

    def call(*args, **kwargs):
        results.append(original(*args, **kwargs))
        return results[-1]

    monkeypatch.setattr(owner, name, call)
    return results


def record_updates(model, monkeypatch):
    """A dict that collects what every optimizer is given: variable path -> gradient."""
    gradients = {}
    for name in model.optimizer_names:
        optimizer = getattr(model, name)

        def apply(pairs, apply=optimizer.apply_gradients):
            pairs = list(pairs)
            gradients.update({variable.path: gradient for gradient, variable in pairs})
            return apply(pairs)

        monkeypatch.setattr(optimizer, "apply_gradients", apply)
    return gradients


def values_of(targets):
    return {t.variable.path: t.variable.numpy().copy() for t in targets.values()}


# --- AttnGAN ------------------------------------------------------------------------------------


def attn_gan_of(case):
    """The system of the official configuration, compiled and loaded, with its targets."""
    config, adam = case.meta["config"], case.meta["adam"]
    vocabulary, text, image = encoder_configs(config, case.param("text_encoder/"))
    names_of_images = [k for k in case.inputs if k.startswith("imgs")]
    model = AttnGAN(
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
    )
    model.compile(
        **{
            name: exact_adam(adam["lr"], *adam["betas"], epsilon=adam["eps"])
            for name in ("generator_optimizer", "discriminator_optimizer")
        }
    )
    targets = prefixed("text_encoder/", names.text_encoder_targets(model.text_encoder))
    targets |= prefixed("image_encoder/", image_encoder_targets(model.image_encoder))
    targets |= prefixed("netG/", names.generator_targets(model.generator))
    for i, discriminator in enumerate(model.discriminators):
        targets |= prefixed(f"netD{i}/", names.discriminator_targets(discriminator))
    load_state_dict(targets, case.param())
    model.reset_average()
    return model, targets, *batch_of(case, names_of_images)


def test_train_iteration(precision, monkeypatch):
    case = Case("attngan", "train_iteration")
    model, targets, batch, order = attn_gan_of(case)
    before, gradients = values_of(targets), record_updates(model, monkeypatch)
    given = {"latents": tensor(case.inputs["noise"]), "condition": tensor(case.inputs["eps"])}
    monkeypatch.setattr(model, "draw", lambda stream, *shape: given[stream])
    terms = record(adversarial, "binary_cross_entropy", monkeypatch)
    discriminator_losses = record(model, "discriminator_loss", monkeypatch)
    seen = {
        name: record(getattr(model, name), "call", monkeypatch)
        for name in ("text_encoder", "image_encoder", "generator")
    }
    losses = model.training_step(batch)

    (text,), (image,), (outputs,) = seen.values()
    check_features(case, text, image, "words_embs", "cnn_code", "region_features")
    for i, images in enumerate(outputs["images"]):
        check_strided(case, f"fake{i}", images)
    case.check("mu", outputs["mu"])
    case.check("logvar", outputs["log_var"])
    check_matching(case, text, image, order)
    for i, loss in enumerate(discriminator_losses):
        case.check(f"errD{i}", loss)
    case.check("bce", official_order(terms, len(discriminator_losses)))
    case.check("kl_loss", losses["kl_loss"])
    case.check("errG_total", losses["generator_loss"])
    case.check("errG_without_kl", losses["generator_loss"] - losses["kl_loss"])
    check_changes(case, targets, before, gradients)
    case.check_all_seen()

    keep = case.meta["ema"]
    averages = zip(model.ema_generator.variables, model.generator.variables, strict=True)
    for average, variable in averages:
        share = keep if variable.trainable else 0.0
        expected = share * before[variable.path] + (1 - share) * variable.numpy()
        np.testing.assert_allclose(average.numpy(), expected, rtol=1e-6, atol=1e-7)


def official_order(terms, discriminators):
    """Our cross-entropies for each D: wrong, real (conditional, unconditional), fake (the same
    two); the official ones: real, fake, wrong, unconditional real, fake. Behind them G's, in one
    order."""
    ordered = []
    for i in range(discriminators):
        wrong, real_c, real_u, fake_c, fake_u = terms[5 * i : 5 * i + 5]
        ordered += [real_c, fake_c, wrong, real_u, fake_u]
    return np.array(ordered + terms[5 * discriminators :])


# --- DAMSM --------------------------------------------------------------------------------------


def test_damsm_iteration(precision, monkeypatch):
    case = Case("attngan", "damsm_iteration")
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
    update = model._update

    def keep_unclipped(name, tape, loss, variables, transform):
        def clip(values):
            unclipped.update({v.path: g for v, g in zip(variables, values, strict=True)})
            return transform(values)

        return update(name, tape, loss, variables, clip)

    monkeypatch.setattr(model, "_update", keep_unclipped)
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


# --- comparing ----------------------------------------------------------------------------------


def check_features(case, text, image, words, code, regions):
    longest = case.inputs["cap_lens"].max()
    case.check(words, np.asarray(text["words"])[:, :longest].transpose(0, 2, 1))
    case.check("sent_emb", text["sentence"])
    case.check(code, image["code"])
    check_strided(case, regions, image["regions"])


def check_strided(case, name, value):
    (key,) = [k for k in case.outputs if re.fullmatch(rf"{name}(_stride\d+)?", k)]
    stride = -(-value.shape[1] // case.outputs[key].shape[2])
    case.check(key, nchw(value)[:, :, ::stride, ::stride])


def check_matching(case, text, image, order):
    """The four DAMSM terms, without lambda."""
    lengths, labels = case.inputs["cap_lens"][order], case.inputs["class_ids"][order]
    mask = tf.sequence_mask(lengths, text["words"].shape[1])
    words = damsm.word_similarities(image["regions"], text["words"], mask)
    sentences = damsm.sentence_similarities(image["code"], text["sentence"])
    for kind, similarities in (("w", words), ("s", sentences)):
        for i, loss in enumerate(damsm.matching_losses(similarities, labels)):
            case.check(f"{kind}_loss{i}", loss)


def dense(gradient):
    return tf.convert_to_tensor(gradient).numpy()


def check_changes(case, targets, before, gradients, clipped=None):
    """Gradients, their norms, step norms and running statistics under the official names."""
    for name, target in targets.items():
        path = target.variable.path
        if path in gradients:
            gradient = target.to_official(dense(gradients[path]))
            for key, value in (
                (f"grad/{name}", gradient),
                (f"grad_norm/{name}", np.linalg.norm(gradient)),
            ):
                if key in case.outputs:
                    case.check(key, value)
        if f"grad_after_clip_norm/{name}" in case.outputs:
            norm = np.linalg.norm(target.to_official(dense(clipped[path])))
            case.check(f"grad_after_clip_norm/{name}", norm)
        now = target.variable.numpy()
        if f"step_norm/{name}" in case.outputs:
            case.check(f"step_norm/{name}", np.linalg.norm(target.to_official(now - before[path])))
        if f"buffers_after/{name}" in case.outputs:
            case.check(f"buffers_after/{name}", target.to_official(now))
