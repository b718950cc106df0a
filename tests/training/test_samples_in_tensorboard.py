"""TensorBoard output of a text-to-image run, read back from its event file."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.graphs import eagerly
from tests.support.tiny_hub_module import tiny_modules
from tests.support.tiny_xmc_gan import xmc_gan
from tests.training.fakes import config
from zoo.models.xmc_gan import FlaxAdam
from zoo.training.experiment import Experiment
from zoo.training.run_folder import RunFolder
from zoo.training.samples import CaptionSamples
from zoo.training.trainer import Trainer

PLACES, BATCH, STEPS = 9, 4, 3
CAPTIONS = ["a red bird", "the big unforgettable bird is playing"]
MATCHES = ("real_word", "real_sentence", "word", "sentence", "image")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(folder of a run of three steps, its events: dict of tag -> list of (step, value))."""
    model = xmc_gan(max_words=PLACES, text_encoder={"kind": "hub", **tiny_modules()})
    optimizer = FlaxAdam(1e-3, 0.5, 0.999, epsilon=1e-8)
    model.compile(generator_optimizer=optimizer, discriminator_optimizer=optimizer)
    pieces = model.hub_encoder.tokenize(tf.constant(CAPTIONS * (BATCH // 2)))
    batch = {**tiny.batch(0, BATCH, sizes=(64,), kind="none"), **pieces}
    experiment = Experiment(
        model, lambda start: tf.data.Dataset.from_tensors(batch).repeat(),
        samples=CaptionSamples(model, CAPTIONS, images_per_caption=2),
    )
    settings = config(steps=STEPS, log_every=1, sample_every=STEPS, checkpoint_every=STEPS)
    folder = RunFolder(tmp_path_factory.mktemp("run"), settings, quiet=True)
    try:
        with eagerly():
            Trainer(experiment, settings, folder).run()
    finally:
        folder.close()
    return folder, events(folder.events)


def events(directory):
    found = {}
    for file in directory.iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                content = tf.make_ndarray(value.tensor)
                found.setdefault(value.tag, []).append((event.step, content))
    return found


def test_statistics_of_the_contrastive_losses(run):
    _, events = run
    pairs = BATCH // 2  # a step of the discriminator sees half a batch
    highest = {"loss": math.inf, "accuracy": 1, "entropy": math.log(pairs) + 1e-6}
    for match in MATCHES:
        for statistic, bound in highest.items():
            steps, values = zip(*events[f"{match}_{statistic}"], strict=True)
            assert steps == (1, 2, 3)
            assert all(0 <= float(value) <= bound for value in values), (match, statistic)
    assert len({float(value) for _, value in events["word_entropy"]}) == STEPS  # not a constant


def test_images_attention_and_captions(run):
    folder, events = run
    for tag, file in (("samples", ""), ("samples_explain", "_explain")):
        [(first, _), (step, (width, height, png))] = events[tag]
        assert first == 0
        path = folder.samples / f"step_{step:07d}{file}.png"
        image = tf.io.decode_png(path.read_bytes()).numpy()
        np.testing.assert_array_equal(tf.io.decode_png(png), image)
        assert step == STEPS and image.shape == (int(height), int(width), 3)
    step, captions = events["captions"][-1]
    assert step == STEPS and [caption.decode() for caption in captions] == CAPTIONS
