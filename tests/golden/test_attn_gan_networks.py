"""Golden parity of AttnGAN's blocks, generators and discriminators, loaded through the importer."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tests.golden import discriminators
from tests.golden.generators import check_generator
from tests.golden.golden import Case, built, check_after, nchw, nhwc, subsampled, tensor
from zoo.importers import attn_gan as names
from zoo.importers import staged
from zoo.importers.state_dict import conv, load_state_dict
from zoo.layers.conditioning_augmentation import ConditioningAugmentation
from zoo.layers.stackgan_blocks import ConvGLU, ResidualBlock, conv3x3, glu
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.attn_gan.generator import AttentionStage, AttnGANGenerator
from zoo.networks.staged_generator import InitialStage

# --- blocks -------------------------------------------------------------------------------------


class Blocks:
    """All blocks of the case `g_blocks`, built on its inputs and loaded."""

    def __init__(self, case):
        p, i = case.param(), case.inputs
        self.h, self.h2 = tensor(nhwc(i["h"])), tensor(nhwc(i["h2"]))
        self.words, self.mask = tensor(i["words_embs"].transpose(0, 2, 1)), i["mask"] == 0
        self.sentence, self.eps = tensor(i["sent_emb"]), tensor(i["eps"])
        self.condition, self.z = tensor(i["c_code"]), tensor(i["z"])
        self.code = tf.concat([self.condition, self.z], axis=1)
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
        for block in (self.up, self.b3, self.res):
            built(block, self.h2)
        built(self.ca, self.sentence, self.eps)
        built(self.img, self.h)
        built(self.init, self.code)
        built(self.next, self.h, self.words, self.mask)
        self.targets = (
            staged.conv_glu_targets("up", self.up)
            | staged.conv_glu_targets("b3", self.b3, first=0)
            | staged.residual_targets("res", self.res)
            | staged.augmentation_targets("ca", self.ca)
            | conv("img.img.0", self.img)
            | staged.initial_stage_targets("init", self.init)
            | names.attention_stage_targets("next.", self.next)
        )
        load_state_dict(self.targets, p)

    def run(self, training):
        """The output of every block, with the official names and layouts."""
        condition, mu, log_var = self.ca(self.sentence, self.eps)
        features, attention = self.next(self.h, self.words, self.mask, training=training)
        same = {
            "glu": nchw(glu(self.h2)),
            "ca.c_code": condition,
            "ca.mu": mu,
            "ca.logvar": log_var,
            "kl_loss": kl_to_standard_normal(mu, log_var),
            "img": nchw(self.img(self.h)),
        }
        initial = nchw(self.init(self.code, training=training))
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
        outputs["init"] = subsampled(outputs["init"], case.outputs[f"{mode}/init"])
        for name, value in same.items():
            case.check(name, value)
        for name, value in outputs.items():
            case.check(f"{mode}/{name}", value)
    check_after(case, blocks.targets, "train_after/")
    case.check_all_seen()


# --- whole networks -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["g_net", "g_dcgan_2branch"])
def test_generator(precision, name):
    check_generator(Case("attngan", name), AttnGANGenerator, names)


@pytest.mark.parametrize("size", [64, 128, 256])
def test_discriminator(precision, size):
    discriminators.check_network(Case("attngan", f"d_net{size}"), names)


@pytest.mark.parametrize("version", ["joint", "cond_only"])
def test_discriminator_loss(precision, version):
    discriminators.check_loss(Case("attngan", "discriminator_loss"), names, version)
