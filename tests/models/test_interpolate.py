"""`interpolate`: its ends are images of `generate`, and the latent moves along a line."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.test_dcgan import dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_drit import drit, make_images
from zoo.errors import ZooError
from zoo.models.base import generation

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
SYSTEMS = {  # name: (model, conditions, settings)
    "captions": (tiny.dm_gan, ["a red circle", "small zeppelin"], {"unknown": "unk"}),
    "nothing": (lambda **kwargs: tiny.stackgan_v2("none", **kwargs), None, {}),
    "labels": (dcgan, [3, 1], {}),
    "images": (tiny_images.bicyclegan, IMAGES, {}),
    "attributes": (drit, make_images(), {"direction": "b2a"}),
    "guided": (drit, make_images(), {"guide": make_images(5, 1)}),
}


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request):
    make, conditions, settings = SYSTEMS[request.param]
    model = make(compiled=False)
    for variable in model.inference_generator.trainable_variables:
        if len(variable.shape) > 1:  # new networks hardly use their latent
            variable.assign(variable * 2)
    return model, conditions, settings


def test_the_ends_are_those_of_generate(system):
    model, conditions, settings = system
    images = model.interpolate(conditions, steps=5, seed=7, **settings)
    count = 1 if conditions is None else len(conditions)
    assert images.dtype == np.uint8 and len(images) == 5 * count
    if conditions is not None:
        named = {model.condition.argument: conditions}
        again = model.interpolate(steps=5, seed=7, **named, **settings)
        np.testing.assert_array_equal(again, images)
    rows = images.reshape(count, 5, *images.shape[1:])
    noise = {"noise_seed": 7} if model.condition_dim is not None else {}
    for place, seed in ((0, 7), (-1, 8)):
        want = model.generate(conditions, seed=seed, **noise, **settings)
        np.testing.assert_array_equal(rows[:, place], want)
    assert all(len({image.tobytes() for image in row}) == 5 for row in rows)


def test_latents_go_evenly_along_a_line(system, monkeypatch):
    model, conditions, settings = system
    count, made = 1 if conditions is None else len(conditions), []
    seeds = 3 if conditions is None else [3, 11]

    def run_batched(model, rows, row_of_image, noise, batch_size):
        made.append(noise)
        np.testing.assert_array_equal(row_of_image, np.repeat(np.arange(count), 4))
        return {"images": np.zeros([4 * count, 1, 1, 3], np.uint8)}

    monkeypatch.setattr(generation, "run_batched", run_batched)
    model.interpolate(conditions, steps=4, seed=seeds, **settings)
    latents = made[0]["latents"].reshape(count, 4, -1)
    for row, seed in zip(latents, np.reshape(seeds, [-1]), strict=True):
        start, end = model.latents_from_seeds(tf.constant([seed, seed + 1], tf.int64)).numpy()
        for k in range(4):
            np.testing.assert_allclose(row[k], start + (end - start) * k / 3, atol=1e-6)
    if "noise" in made[0]:
        start = model.noise_from_seeds(tf.constant(np.reshape(seeds, [-1]), tf.int64))["noise"]
        np.testing.assert_array_equal(made[0]["noise"], np.repeat(start, 4, axis=0))


@pytest.mark.parametrize("steps", [1, 0, -3, 2.0, None, True])
def test_too_few_steps(steps):
    with pytest.raises(ZooError, match=f"steps must be an integer of at least 2, got {steps}"):
        dcgan(compiled=False).interpolate([0], steps=steps)


def test_what_generate_refuses():
    model = dcgan(compiled=False)
    with pytest.raises(ZooError, match="from 0 to 3.*got 4"):
        model.interpolate([4])
    with pytest.raises(ZooError, match="seed must be an integer"):
        model.interpolate([1, 2], seed=1.5)
    with pytest.raises(ZooError, match="no latent"):
        tiny_images.pix2pix(compiled=False, latent_dim=0).interpolate(IMAGES)
