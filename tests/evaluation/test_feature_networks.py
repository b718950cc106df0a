"""Loading of an evaluation's networks, and errors when they are not available."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.errors import ZooError
from zoo.evaluation import feature_networks
from zoo.models.feature_encoder import FeatureEncoder
from zoo.presets import from_preset

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), np.uint8)
WAYS = "`inception=PATH.*pytorch-fid.*tfgan/eval/inception/1.*`inception=keras`"


class Pooled(tf.Module):
    """A fake with the interface of TF-Hub's network."""

    def __init__(self, names=("pool_3", "logits")):
        super().__init__()
        self.names = names

    @tf.function(input_signature=[tf.TensorSpec([None, 299, 299, 3], tf.float32)])
    def __call__(self, x):
        return {name: tf.reduce_mean(x, (1, 2)) for name in self.names}


def test_a_folder_of_tf_hub(tmp_path):
    tf.saved_model.save(Pooled(), str(tmp_path / "hub"))
    network = feature_networks.inception(str(tmp_path / "hub"))
    assert (network.name, network.family) == ("tfgan-inception-2015", "inception-2015")
    got = network(IMAGES)
    np.testing.assert_allclose(
        got["features"], (IMAGES / 127.5 - 1).mean((1, 2)), atol=0.02)  # resized: about the mean
    assert len(network.digest) == 64
    tf.saved_model.save(Pooled(("logits",)), str(tmp_path / "other"))
    with pytest.raises(ZooError, match="has no output pool_3"):
        feature_networks.inception(str(tmp_path / "other"))(IMAGES)


def test_keras_network_is_not_the_one_of_2015(monkeypatch):
    asked = {}

    def small(**arguments):
        asked.update(arguments)
        inputs = keras.Input((299, 299, 3))
        pooled = keras.layers.GlobalAveragePooling2D(name="avg_pool")(inputs)
        return keras.Model(inputs, keras.layers.Dense(5, name="predictions")(pooled))

    monkeypatch.setattr(keras.applications, "InceptionV3", small)
    network = feature_networks.inception("keras")
    assert (network.name, network.family) == ("keras-inception-v3", "keras-inception-v3")
    assert asked == {"weights": "imagenet", "classifier_activation": None}
    outputs = network(IMAGES)
    assert outputs["features"].shape == (2, 3) and outputs["logits"].shape == (2, 5)
    np.testing.assert_allclose(
        outputs["features"], (IMAGES / 127.5 - 1).mean((1, 2)), atol=0.02)


def test_the_official_score_has_its_own_preprocessing(monkeypatch, tmp_path):
    """Pillow's resize and (x - 128) / 128 of OpenAI's script, without the last bias."""
    class Network:
        fc = types.SimpleNamespace(kernel=np.eye(3))

        def __call__(self, x, training):
            pooled = tf.reduce_mean(x, (1, 2))
            return {"features": pooled, "logits": pooled + 1, "taps": {}}

    monkeypatch.setattr("zoo.importers.fid_inception.load_fid_inception", lambda path: Network())
    (tmp_path / "file.npz").write_bytes(b"weights")
    network = feature_networks.inception(str(tmp_path / "file.npz"))
    white = np.full([1, 8, 8, 3], 255, np.uint8)
    np.testing.assert_allclose(network(white)["features"], 1, atol=1e-6)
    np.testing.assert_allclose(network.for_score(white)["features"], 127 / 128, atol=1e-6)
    assert network.for_score.name == network.name
    assert network.for_score.preprocessing != network.preprocessing
    assert network.for_score.digest == network.digest and network.logit_kernel.shape == (3, 3)


@pytest.mark.parametrize("where", [None, "keras", "empty"])
def test_the_one_error_names_three_ways(monkeypatch, tmp_path, where):
    def nothing(**_):
        raise OSError("no route to the host")

    monkeypatch.setattr(keras.applications, "InceptionV3", nothing)
    with pytest.raises(ZooError, match=WAYS):
        feature_networks.inception(str(tmp_path) if where == "empty" else where)


def test_names_cannot_be_mistaken_for_the_papers():
    model = tiny.damsm()
    assert feature_networks.damsm_name(model, "0") == "damsm"
    model.preset_metadata = {"name": "inception-2015"}
    assert feature_networks.damsm_name(model, "0") == "zoo-damsm-inception-2015"
    assert feature_networks.zoo_encoder(model).family == ""


def test_a_run_does_not_pass_for_the_built_in_preset_of_its_name():
    built_in = from_preset("damsm_emoji_64")
    same, by_name = map(feature_networks.zoo_encoder, (built_in, "damsm_emoji_64"))
    assert (same.name, same.digest) == (by_name.name, by_name.digest) == (
        "damsm_emoji_64", built_in.preset_metadata["files"]["model.weights.h5"]["sha256"])
    assert same.whole_digest == by_name.whole_digest
    variable = built_in.image_encoder.variables[0]
    variable.assign(variable + 1)
    changed = feature_networks.zoo_encoder(built_in)
    assert changed.name == f"damsm_emoji_64-{changed.digest[:8]}"
    assert changed.digest == feature_networks.variables_digest(built_in)
    other = tiny.damsm()
    other.preset_metadata = {"name": "damsm_emoji_64"}
    digest = feature_networks.weights_digest(other)
    assert feature_networks.zoo_encoder(other).name == f"damsm_emoji_64-{digest[:8]}"
    other.preset_metadata = {"name": "damsm_mine_64"}
    assert feature_networks.zoo_encoder(other).name == "damsm_mine_64"
    reader = FeatureEncoder(["a", "b"], "zoo-emoji-encoder", 32, 4, 2, "residual")
    reader.preset_metadata = {"name": "encoder_emoji_64"}
    assert feature_networks.zoo_encoder(reader).name.startswith("zoo-emoji-encoder-")


def test_the_hash_is_that_of_the_weights():
    one, same = tiny.damsm(), tiny.damsm()
    assert feature_networks.weights_digest(one) == feature_networks.weights_digest(same)
    variable = one.image_encoder.variables[0]
    variable.assign(variable + 1)
    assert feature_networks.weights_digest(one) != feature_networks.weights_digest(same)


def test_the_precision_and_the_vocabulary_are_a_part_of_what_is_cached():
    words = [*tiny.WORDS[:-2], *reversed(tiny.WORDS[-2:])]
    one, half, other = (
        feature_networks.zoo_encoder(tiny.damsm(**changes))
        for changes in ({}, {"dtype": "mixed_bfloat16"}, {"vocabulary": words})
    )
    assert one.digest == half.digest == other.digest
    assert len({one.whole_digest, half.whole_digest, other.whole_digest}) == 3
    assert half.record()["precision"] == "mixed_bfloat16"
    one.check_unchanged()
    variable = one.model.image_encoder.variables[0]
    variable.assign(variable + 1)
    with pytest.raises(ZooError, match="damsm has other weights or settings than when it was open"):
        one.check_unchanged()


def test_distances_in_the_maps_of_an_encoder():
    model = FeatureEncoder(["a", "b"], "zoo-tiny-encoder", 32, 4, 2, "residual")
    network = feature_networks.zoo_encoder(model)
    other = np.roll(IMAGES, 5, 1)
    distances = network.distance(IMAGES, np.stack([IMAGES[0], other[1]]))
    assert distances[0] == 0 < distances[1]
    sides = [model.image_encoder.maps(feature_networks.squares(32)(x[1:]))
             for x in (IMAGES, other)]
    sides = [[np.asarray(m) for m in maps] for maps in sides]
    units = [[m / np.linalg.norm(m, axis=-1, keepdims=True) for m in maps] for maps in sides]
    expected = sum(((a - b) ** 2).sum(-1).mean() for a, b in zip(*units, strict=True))
    assert distances[1] == pytest.approx(expected, rel=1e-3)
    assert feature_networks.zoo_encoder(tiny.damsm()).maps is None
