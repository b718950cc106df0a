"""Golden parity of AttnGAN's blocks, generators and discriminators, loaded through the importer."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, nchw, nhwc, tensor
from zoo.importers import attn_gan as names
from zoo.importers.state_dict import conv, load_state_dict
from zoo.layers.conditioning_augmentation import ConditioningAugmentation
from zoo.layers.convolution import ConvGLU, ResidualBlock, conv3x3, glu
from zoo.losses.adversarial import binary_cross_entropy, matching_aware_discriminator_loss
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.attn_gan.generator import AttentionStage, AttnGANGenerator, InitialStage
from zoo.networks.stage_discriminator import StageDiscriminator


def check_after(case, targets, prefix):
    """The running statistics behind `prefix` in the case's outputs."""
    for name, target in targets.items():
        if re.search("running_(mean|var)$", name) and f"{prefix}{name}" in case.outputs:
            case.check(f"{prefix}{name}", target.to_official(target.variable))


# --- blocks -------------------------------------------------------------------------------------


class Blocks:
    """All blocks of the case `g_blocks`, built on its inputs and loaded."""

    def __init__(self, case):
        p, i = case.param(), case.inputs
        self.h, self.h2 = tensor(nhwc(i["h"])), tensor(nhwc(i["h2"]))
        self.words, self.padding = tensor(i["words_embs"].transpose(0, 2, 1)), i["mask"]
        self.sentence, self.eps = tensor(i["sent_emb"]), tensor(i["eps"])
        self.condition, self.z = tensor(i["c_code"]), tensor(i["z"])
        config = case.meta["config"]
        self.up = ConvGLU(p["up.1.weight"].shape[0] // 2, upsample=True)
        self.b3 = ConvGLU(p["b3.0.weight"].shape[0] // 2)
        self.res = ResidualBlock()
        self.ca = ConditioningAugmentation(config["CONDITION_DIM"])
        self.img = conv3x3(3, activation="tanh")
        doublings = sum(bool(re.fullmatch(r"init\.upsample\d+\.1\.weight", k)) for k in p)
        width = p["init.fc.0.weight"].shape[0] // 32
        self.init = InitialStage(4 * 2**doublings, width // 2**doublings)
        self.next = AttentionStage(config["GF_DIM"], config["R_NUM"], "official")
        self.run(training=False)
        self.targets = (
            names.conv_glu_targets("up", self.up)
            | names.conv_glu_targets("b3", self.b3, first=0)
            | names.residual_targets("res", self.res)
            | names.augmentation_targets("ca", self.ca)
            | conv("img.img.0", self.img)
            | names.initial_stage_targets("init", self.init)
            | names.attention_stage_targets("next", self.next)
        )
        load_state_dict(self.targets, p)

    def run(self, training):
        """Every block once, in the official names and layouts."""
        condition, mu, log_var = self.ca(self.sentence, self.eps)
        features, attention = self.next(self.h, self.words, self.padding, training=training)
        same = {
            "glu": nchw(glu(self.h2)),
            "ca.c_code": condition,
            "ca.mu": mu,
            "ca.logvar": log_var,
            "kl_loss": kl_to_standard_normal(mu, log_var),
            "img": nchw(self.img(self.h)),
        }
        initial = nchw(self.init(self.condition, self.z, training=training))
        mode = {
            "up": nchw(self.up(self.h2, training=training)),
            "b3": nchw(self.b3(self.h2, training=training)),
            "res": nchw(self.res(self.h2, training=training)),
            "init": initial,
            "init_shape": np.array(initial.shape),
            "next": nchw(features),
            "next.att": nchw(attention),
        }
        return same, mode


def test_blocks(precision):
    case = Case("attngan", "g_blocks")
    blocks = Blocks(case)
    for mode, training in (("eval", False), ("train", True)):
        same, outputs = blocks.run(training)
        stride = outputs["init"].shape[2] // case.outputs[f"{mode}/init"].shape[2]
        outputs["init"] = outputs["init"][:, :, ::stride, ::stride]
        for name, value in same.items():
            case.check(name, value)
        for name, value in outputs.items():
            case.check(f"{mode}/{name}", value)
    check_after(case, blocks.targets, "train_after/")
    case.check_all_seen()


# --- generators ---------------------------------------------------------------------------------


def generator_inputs(case):
    i = case.inputs
    return {
        "words": tensor(i["words_embs"].transpose(0, 2, 1)),
        "sentence": tensor(i["sent_emb"]),
        "padding": tf.constant(i["mask"]),
        "latents": tensor(i["z"]),
        "noise": tensor(i["eps"]),
    }


def load_generator(state_dict, config, inputs):
    """An `AttnGANGenerator` of the official sizes, on the official mask tiling."""
    stages = 1 + len({k.split(".")[0] for k in state_dict if re.match(r"h_net[2-9]", k)})
    single = config.get("B_DCGAN", False)
    generator = AttnGANGenerator(
        [64 * 2**i for i in range(stages)],
        config["GF_DIM"],
        config["R_NUM"],
        config["CONDITION_DIM"],
        "official",
        single,
    )
    generator(inputs)
    targets = names.generator_targets(generator)
    load_state_dict(targets, state_dict)
    return generator, targets


@pytest.mark.parametrize("name", ["g_net", "g_dcgan_2branch"])
def test_generator(precision, name):
    case = Case("attngan", name)
    inputs = generator_inputs(case)
    generator, targets = load_generator(case.param(), case.meta["config"], inputs)
    for mode, training in (("eval", False), ("train", True)):
        outputs = generator(inputs, training=training)
        for kind, values in (("fake", outputs["images"]), ("att", outputs["attention"])):
            for i, value in enumerate(values):
                value = nchw(value)
                (key,) = [k for k in case.outputs if k.startswith(f"{mode}/{kind}{i}_stride")]
                stride = int(key.rsplit("stride", 1)[1])
                case.check(key, value[:, :, ::stride, ::stride])
                if kind == "fake":
                    case.check(f"{mode}/fake{i}_mean", value.mean((2, 3)))
                    case.check(f"{mode}/fake{i}_std", value.std((2, 3)))
        case.check(f"{mode}/mu", outputs["mu"])
        case.check(f"{mode}/logvar", outputs["log_var"])
    check_after(case, targets, "train_after/")
    case.check_all_seen()


# --- discriminators -----------------------------------------------------------------------------


def load_discriminator(state_dict, image_size, sentence_features):
    filters = state_dict["img_code_s16.0.weight"].shape[0]
    unconditional = any(k.startswith("UNCOND") for k in state_dict)
    network = StageDiscriminator(image_size, filters, unconditional)
    network(tf.zeros([2, image_size, image_size, 3]), tf.zeros([2, sentence_features]))
    targets = names.discriminator_targets(network)
    load_state_dict(targets, state_dict)
    return network, targets


@pytest.mark.parametrize("size", [64, 128, 256])
def test_discriminator(precision, size):
    case = Case("attngan", f"d_net{size}")
    images, sentence = tensor(nhwc(case.inputs["x"])), tensor(case.inputs["c_code"])
    network, targets = load_discriminator(case.param(), images.shape[1], sentence.shape[1])
    for mode, training in (("eval", False), ("train", True)):
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
    variables = [t.variable.value for t in targets.values() if t.variable.trainable]
    trained = [k for k, t in targets.items() if t.variable.trainable]
    *gradients, to_images = tape.gradient(loss, [*variables, images])
    for name, gradient in zip(trained, gradients, strict=True):
        case.check(f"train/grad_norm/{name}", np.linalg.norm(gradient))
    (key,) = [k for k in case.outputs if k.startswith("train/grad_x_stride")]
    stride = int(key.rsplit("stride", 1)[1])
    case.check(key, nchw(to_images)[:, :, ::stride, ::stride])
    check_after(case, targets, "train_after/")
    case.check_all_seen()


@pytest.mark.parametrize("version", ["joint", "cond_only"])
def test_discriminator_loss(precision, version):
    case = Case("attngan", "discriminator_loss")
    real, fake = tensor(nhwc(case.inputs["real"])), tensor(nhwc(case.inputs["fake"]))
    sentence = tensor(case.inputs["sent_emb"])
    state_dict = {
        k: v for k, v in case.param().items() if version == "joint" or not k.startswith("UNCOND")
    }
    network, targets = load_discriminator(state_dict, real.shape[1], sentence.shape[1])
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
    if version == "joint":
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
