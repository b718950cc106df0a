"""Files in the form of released ones, of tiny models, for tests; and the import command."""

import contextlib
import functools
import io
import pickle

import keras
import numpy as np

from recipes import import_checkpoint
from tests.support import programs, tiny
from zoo.errors import ZooError
from zoo.importers import bicyclegan, dcgan, drit, pix2pix, xmc_gan
from zoo.importers.state_dict import prefixed
from zoo.models.dcgan import DCGAN
from zoo.models.drit import DRIT

WORDS = [*tiny.WORDS[:1], *tiny.WORDS[2:]]  # the official vocabulary has no <unk>
SIZE = 48  # of DRIT's images, which no array tells


def arrays(targets):
    """dict of official name -> array."""
    return {name: t.to_official(t.variable.numpy()) for name, t in targets.items()}


def save(path, targets):
    np.savez(path, **arrays(targets))
    return str(path)


def save_captions(path):
    numbered = dict(enumerate(WORDS))
    path.write_bytes(pickle.dumps([[], [], numbered, {w: i for i, w in numbered.items()}], 2))
    return str(path)


def tiny_dcgan():
    keras.utils.set_random_seed(1)
    model = DCGAN(classes=4, image_size=16, filters=4, latent_dim=8)
    model.build_for_training()
    return model


def dcgan_targets(model):
    targets = prefixed("gen.", dcgan.generator_targets(model.generator))
    return targets | prefixed("dis.", dcgan.discriminator_targets(model.discriminator))


@functools.cache
def tiny_drit(concat=True):
    """The same model each time: tests must not change it."""
    keras.utils.set_random_seed(1)
    model = DRIT(
        SIZE, 2, 4, concat, discriminators={"filters": 2, "scales": 2, "layers": 3},
        content_discriminator={"layers": 1},
    )
    model.build_for_training()
    return model


def drit_targets(model):
    return drit.system_targets(model)


def pix2pix_targets(model):
    """{file: targets} of a Pix2Pix as MSGAN stores it."""
    return {
        "generator": pix2pix.u_net_targets(model.generator),
        "discriminator": pix2pix.discriminator_targets(model.discriminator),
    }


def bicyclegan_targets(model):
    """{file: targets} of a BicycleGAN."""
    discriminators = {
        name: bicyclegan.discriminator_targets(model.networks[name])
        for name in model.discriminator_names
    }
    return {
        "generator": pix2pix.u_net_targets(model.generator),
        "encoder": bicyclegan.encoder_targets(model.encoder),
        **discriminators,
    }


def xmc_gan_targets(model):
    """The networks of an XMC-GAN's checkpoint: its statistics are stored once, as the live ones."""
    parts = {
        "g_optimizer/target/": xmc_gan.generator_targets(model.generator),
        "d_optimizer/target/": xmc_gan.discriminator_targets(model.discriminator),
        "ema_params/": xmc_gan.generator_targets(model.ema_generator),
    }
    states = {"g_optimizer/target/": "generator_state/", "d_optimizer/target/":
              "discriminator_state/"}
    targets = {}
    for place, part in parts.items():
        for name, target in part.items():
            if name.startswith("params/"):
                targets[place + name.removeprefix("params/")] = target
            elif place in states:
                targets[states[place] + name] = target
    return targets


def import_commands(*commands):
    """The output of `recipes.import_checkpoint` for several lists of flags: a list of lines."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for arguments in commands:
            try:
                with programs.parsed(import_checkpoint, *arguments):
                    import_checkpoint.main(None)
            except ZooError as error:
                print("error:", str(error).replace("\n", " "))
    return printed.getvalue().splitlines()
