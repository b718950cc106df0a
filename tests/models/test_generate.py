"""`generate`: rows, seeds, determinism, and invalid input."""

import logging

import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.errors import ZooError
from zoo.models.base import generation

CAPTIONS = ["a red circle", "big blue square"]


@pytest.fixture(scope="module")
def model():
    return tiny.attn_gan(compiled=False)


def test_shape_and_type(model):
    images = model.generate(CAPTIONS, images_per_caption=3, seed=7)
    assert images.shape == (6, 32, 32, 3) and images.dtype == np.uint8
    assert len({image.tobytes() for image in images}) == 6
    assert model.generate("a red circle").shape == (1, 32, 32, 3)


def test_a_row_depends_on_its_caption_and_seed_alone(model):
    whole = model.generate(CAPTIONS, images_per_caption=3, seed=7).astype(int)
    small_batches = model.generate(CAPTIONS, images_per_caption=3, seed=7, batch_size=2)
    alone = model.generate(CAPTIONS[1], seed=9)
    listed = model.generate([CAPTIONS[1], CAPTIONS[0]], seed=[9, 7])
    assert np.abs(whole - small_batches).max() <= 1
    assert np.abs(whole[5] - alone[0]).max() <= 1
    assert np.abs(whole[[5, 0]] - listed).max() <= 1


def test_several_models_in_one_program_are_no_reason_for_a_warning(caplog, monkeypatch):
    class Model:
        def double(self, numbers):
            return 2 * numbers

    monkeypatch.setattr(tf.get_logger(), "propagate", True)
    caplog.set_level(logging.WARNING, logger=tf.get_logger().name)
    for _ in range(12):
        generation._traced(Model().double, tf.TensorSpec([None]))(tf.ones([2]))
    assert not caplog.records
    for _ in range(12):  # as it would be
        tf.function(Model().double, [tf.TensorSpec([None])], autograph=False)(tf.ones([2]))
    assert "retracing" in caplog.text


def test_attention_belongs_to_the_words(model):
    _, explained = model.generate(CAPTIONS, images_per_caption=2, return_details=True)
    assert explained["tokens"] == [["a", "red", "circle"]] * 2 + [["big", "blue", "square"]] * 2
    attention = explained["attention"]
    assert attention.shape == (4, 16, 16, model.max_words)
    np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
    assert attention[..., 3:].max() == 0


def test_the_ema_generates():
    model = tiny.attn_gan(compiled=False)
    before = model.generate(CAPTIONS)
    for variable in model.generator.variables:
        variable.assign(variable * 0.5)
    np.testing.assert_array_equal(before, model.generate(CAPTIONS))
    model.ema.reset()
    assert (before != model.generate(CAPTIONS)).any()


def test_unknown_words_are_dropped_or_read_as_unk(model):
    plain = model.generate("red circle", seed=1)
    np.testing.assert_array_equal(plain, model.generate("red zeppelin circle", seed=1))
    assert (plain != model.generate("red zeppelin circle", seed=1, unknown="unk")).any()


def test_a_long_caption_keeps_its_first_words(model):
    long = " ".join(["red", "circle", "a", "big", "blue", "square"] + ["small"] * 2000)
    assert len(long) > 10_000
    np.testing.assert_array_equal(
        model.generate(long), model.generate("red circle a big blue square")
    )


@pytest.mark.parametrize(
    ("captions", "arguments", "message"),
    [
        ("", {}, "empty"),
        (["a red circle", "  "], {}, "empty"),
        ("zeppelin quagga", {}, "zeppelin.*quagga"),
        (["a red circle", 3], {}, "3"),
        (b"a red circle", {}, "bytes"),
        ([], {}, "caption"),
        ("a red circle", {"images_per_caption": 0}, "images_per_caption"),
        ("a red circle", {"seed": 1.5}, "seed"),
        ("a red circle", {"seed": [1, 2]}, "seed"),
        ("a red circle", {"unknown": "guess"}, "unknown"),
    ],
)
def test_bad_input(model, captions, arguments, message):
    with pytest.raises(ZooError, match=message):
        model.generate(captions, **arguments)


def test_names_of_the_number_of_images(model):
    whole = model.generate("red", images_per_condition=2, seed=7)
    for name in ("images_per_caption", "samples_per_condition"):
        np.testing.assert_array_equal(model.generate(captions="red", seed=7, **{name: 2}), whole)
    same = {"images_per_caption": 2, "samples_per_condition": 2}
    np.testing.assert_array_equal(model.generate("red", seed=7, **same), whole)
    for wrong in ({"samples_per_condition": 3}, {"images_per_condition": 1}):
        with pytest.raises(ZooError, match="mean the same, got .*: give one of them"):
            model.generate("red", images_per_caption=2, **wrong)


def test_conditions_are_given_once(model):
    with pytest.raises(ZooError, match="`conditions` and `captions` mean the same"):
        model.generate("red", captions="blue")


@pytest.mark.parametrize(("arguments", "message"), [
    ({"sed": 3}, 'AttnGAN.generate has no argument `sed`. Did you mean "seed"'),
    ({"direction": "a2b"}, "AttnGAN.generate has no argument `direction`"),
])
def test_an_argument_that_the_model_does_not_have(model, arguments, message):
    with pytest.raises(ZooError, match=message):
        model.generate("red", **arguments)


def test_the_noise_of_an_image_is_drawn_once(model, monkeypatch):
    """In one call for all images, and a second one only for a noise seed of its own."""
    drawn, original = [], generation.draw_noise

    def draw_noise(model, seeds):
        drawn.append(seeds.tolist())
        return original(model, seeds)

    monkeypatch.setattr(generation, "draw_noise", draw_noise)
    model.generate(CAPTIONS, 2, seed=[5, 9], batch_size=1)
    assert drawn == [[5, 6, 9, 10]]
    model.generate(CAPTIONS, seed=1, noise_seed=[3, 4])
    assert drawn[1:] == [[1, 1], [3, 4]]
    graph = model._batch_function.get_concrete_function().graph
    assert not any("Random" in operation.type for operation in graph.get_operations())
