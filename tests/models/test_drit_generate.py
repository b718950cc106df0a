"""Generation with DRIT: directions, seeds, guides, presets."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.tiny_drit import SIZE, drit, make_images
from zoo.models.drit.iteration import translate

GENERATING = ("content_encoder", "attribute_encoder", "generator")


@pytest.mark.parametrize("direction", ["a2b", "b2a"])
def test_generate(direction):
    model, images = tiny.reused(drit, compiled=False), make_images()
    made = model.generate(images, samples_per_condition=3, seed=7, direction=direction)
    assert made.shape == (6, SIZE, SIZE, 3) and made.dtype == np.uint8
    assert len({image.tobytes() for image in made}) == 6
    again = model.generate(images, 3, 7, 1, direction=direction)
    assert np.abs(made.astype(int) - again).max() <= 1
    alone = model.generate(images[1], seed=8, direction=direction)
    assert np.abs(alone[0].astype(int) - made[4]).max() <= 1
    for domain in "ab":  # only the target's decoder is used
        decoder = model.generator.part(domain)
        before = decoder.image.bias.numpy()
        decoder.image.bias.assign(before + 1)
        moved = not np.array_equal(model.generate(images, 3, 7, direction=direction), made)
        assert moved == (domain == direction[-1])
        decoder.image.bias.assign(before)


@pytest.mark.parametrize("concat", [True, False])
def test_a_guide_gives_the_attributes(concat):
    settings = {} if concat else {"concat": False}
    model, images = tiny.reused(drit, compiled=False, **settings), make_images()
    assert model.concat == concat
    guides = np.stack([np.full((SIZE, SIZE, 3), value, "float32") for value in (-0.9, 0.9)])
    guides[1, 0, 0] = -0.9  # bright values alone could be in [0, 1]
    for network in (model.attribute_encoder, model.generator):  # untrained, codes hardly matter
        for weight in network.trainable_variables:
            weight.assign(weight * (12 if len(weight.shape) > 1 else 1))
    made = model.generate(images, 2, guide=guides)
    apart = [model.generate(images[i], 2, guide=guides[i])[k] for i in (0, 1) for k in (0, 1)]
    assert np.abs(made.astype(int) - np.stack(apart)).max() <= 1
    assert not np.array_equal(made, model.generate(images, 2))
    assert not np.array_equal(made[:2], model.generate(images[0], 2, guide=guides[1]))
    assert np.array_equal(made[0], made[1]) == (not concat)
    if not concat:
        code = model.attribute_encoder({"b": guides})["b"]["mu"]
        want = translate(model, tf.constant(images), code, "b")
        np.testing.assert_allclose(made[::2], np.round((want + 1) * 127.5), atol=1)
    one = model.generate(images, 1, guide=guides[0])
    assert np.abs(one[0].astype(int) - made[0]).max() <= 1


def test_preset(tmp_path):
    import zoo

    model = drit(compiled=False, mode_seeking_weight=1.0)
    model.save_to_preset(str(tmp_path / "p"))
    loaded = zoo.from_preset(str(tmp_path / "p"))
    assert set(loaded.networks) == set(GENERATING) and loaded.mode_seeking_weight == 1.0
    assert loaded.preset_metadata["task"] == "image-to-image"
    for direction in ("a2b", "b2a"):
        arguments = {"images": make_images(), "direction": direction, "guide": make_images(9)}
        np.testing.assert_array_equal(model.generate(**arguments), loaded.generate(**arguments))
