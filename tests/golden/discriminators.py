"""Shared helpers of the golden tests of the stage discriminators.

`names` is the paper's importer.
"""

import numpy as np
import tensorflow as tf

from tests.golden.golden import built, check_after, nchw, nhwc, tensor
from zoo.importers.state_dict import load_state_dict
from zoo.losses.adversarial import binary_cross_entropy, matching_aware_discriminator_loss
from zoo.networks.stage_discriminator import StageDiscriminator


def load(names, state_dict, images, sentence, **options):
    """A discriminator of the official sizes for these inputs, and its targets."""
    spectral = "img_code_s16.0.module.weight_bar" in state_dict
    first = "img_code_s16.0.module.weight_bar" if spectral else "img_code_s16.0.weight"
    network = StageDiscriminator(
        images.shape[1],
        state_dict[first].shape[0],
        normalization="spectral" if spectral else "batch",
        **options,
    )
    built(network, images, sentence)
    targets = names.discriminator_targets(network)
    load_state_dict(targets, state_dict)
    return network, targets


def check_network(case, names):
    """Features, both heads, gradients and statistics of a case `d_net*` of the AttnGAN family."""
    images, sentence = tensor(nhwc(case.inputs["x"])), tensor(case.inputs["c_code"])
    network, targets = load(names, case.param(), images, sentence)
    for mode, training in (("eval", False), ("train", True)):
        load_state_dict(targets, case.param())  # spectral normalization also moves on in eval mode
        with tf.GradientTape() as tape:
            tape.watch(images)
            features = network(images, training=training)
            logits = network.logits(features, sentence, training=training)
            heads = {k: tf.sigmoid(v) for k, v in logits.items()}
            # the objective whose gradients are stored
            loss = tf.reduce_sum(tf.math.log(heads["conditional"]))
            loss += 2 * tf.reduce_sum(tf.math.log(1 - heads["unconditional"]))
        case.check(f"{mode}/features", nchw(features))
        case.check(f"{mode}/cond", heads["conditional"])
        case.check(f"{mode}/uncond", heads["unconditional"])
    trained = {k: t for k, t in targets.items() if t.variable.trainable}
    variables = [t.variable.value for t in trained.values()]
    *gradients, to_images = tape.gradient(loss, [*variables, images])
    for name, gradient in zip(trained, gradients, strict=True):
        case.check(f"train/grad_norm/{name}", np.linalg.norm(gradient))
    (key,) = [k for k in case.outputs if k.startswith("train/grad_x_stride")]
    stride = int(key.rsplit("stride", 1)[1])
    case.check(key, nchw(to_images)[:, :, ::stride, ::stride])
    check_after(case, targets, "train_after/")
    case.check_all_seen()


def check_loss(case, names, version):
    """The loss of a case `discriminator_loss`, "joint" or "cond_only", and its gradients."""
    joint = version == "joint"
    real, fake = tensor(nhwc(case.inputs["real"])), tensor(nhwc(case.inputs["fake"]))
    sentence = tensor(case.inputs["sent_emb"])
    state_dict = {k: v for k, v in case.param().items() if joint or not k.startswith("UNCOND")}
    network, targets = load(names, state_dict, real, sentence, unconditional=joint)
    with tf.GradientTape() as tape:
        real_features, fake_features = network(real, training=True), network(fake, training=True)
        real_logits = network.logits(real_features, sentence, training=True)
        fake_logits = network.logits(fake_features, sentence, training=True)
        wrong = network.conditional_logits(real_features[:-1], sentence[1:], training=True)
        loss = matching_aware_discriminator_loss(real_logits, wrong, [fake_logits])
    terms = [
        binary_cross_entropy(real_logits["conditional"], 1),
        binary_cross_entropy(fake_logits["conditional"], 0),
        binary_cross_entropy(wrong, 0),
    ]
    if joint:
        terms.append(binary_cross_entropy(real_logits["unconditional"], 1))
        terms.append(binary_cross_entropy(fake_logits["unconditional"], 0))
    case.check(f"{version}/errD", loss)
    case.check(f"{version}/bce", np.array(terms))
    trained = {k: t for k, t in targets.items() if t.variable.trainable}
    gradients = tape.gradient(loss, [t.variable.value for t in trained.values()])
    for name, gradient in zip(trained, gradients, strict=True):
        case.check(f"{version}/grad_norm/{name}", np.linalg.norm(gradient))
    check_after(case, targets, f"{version}/after/")
    case.check_all_seen(ignore=rf"num_batches_tracked$|^(?!{version}/)")
