"""Golden parity of XMC-GAN's complete iteration, on one and two replicas, and of Adam with EMA."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.golden import rounding
from tests.golden.golden import Case, tensor
from tests.golden.xmc_gan import check_state, loaded, ours, text_of, text_specs
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from tests.support.precision import FLOAT64
from zoo.importers import xmc_gan as names
from zoo.importers.state_dict import load_state_dict
from zoo.models.base.ema import ExponentialMovingAverage
from zoo.models.base.fused_adam import fuse
from zoo.models.xmc_gan import XMCGAN, FlaxAdam, XMCGANGenerator
from zoo.networks.build import symbolic_input

RATES = {"generator": 1e-4, "discriminator": 4e-4}
DECAY = 0.999


def model_of(case, **settings):
    """The system of the case's sizes, compiled and loaded, with its targets by official prefix."""
    config, meta = case.meta["config"], case.meta
    _, words, features = case.inputs["embedding"].shape
    network = {
        "kind": "resnet50",
        "blocks": meta["resnet_stages"],
        "filters": meta["resnet_width"],
        "classes": meta["resnet_classes"],
    }
    model = XMCGAN(
        max_words=words,
        text_encoder={"kind": "word_embeddings", "features": features},
        image_size=config["image_size"],
        generator_filters=config["gf_dim"],
        discriminator_filters=config["df_dim"],
        latent_dim=config["z_dim"],
        image_network=network if config["pretrained_image_contrastive"] else None,
        ema_decay=DECAY,
        **settings,
    )
    model.compile(
        **{f"{k}_optimizer": FlaxAdam(v, 0.5, 0.999, epsilon=1e-8) for k, v in RATES.items()}
    )
    targets = {
        "G/": names.generator_targets(model.generator),
        "D/": names.discriminator_targets(model.discriminator),
        "EMA/": {
            name: target
            for name, target in names.generator_targets(model.ema_generator).items()
            if name.startswith("params/")  # its statistics are the generator's
        },
    }
    if hasattr(model, "image_network"):
        targets["R/"] = names.image_network_targets(model.image_network)
    for prefix, part in targets.items():
        load_state_dict(part, case.param(prefix))
    return model, targets


def batch_of(case, rows=slice(None)):
    return {
        "images": (ours(case.inputs["image"][rows]),),
        "words": tensor(case.inputs["embedding"][rows]),
        "sentence": tensor(case.inputs["sentence_embedding"][rows]),
        "lengths": tf.constant(case.inputs["max_len"][rows, 0], tf.int32),
        "latents": tensor(case.inputs["z"][rows]),
    }


def stepper(model, monkeypatch):
    """A function of a batch: one iteration with the batch's latents.

    It returns the terms, and for every optimizer, in order, the gradients, summed over replicas.
    """
    now = threading.local()  # each replica is traced in a separate thread

    def draw(stream, count, size):
        return now.parts[int(stream.removeprefix("latents_"))]

    monkeypatch.setattr(model, "noise", draw)
    for name in model.optimizer_names:
        optimizer = getattr(model, name)

        def apply(pairs, apply=optimizer.apply_gradients):
            pairs = list(pairs)
            context = tf.distribute.get_replica_context()
            summed = context.all_reduce("sum", [gradient for gradient, _ in pairs])
            paths = [variable.path for _, variable in pairs]
            now.gradients.append(dict(zip(paths, summed, strict=True)))
            return apply(pairs)

        monkeypatch.setattr(optimizer, "apply_gradients", apply)

    def step(batch):
        now.gradients = []
        now.parts = tf.split(batch["latents"], model.discriminator_steps)
        losses = model.training_step({k: v for k, v in batch.items() if k != "latents"})
        return losses, now.gradients

    return step


def noise_level(prefix, name, gradients):
    """The gradient below which values are rounding noise, whose sign Adam's first step uses.

    Those of the generator's biases before a batch norm are zero in theory; their rounding error in
    float32, here and in the official code, grows with the other gradients.
    """
    if prefix == "D/" or not name.endswith("/bias"):
        return 2e-6
    return 1e-4 * max(np.abs(gradient).max() for gradient in gradients.values())


def check_gradients(case, targets, gradients):
    for step, prefix, given in zip(
        ("step1_D", "step2_D", "step2_G"), ("D/", "D/", "G/"), gradients, strict=True
    ):
        for name, target in targets[prefix].items():
            path = name.removeprefix("params/")
            if f"gradnorm/{step}/{path}" in case.outputs:
                gradient = target.to_official(given[target.variable.path])
                want = case.outputs.get(f"grad/{step}/{path}")
                if want is not None:
                    largest = np.maximum(np.abs(gradient), np.abs(want))
                    noise = largest < noise_level(prefix, name, given)
                    gradient = np.where(noise, want, gradient)
                    case.check(f"grad/{step}/{path}", gradient)
                case.check(f"gradnorm/{step}/{path}", np.linalg.norm(gradient))


def check_metrics(case, losses):
    """`losses` of every replica; the official ones are their means."""
    mean = {name: np.mean([float(each[name]) for each in losses]) for name in losses[0]}
    contrast = mean["word_loss"] + mean["sentence_loss"] + mean["image_loss"]
    for key, value in {
        "d_loss": mean["discriminator_loss"],
        "g_loss": mean["generator_loss"],
        "c_loss_d": mean["real_word_loss"] + mean["real_sentence_loss"],
        "c_loss_g": contrast,
        "c_loss_g_pretrained": mean["network_loss"],
    }.items():
        case.check(f"metric/{key}", value)


def check_parameters(case, targets, gradients):
    """Weights after the iteration.

    If a gradient is noise, only the size of the step is checked.
    """
    steps = {"D/": gradients[:2], "G/": gradients[2:], "EMA/": gradients[2:]}
    rates = {"D/": 2 * RATES["discriminator"], "G/": RATES["generator"]}
    rates["EMA/"] = (1 - DECAY) * rates["G/"]
    for prefix, given in steps.items():
        for name, target in targets[prefix].items():
            key = f"after/{prefix}{name}"
            if key not in case.outputs or not name.startswith("params/"):
                continue
            path = target.variable.path.replace("ema_generator/", "generator/")
            weakest = np.min([np.abs(target.to_official(g[path])) for g in given], axis=0)
            noise = weakest < noise_level(prefix, name, given[-1])
            value, want = target.to_official(target.variable), case.outputs[key]
            case.compare(f"{key} of noise", value[noise], want[noise], 2.1 * rates[prefix])
            case.check(key, np.where(noise, want, value))
            assert noise.mean() < 0.5 or name.endswith("/bias"), key


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_iteration(precision):
    rounding.check(Case("xmc_gan", "train_step"), check_iteration)


def check_iteration(case, monkeypatch):
    model, targets = model_of(case)
    losses, gradients = stepper(model, monkeypatch)(batch_of(case))
    check_metrics(case, [losses])
    check_gradients(case, targets, gradients)
    check_parameters(case, targets, gradients)
    for prefix in ("G/", "D/"):
        check_state(case, targets[prefix], f"after/{prefix}")
    case.check_all_seen()
    statistics = ("/moving_mean", "/moving_variance")
    pairs = zip(model.generator.variables, model.ema_generator.variables, strict=True)
    assert all((a.numpy() == b.numpy()).all() for a, b in pairs if a.path.endswith(statistics))


def per_replica(case):
    count = case.meta["replicas"]
    rows = len(case.inputs["z"]) // count
    return [slice(i * rows, (i + 1) * rows) for i in range(count)]


def statistics_after(case, rows):
    """The targets of a generator after the last part of a batch with these rows."""
    config, (_, words, features) = case.meta["config"], case.inputs["embedding"].shape
    network = XMCGANGenerator(
        config["image_size"], config["gf_dim"], config["z_dim"], features, name="generator"
    )
    inputs = {**text_specs(words, features), "latents": symbolic_input(2, config["z_dim"])}
    network, targets = loaded(network, [inputs], names.generator_targets, case.param("G/"))
    network({**text_of(case, rows), "latents": tensor(case.inputs["z"][rows])}, training=True)
    return targets


@pytest.mark.parametrize("precision", FLOAT64, indirect=True)
def test_iteration_on_two_replicas(precision, two_devices):  # noqa: F811
    """The code's replicas have separate statistics; ours keep their mean."""
    rounding.check(
        Case("xmc_gan", "train_step_2replica"),
        lambda case, monkeypatch: check_two_replicas(case, monkeypatch, two_devices),
    )


def check_two_replicas(case, monkeypatch, two_devices):  # noqa: F811
    assert case.meta["replicas"] == 2
    with two_devices.scope():
        model, targets = model_of(case)
    replica_step = stepper(model, monkeypatch)
    batches = [batch_of(case, rows) for rows in per_replica(case)]
    batch = tf.nest.map_structure(
        lambda *parts: two_devices.experimental_distribute_values_from_function(
            lambda context: parts[context.replica_id_in_sync_group]
        ),
        *batches,
    )
    made = two_devices.run(replica_step, (batch,))
    losses, gradients = tf.nest.map_structure(two_devices.experimental_local_results, made)
    check_metrics(case, [{k: v[i] for k, v in losses.items()} for i in range(2)])
    first = [{path: values[0] for path, values in given.items()} for given in gradients]
    check_gradients(case, targets, first)
    for i in range(2):
        check_state(case, targets["D/"], f"after/replica{i}/D/")
    for name, target in targets["G/"].items():
        if name.startswith("batch_stats/"):
            each = [case.outputs[f"after/replica{i}/G/{name}"] for i in range(2)]
            np.testing.assert_allclose(target.variable.numpy(), np.mean(each, axis=0), 2e-3, 2e-5)

    for i, rows in enumerate(per_replica(case)):  # the generator of each, by itself
        targets = statistics_after(case, slice((rows.start + rows.stop) // 2, rows.stop))
        check_state(case, targets, f"after/replica{i}/G/")
    case.check_all_seen()


def test_adam_and_ema_over_several_steps(precision):
    case = Case("xmc_gan", "adam_ema_4steps")
    network, follower = Weights(case.params["w"]), Weights(case.params["w"])
    ema = ExponentialMovingAverage(lambda: network, follower, DECAY, "current")
    weight, average = network.w, follower.w
    optimizer = fuse(FlaxAdam(case.meta["lr"], 0.5, 0.999, epsilon=1e-8))
    for step, gradient in enumerate(case.inputs["grads"], 1):
        optimizer.apply_gradients([(tensor(gradient), weight)])
        ema.update()
        case.check(f"w_{step}", weight)
        case.check(f"ema_{step}", average)
    case.check_all_seen()


class Weights(keras.layers.Layer):
    """A generator of one vector."""

    def __init__(self, value):
        super().__init__()
        self.w = self.add_weight(value.shape, name="w")
        self.w.assign(value)
