"""Shared helpers of the golden tests of Pix2Pix and BicycleGAN."""

import numpy as np

from tests.golden.golden import nchw, nhwc, tensor
from tests.golden.iteration import check_first_step, dense, exact_adam, legacy_distance
from zoo.importers import pix2pix as names
from zoo.importers.state_dict import load_state_dict
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.patch_discriminator import PatchDiscriminator, map_size
from zoo.networks.u_net import UNet


def learning_rate(case):
    """The learning rate of the case's Adam, from the tolerance 2.1 * lr of its first step."""
    rules = dict((pattern, atol) for pattern, _, atol in case.meta.get("tolerance_by_key", []))
    return rules.get("^after/", 4.2e-4) / 2.1


def check_u_net(case):
    """A U-Net in the case's mode, loaded through the importer."""
    config = case.meta["config"]
    network = UNet(
        config["output_nc"],
        config["ngf"],
        config["num_downs"],
        config["where"],
        upsample=config.get("upsample", "basic"),
        activation=config.get("nl", "relu"),
        normalization=config["norm"],
    )
    inputs = {"source": tensor(nhwc(case.inputs["x"]))}
    if "z" in case.inputs:
        inputs["latents"] = tensor(case.inputs["z"])
    build_on(network, {name: symbolic_input(*value.shape) for name, value in inputs.items()})
    targets = names.u_net_targets(network)
    load_state_dict(targets, case.param())
    images = network(inputs, training=config["mode"] == "train")["images"]
    case.check("image", nchw(images))
    check_statistics(case, targets)
    case.check_all_seen()


def single_scale(case):
    """A `D_NLayers` of the case, not built yet, inferred from its arrays and the size of its map.

    No system uses that class. MSGAN's does not pad the last convolution.
    """
    c, size = case.meta["config"], case.inputs["x"].shape[2]
    network = PatchDiscriminator(c["ndf"], c["n_layers"], c["norm"])
    missing = map_size(size, c["n_layers"]) - case.outputs["pred0"].shape[2]
    assert missing in (0, 2)
    network.logit.pad = 1 - missing // 2
    return official_biases(case, network)


def official_biases(case, network):
    """The network, not built yet: BicycleGAN's `D_NLayers` has no biases before batch norm."""
    for convolution in network.convs[1:]:
        convolution.use_bias = "model.2.bias" in case.params
    return network


def check_maps(case, network, targets, single=False):
    """A discriminator in the case's mode; `targets`: function of the built network."""
    x = tensor(nhwc(case.inputs["x"]))
    build_on(network, symbolic_input(*x.shape))
    targets = targets(network)
    load_state_dict(targets, case.param())
    maps = network(x, training=case.meta["config"]["mode"] == "train")
    for i, logits in enumerate([maps] if single else maps):
        case.check(f"pred{i}", nchw(logits))
    check_statistics(case, targets)
    case.check_all_seen()


def check_statistics(case, targets):
    """Running statistics after one pass in training."""
    for name, target in targets.items():
        if f"after/{name}" in case.outputs:
            case.check(f"after/{name}", target.to_official(target.variable.numpy()))


def check_official_weights(case, network):
    """Every array of a released file is in the network that the importer builds from it."""
    targets = names.u_net_targets(network)
    for name, target in targets.items():
        np.testing.assert_array_equal(
            target.to_official(target.variable.numpy()), case.params[name], err_msg=name
        )


def sizes(case):
    """The constructor arguments of an iteration's case, most of them inferred from its arrays."""
    config, channels = case.meta["config"], case.inputs["A"].shape[1]
    found = names.generator_settings(case.param("G."), channels)
    scale = "model_{}" if any(k.startswith("D.model_0.") for k in case.params) else "model{}"
    found |= names.discriminator_settings(case.param("D."), scale)
    assert found["num_downs"] == config["num_downs"] and found["latent_dim"] == config["nz"]
    assert found["generator_filters"] == config["ngf"]
    assert found["discriminator_filters"] == config["ndf"]
    return found | {"image_size": config["size"]}


def compiled(case, model, targets):
    """The model with the official Adam, and the case's weights in it."""
    adam = {name: exact_adam(learning_rate(case), 0.5, 0.999, 1e-8) for name in groups(model)}
    model.compile(**adam)
    targets = targets(model)
    load_state_dict(targets, case.param())
    return targets


def groups(model):
    model.build_for_training()
    return model.optimizer_groups


def batch_of(case):
    return {n: tensor(nhwc(case.inputs[k])) for n, k in (("source", "A"), ("target", "B"))}


def give_noise(model, monkeypatch, **streams):
    """Replaces drawn noise with the case's; fails for a name that the model does not draw."""
    unused = set(streams)

    def draw(stream, batch, size, samples=None):
        unused.discard(stream)
        value = tensor(streams[stream])
        assert value.shape == (batch, size), stream
        return value

    monkeypatch.setattr(model, "noise", draw)
    return unused


def record_steps(model, monkeypatch):
    """A list of (optimizer name, dict of variable path -> gradient), one entry per step."""
    steps = []
    for name in model.optimizer_names:
        optimizer = getattr(model, name)

        def apply(pairs, name=name, apply=optimizer.apply_gradients):
            pairs = list(pairs)
            steps.append((name, {variable.path: dense(gradient) for gradient, variable in pairs}))
            return apply(pairs)

        monkeypatch.setattr(optimizer, "apply_gradients", apply)
    return steps


def check_gradients(case, targets, gradients, kinds=("gradnorm", "grad"), rename=str):
    """Checks the norms of the gradients, and the gradients that the case has."""
    for name, target in targets.items():
        if target.variable.path not in gradients:
            continue
        gradient = target.to_official(gradients[target.variable.path])
        for kind in kinds:
            key = f"{kind}/{rename(name)}"
            if key in case.outputs:
                value = gradient if kind == "grad" else np.linalg.norm(gradient)
                case.check(key, value, more=legacy_distance(case, key))


def check_after(case, targets, steps):
    """Checks the weights after the step, within the case's bounds and against Adam's step."""
    gradients = {path: gradient for _, given in steps for path, gradient in given.items()}
    for name, target in targets.items():
        if f"after/{name}" not in case.outputs:
            continue
        now = target.to_official(target.variable.numpy())
        case.check(f"after/{name}", now)
        ours = target.to_official(gradients[target.variable.path])
        official = case.outputs[f"grad/{name}"]
        check_first_step(case, f"after/{name}", now, ours, official, learning_rate(case))
