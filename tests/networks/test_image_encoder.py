"""Both image encoders: shapes, precision, trainable variables, and invalid arguments."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import ZooError
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.image_encoder import (
    CompactImageEncoder,
    InceptionImageEncoder,
    make_image_encoder,
)


@pytest.fixture
def bfloat16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


def make_images(size, count=2):
    values = np.random.default_rng(0).uniform(-1, 1, (count, size, size, 3))
    return tf.constant(values, "float32")


def compact(size=32, **kwargs):
    keras.utils.set_random_seed(1)
    encoder = CompactImageEncoder(features=6, filters=4, image_size=size, name="encoder", **kwargs)
    return build_on(encoder, symbolic_input(None, size, size, 3))


@pytest.mark.parametrize("size", [16, 32, 64, 128, 256])
def test_compact_gives_an_8x8_grid_at_every_size(size):
    encoder = compact(size)
    outputs = encoder(make_images(size))
    assert outputs["regions"].shape == (2, 8, 8, 6)
    assert outputs["code"].shape == (2, 6)
    assert outputs["regions"].dtype == outputs["code"].dtype == tf.float32


def test_compact_gives_float32_under_bfloat16(bfloat16):
    encoder = compact()
    assert encoder.local_blocks[0](make_images(32)).dtype == tf.bfloat16
    outputs = encoder(make_images(32), training=True)
    assert outputs["regions"].dtype == outputs["code"].dtype == tf.float32
    assert all(v.dtype == "float32" for v in encoder.variables)
    keras.config.set_dtype_policy("float32")
    exact = compact()(make_images(32), training=True)
    for key, value in outputs.items():
        difference = np.abs(value - exact[key]).max()
        assert 0 < difference < 0.1 * np.abs(exact[key]).max(), key


def test_compact_gives_float64_under_float64(float64):
    outputs = compact()(tf.cast(make_images(32), tf.float64))
    assert outputs["regions"].dtype == outputs["code"].dtype == tf.float64


def test_compact_is_deterministic_and_rows_are_independent():
    encoder, x = compact(), make_images(32, count=3)
    first, second, alone = encoder(x), encoder(x), encoder(x[1:2])
    for key in ("regions", "code"):
        np.testing.assert_array_equal(first[key], second[key])
        np.testing.assert_allclose(first[key][1:2], alone[key], rtol=1e-4, atol=1e-5)


def test_a_region_sees_its_surroundings_and_not_the_whole_image():
    encoder, x = compact(64), tf.Variable(make_images(64, count=1))
    with tf.GradientTape() as tape:
        corner = tf.reduce_sum(encoder(x)["regions"][0, 0, 0] ** 2)
    seen = np.argwhere(np.abs(tape.gradient(corner, x)[0]).sum(-1) > 0)
    assert seen.min() == 0
    assert 24 <= seen.max() <= 32  # half of a 54-pixel field around a center at pixel 3.5


def test_the_code_knows_where_things_are():
    x = np.full((2, 32, 32, 3), -1, "float32")
    x[0, :16, :16] = x[1, 16:, 16:] = 1
    code = compact()(tf.constant(x))["code"]
    assert np.abs(code[0] - code[1]).max() > 0.05 * np.abs(code).max()


def test_all_of_compact_is_trainable():
    encoder = compact()
    moving = [v for v in encoder.variables if "moving" in v.path]
    assert len(encoder.trainable_variables) == len(encoder.variables) - len(moving)
    assert [v.path for v in encoder.projection_variables] == [
        "encoder/emb_features/kernel", "encoder/emb_cnn_code/kernel", "encoder/emb_cnn_code/bias",
    ]
    for variable in encoder.projection_variables[:2]:
        assert 0.09 < np.abs(variable).max() <= 0.1
    before = [v.numpy() for v in moving]
    encoder(make_images(32), training=True)
    assert all(np.any(old != new.numpy()) for old, new in zip(before, moving, strict=True))


def test_only_the_projections_of_inception_are_trainable_in_any_parent():
    encoder = InceptionImageEncoder(features=6, width_divisor=32, name="encoder")
    build_on(encoder, symbolic_input(None, 64, 64, 3))
    parent = keras.Sequential([encoder])
    for _ in range(2):
        assert {v.path for v in parent.trainable_variables} == {
            v.path for v in encoder.projection_variables
        }
        parent.trainable = False
        assert not encoder.trainable_variables
        parent.trainable = True
    statistics = encoder.trunk.conv_units()["Mixed_7c.branch_pool"].bn.moving_mean
    before = statistics.numpy()
    outputs = encoder(make_images(64), training=True)
    assert np.any(statistics.numpy() != before)
    assert outputs["regions"].shape == (2, 17, 17, 6)
    assert outputs["code"].shape == (2, 6)


def test_inception_gives_float32_under_bfloat16(bfloat16):
    encoder = InceptionImageEncoder(features=6, width_divisor=32, name="encoder")
    build_on(encoder, symbolic_input(None, 64, 64, 3))
    assert encoder.resize(make_images(64)).dtype == tf.float32
    outputs = encoder(make_images(64))
    assert outputs["regions"].dtype == outputs["code"].dtype == tf.float32
    assert np.all(np.isfinite(outputs["regions"]))


@pytest.mark.parametrize("config", [
    {"kind": "compact", "features": 5, "filters": 2, "image_size": 32},
    {"kind": "inception_v3", "features": 5, "width_divisor": 32, "align_corners": False},
])
def test_factory_and_config_agree(config):
    encoder = make_image_encoder(config, name="image_encoder")
    assert encoder.name == "image_encoder"
    again = type(encoder).from_config(encoder.get_config())
    wanted = {key: value for key, value in config.items() if key != "kind"}
    assert wanted.items() <= again.get_config().items()


def test_factory_ignores_the_image_size_for_inception():
    assert isinstance(
        make_image_encoder({"kind": "inception_v3", "image_size": 64, "width_divisor": 32}),
        InceptionImageEncoder,
    )


@pytest.mark.parametrize("config, message", [
    ({"kind": "compakt"}, 'Did you mean "compact"'),
    ({}, 'must be one of compact, inception_v3, residual, got None'),
    ({"kind": "compact", "filter": 2}, 'no argument \'filter\'.*Did you mean "filters"'),
    ({"kind": "compact", "image_size": 48}, "power of two of at least 16, got 48"),
    ({"kind": "compact", "filters": 0}, "`filters` .* positive integer, got 0"),
    ({"kind": "inception_v3", "width_divisor": 0}, "`width_divisor` .* got 0"),
])
def test_mistakes_have_one_clear_message(config, message):
    with pytest.raises(ZooError, match=message):
        make_image_encoder(config)


def test_compact_refuses_images_of_another_size():
    with pytest.raises(ZooError, match="expects 32x32 images, got the shape .*64, 64"):
        CompactImageEncoder(features=6, filters=4, image_size=32)(make_images(64))
