"""Shared helpers of the golden tests of complete training iterations."""

import re

import keras
import numpy as np
import tensorflow as tf

from tests.golden.golden import check_views, nchw, nhwc, subsampled, tensor
from zoo.losses import damsm


def exact_adam(learning_rate, beta_1, beta_2, epsilon):
    """Keras' Adam, without the float32 rounding of Python floats (6e-6 of a first step)."""
    return keras.optimizers.Adam(
        learning_rate, np.float64(beta_1), np.float64(beta_2), epsilon=epsilon
    )


def adam_step(gradient, rate, beta_2=0.999, epsilon=1e-8):
    """Adam's first step of a weight: almost `rate` times the gradient's sign."""
    return rate * gradient / (np.abs(gradient) + epsilon / np.sqrt(1 - beta_2))


def check_first_step(case, key, now, gradient, official, rate):
    """Checks a weight after Adam's first step to within the difference that the gradients explain.

    Args:
        key: str, of the updated weight.
        now: array, our updated weight, in the official layout.
        gradient, official: arrays, our gradient and the official one.
    """
    gradient, official = np.asarray(gradient, "float64"), np.asarray(official, "float64")
    apart = np.abs(adam_step(gradient, rate) - adam_step(official, rate))
    want = np.asarray(case.outputs[key], "float64")
    case.compare(f"{key} after Adam", np.asarray(now, "float64"), want, apart + 2e-6)


def record(owner, name, monkeypatch):
    """A list to which all later results of `owner.name` are appended."""
    results, original = [], getattr(owner, name)

    def call(*args, **kwargs):
        results.append(original(*args, **kwargs))
        return results[-1]

    monkeypatch.setattr(owner, name, call)
    return results


def record_updates(model, monkeypatch):
    """A dict that collects the gradients of every optimizer: variable path -> gradient."""
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


def dense(gradient):
    return tf.convert_to_tensor(gradient).numpy()


def legacy_distance(case, key):
    """How far the official gradient norm `gradnorm_legacy/...` is from that at the same point.

    Ours is at the same point, and is compared with that closely; the official mixture of
    activations from before a step and weights from after it is farther away. 0 for other keys.
    """
    if "_legacy/" not in key:
        return 0.0
    same_point = case.outputs[key.replace("_legacy/", "_same_point/")]
    return abs(np.float64(case.outputs[key]) - np.float64(same_point))


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


def check_strided(case, name, value):
    """Checks images or features (batch, h, w, channels), stored completely or with a stride."""
    if name in case.outputs:
        case.check(name, subsampled(nchw(value), case.outputs[name]))
    else:
        check_views(case, name, nchw(value))


# --- StackGAN++ and MirrorGAN: tolerances in words, three numbers per gradient -------------------


def state_tolerances(case):
    """The tolerances that the case describes in words, as the helper's `tolerance_by_key`."""
    stated = case.meta["tolerance"]
    gradients = re.match(r"\|a-b\| <= (\S+)\*b \+ (\S+)\*max\(grad_l2 of", stated["grad"])
    relative, share = (float(number) for number in gradients.groups())
    rules = [("^it2/", float(re.match(r"rtol (\S+):", stated["it2"])[1]), stated["atol"])]
    for net in case.meta["param_names"]:
        atol = share * np.nanmax(case.outputs[f"grad_l2/{net}"])
        rules.append((f"^grad_[a-z0-9]+/{net}$", relative, atol))
    case.meta["tolerance_by_key"] = rules


def check_gradient_numbers(case, net, gradients):
    """Norm, sum and weighted sum of each gradient of a network.

    `gradients`: list in the case's order, in the official layouts; None where the case has NaN,
    for a parameter without gradient.
    """
    used = np.array([gradient is not None for gradient in gradients])
    flat = [np.asarray(g, "float64").reshape(-1) for g in gradients if g is not None]
    for name, number in (
        ("grad_l2", np.linalg.norm),
        ("grad_sum", np.sum),
        ("grad_dot", lambda g: g @ np.cos(0.37 * np.arange(g.size) + 0.5)),
    ):
        key = f"{name}/{net}"
        np.testing.assert_array_equal(np.isnan(case.outputs[key]), ~used, key)
        case.check(key, [number(gradient) for gradient in flat], where=used)


def check_gradients(case, targets, gradients):
    """`check_gradient_numbers` of all networks, from targets and a dict by variable path."""
    for net, order in case.meta["param_names"].items():
        found = [targets.get(f"{net}.{name}") for name in order]
        official = [
            None if target is None else target.to_official(dense(gradients[target.variable.path]))
            for target in found
        ]
        check_gradient_numbers(case, net, official)


def check_state(case, targets, averages):
    """Running statistics, small parameters and (`averages`) the generator's EMA after a step."""
    for prefix, members in (("after/", targets), ("ema_after/", averages)):
        for name, target in members.items():
            if f"{prefix}{name}" in case.outputs:
                case.check(f"{prefix}{name}", target.to_official(target.variable.numpy()))


# --- the AttnGAN family -------------------------------------------------------------------------


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


def check_features(case, text, image, words, code, regions):
    longest = case.inputs["cap_lens"].max()
    case.check(words, np.asarray(text["words"])[:, :longest].transpose(0, 2, 1))
    case.check("sent_emb", text["sentence"])
    case.check(code, image["code"])
    check_strided(case, regions, image["regions"])


def check_matching(case, text, image, order, prefix=""):
    """The four DAMSM terms, without lambda."""
    lengths, labels = case.inputs["cap_lens"][order], case.inputs["class_ids"][order]
    mask = tf.sequence_mask(lengths, text["words"].shape[1])
    words = damsm.word_similarities(image["regions"], text["words"], mask)
    sentences = damsm.sentence_similarities(image["code"], text["sentence"])
    for kind, similarities in (("w", words), ("s", sentences)):
        for i, loss in enumerate(damsm.matching_losses(similarities, labels)):
            case.check(f"{prefix}{kind}_loss{i}", loss)
