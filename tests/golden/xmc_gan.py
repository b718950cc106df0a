"""Shared helpers of the golden tests of XMC-GAN."""

import re

import numpy as np
import tensorflow as tf

from tests.golden.golden import tensor
from zoo.importers.state_dict import load_state_dict
from zoo.networks.build import build_on, symbolic_input


def text_of(case, rows=slice(None)):
    """The generator's text inputs of a case."""
    words, lengths = case.inputs["embedding"][rows], case.inputs["max_len"][rows]
    return {
        "words": tensor(words),
        "sentence": tensor(case.inputs["sentence_embedding"][rows]),
        "mask": tf.constant(np.arange(words.shape[1])[None] < lengths),
    }


def text_specs(words, features):
    return {
        "words": symbolic_input(2, words, features),
        "sentence": symbolic_input(2, features),
        "mask": symbolic_input(2, words, dtype="bool"),
    }


def loaded(network, inputs, targets_of, state):
    """The network, built, with the official arrays of its targets; and these targets."""
    targets = targets_of(build_on(network, *inputs))
    load_state_dict(targets, state)
    return network, targets


def ours(images):
    """[0, 1] to [-1, 1]."""
    return tensor(2 * np.asarray(images, "float64") - 1)


def official(images):
    """[-1, 1] to [0, 1]."""
    return (np.asarray(images) + 1) / 2


def check_state(case, targets, prefix):
    """Running statistics and singular vectors under `prefix` in the case's outputs."""
    for name, target in targets.items():
        if re.match("batch_stats/|spectral_norm_stats/", name) and prefix + name in case.outputs:
            case.check(prefix + name, target.to_official(target.variable))
