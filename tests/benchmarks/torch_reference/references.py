"""The PyTorch references by system; each compares with the zoo's system of the same name."""

import importlib

import numpy as np
import tensorflow as tf

CLASSES = {
    "attn_gan": "AttnGAN",
    "dcgan": "DCGAN",
    "pix2pix": "Pix2Pix",
    "bicyclegan": "BicycleGAN",
    "stackgan_v2": "StackGANV2",
    "dm_gan": "DMGAN",
    "mirror_gan": "MirrorGAN",
    "xmc_gan": "XMCGAN",
    "drit": "DRIT",
}
NAMES = tuple(CLASSES)


def make(system, model, **settings):
    """The reference of a system with the weights of a compiled model, see `Reference`."""
    module = importlib.import_module(f"tests.benchmarks.torch_reference.{system}")
    return getattr(module, CLASSES[system])(model, **settings)


def give_noise(model, noise, monkeypatch):
    """Lets a model use the noise of `Reference.draw`, a dict of arrays by the zoo's names."""

    def draw(stream, rows, size, **_):
        value = noise[stream]
        assert tuple(value.shape) == (int(rows), size), stream
        return tf.constant(np.array(value))

    def normal(stream, shape):
        value = noise[stream]
        value = value.transpose(0, 2, 3, 1) if value.ndim == 4 else value
        assert tuple(value.shape) == tuple(int(n) for n in shape), stream
        return tf.constant(value)

    monkeypatch.setattr(model, "noise", draw)
    if hasattr(model, "normal"):
        monkeypatch.setattr(model, "normal", normal)
