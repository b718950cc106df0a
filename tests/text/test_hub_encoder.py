"""Text encoders of TensorFlow Hub, by tiny modules made here; nothing is fetched."""

import hashlib
import os
import shutil
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.tiny_hub_module import tiny_modules, write_modules
from zoo.errors import ZooError
from zoo.text import hub
from zoo.text.hub_encoder import HubTextEncoder

PLACES = 9
SHORT, LONG = "a red bird", "the big unforgettable bird is playing with squares and circles"
ADDRESS = "https://localhost:9/tensorflow/nothing/3"  # nobody listens: no network


@pytest.fixture(scope="module")
def modules():
    return tiny_modules()


@pytest.fixture(scope="module")
def encoder(modules):
    return HubTextEncoder(**modules, max_tokens=PLACES)


def raw_inputs(modules, captions):
    """The output of the preprocessing module itself, with all its positions."""
    packed = tf.saved_model.load(modules["preprocess"])(tf.constant(captions))
    return {name: value.numpy() for name, value in packed.items()}


def test_words_are_the_modules_own(modules, encoder):
    captions = [SHORT, "a blue circle", ""]
    got = encoder(tf.constant(captions))
    raw = {k: v[:, :PLACES] for k, v in raw_inputs(modules, captions).items()}
    module = tf.saved_model.load(modules["encoder"])
    wanted = module({k: tf.constant(v) for k, v in raw.items()}, training=False)
    words = wanted["sequence_output"].numpy()
    lengths = raw["input_mask"].sum(1)
    assert lengths.max() < PLACES
    np.testing.assert_array_equal(got["words"], words)
    np.testing.assert_array_equal(got["lengths"], lengths)
    np.testing.assert_array_equal(got["mask"], raw["input_mask"] == 1)
    assert got["words"].shape == (3, PLACES, encoder.features) and encoder.features == 16
    assert np.abs(words[2, 2:]).min() > 0  # positions after the end are not zero
    np.testing.assert_allclose(got["sentence"], words.sum(1) / lengths[:, None], rtol=1e-6)
    pooled = HubTextEncoder(**modules, max_tokens=PLACES, sentence="pooled")
    np.testing.assert_array_equal(
        pooled(tf.constant(captions))["sentence"], wanted["pooled_output"]
    )
    mean = HubTextEncoder(**modules, max_tokens=PLACES, sentence="words")
    real = np.stack([row[:n].mean(0) for row, n in zip(words, lengths, strict=True)])
    np.testing.assert_allclose(mean(tf.constant(captions))["sentence"], real, atol=1e-6)


def test_a_long_caption_is_cut_to_its_first_pieces_and_the_end_mark(modules, encoder):
    ids = raw_inputs(modules, [LONG])["input_word_ids"][0]
    count = int((ids > 0).sum())
    assert count > PLACES + 2
    got = encoder.tokenize(tf.constant([LONG]))
    assert got["pieces"][0].numpy().tolist() == [*ids[: PLACES - 1], ids[count - 1]]
    assert got["lengths"].numpy().tolist() == [PLACES]
    whole = HubTextEncoder(**modules, max_tokens=count)
    np.testing.assert_array_equal(whole.tokenize(tf.constant([LONG]))["pieces"][0], ids[:count])
    # Longer than what the preprocessing module itself gives: its own cut has an end mark, too.
    longest = whole.tokenize(tf.constant([LONG * 9]))["pieces"][0].numpy()
    assert longest[-1] == ids[count - 1] and longest[:-1].tolist() == ids[: count - 1].tolist()


def test_real_word_pieces(encoder):
    texts = encoder.piece_texts()
    pieces = encoder.tokenize(tf.constant(["Bird circleing!"]))["pieces"][0].numpy()
    read = [texts[piece] for piece in pieces if piece]
    assert texts[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert read[0] == "[CLS]" and read[-1] == "[SEP]"
    assert any(piece.startswith("##") for piece in read)


def test_odd_captions_fail_nobody(encoder):
    captions = [b"", b"\xff\xfe red", "été 中 \u0000".encode(), SHORT.encode() * 500]
    got = encoder(tf.constant(captions))
    assert np.isfinite(got["words"]).all() and np.isfinite(got["sentence"]).all()
    assert got["lengths"].numpy()[0] == 2 and got["lengths"].numpy()[-1] == PLACES


def test_it_is_frozen_and_its_variables_are_tracked(modules):
    encoder = HubTextEncoder(**modules, max_tokens=PLACES)
    own = tf.saved_model.load(modules["encoder"]).variables
    assert len(encoder.variables) == len(own) and not encoder.trainable_variables
    assert encoder.count_params() == sum(np.prod(v.shape) for v in own)
    before = encoder(tf.constant([SHORT]))["words"].numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encoder(tf.constant([SHORT]))["words"] ** 2)
    gradients = tape.gradient(loss, [v.value for v in encoder.variables])
    assert all(gradient is None for gradient in gradients)
    encoder.variables[0].assign(encoder.variables[0] + 1)  # the module's storage, not a copy
    assert not np.array_equal(before, encoder(tf.constant([SHORT]))["words"])


def test_every_replica_of_a_strategy_reads(modules, encoder):
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        copies = HubTextEncoder(**modules, max_tokens=PLACES)
    pieces = encoder.tokenize(tf.constant([SHORT, LONG]))
    read = tf.function(lambda: strategy.run(copies, (pieces,)), autograph=False)()
    replicas = strategy.experimental_local_results(read["words"])
    assert len(replicas) == 2
    for words in (*replicas, copies(pieces)["words"]):  # and outside, where samples are made
        np.testing.assert_allclose(words, encoder(pieces)["words"], atol=1e-6)


def test_the_interface_of_earlier_modules_is_read_too(modules, encoder):
    earlier = tiny_modules(form="positions")
    other = HubTextEncoder(**earlier, max_tokens=PLACES)
    got, wanted = (e(tf.constant([SHORT, LONG])) for e in (other, encoder))
    for name in wanted:
        np.testing.assert_array_equal(got[name], wanted[name])


def test_in_a_dataset_in_a_graph_and_by_its_config(encoder):
    wanted = encoder(tf.constant([SHORT, LONG]))
    data = tf.data.Dataset.from_tensor_slices([SHORT, LONG]).batch(2).map(encoder.tokenize)
    pieces = next(iter(data))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(encoder))
    for got in (tf.function(encoder)(pieces), again(tf.constant([SHORT, LONG]))):
        np.testing.assert_allclose(got["words"], wanted["words"], atol=1e-6)
    outputs = encoder(keras.KerasTensor((None,), dtype="string"))
    for name, value in wanted.items():
        assert outputs[name].shape[1:] == value.shape[1:]
        assert outputs[name].dtype == value.dtype.name


# --- what a user can do wrong ---------------------------------------------------------------------


def refused(match, **arguments):
    with pytest.raises(ZooError, match=match) as caught:
        HubTextEncoder(**arguments)
    return str(caught.value)


def test_settings(modules):
    refused("at most 24", **modules, max_tokens=25)
    refused("at least 3", **modules, max_tokens=2)
    refused("all_places, words, pooled", **modules, sentence="mean")
    refused("a folder or an address", preprocess="", encoder=modules["encoder"])


def test_no_such_folder(modules, tmp_path):
    missing = str(tmp_path / "nothing")
    assert missing in refused("no folder", preprocess=missing, encoder=modules["encoder"])
    message = refused(
        "not a SavedModel", preprocess=modules["preprocess"], encoder=str(tmp_path)
    )
    assert str(tmp_path) in message and "saved_model.pb" in message


def test_no_network_and_no_cache(modules, tmp_path, monkeypatch):
    for cache in (None, tmp_path / "cache"):
        if cache is None:
            monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)
        else:
            monkeypatch.setenv("TFHUB_CACHE_DIR", str(cache))
        message = refused("could not be downloaded", preprocess=ADDRESS, encoder=modules["encoder"])
        assert ADDRESS in message and "TFHUB_CACHE_DIR" in message and "its folder" in message
        assert cache is None or str(cache) in message


@pytest.mark.parametrize("handle", [ADDRESS, "kaggle://tensorflow/bert/tensorFlow2/tiny/1"])
def test_a_filled_cache_needs_no_network(modules, tmp_path, monkeypatch, handle):
    address = handle.replace("kaggle://", "https://www.kaggle.com/models/")
    place = tmp_path / hashlib.sha1(address.encode()).hexdigest()
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    shutil.copytree(modules["encoder"], place)
    cached = HubTextEncoder(modules["preprocess"], handle, max_tokens=PLACES)
    assert cached.features == 16 and cached.get_config()["encoder"] == handle
    os.remove(place / "saved_model.pb")  # what a broken copy looks like
    message = refused("Remove this folder", preprocess=modules["preprocess"], encoder=handle)
    assert str(place) in message


def test_modules_with_another_interface(modules, tmp_path):
    message = refused("not a preprocessing module", preprocess=modules["encoder"],
                      encoder=modules["encoder"])
    assert modules["encoder"] in message and "input_word_ids" in message
    refused("not an encoder", preprocess=modules["preprocess"], encoder=modules["preprocess"])
    plain = str(tmp_path / "plain")  # signatures only
    module = tf.Module()
    function = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None], name="x")])
    module.function = function
    tf.saved_model.save(module, plain, signatures={"tokens": function})
    message = refused("it is not callable", preprocess=modules["preprocess"], encoder=plain)
    assert "tokens" in message and plain in message


def test_modules_that_do_not_belong_together(modules, tmp_path):
    paths, _ = write_modules(tmp_path, captions=["ab"] * 8)
    pieces = [len(HubTextEncoder(**p).piece_texts()) for p in (paths, modules)]
    assert pieces[0] < pieces[1]
    refused(f"{pieces[1]} word pieces", preprocess=modules["preprocess"], encoder=paths["encoder"])


def test_damaged_files(modules, tmp_path):
    for name, content in (("saved_model.pb", b"damaged"), ("variables/variables.index", b"")):
        place = tmp_path / name.replace("/", "_")
        shutil.copytree(modules["encoder"], place)
        (place / name).write_bytes(content)
        message = refused("cannot be loaded", preprocess=modules["preprocess"], encoder=str(place))
        assert str(place) in message


def test_missing_packages(modules, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    message = refused("setuptools<82", preprocess=ADDRESS, encoder=modules["encoder"])
    assert "local folder" in message
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    refused("tensorflow-text", **modules)


def test_the_digest_sees_every_file(modules, tmp_path):
    first = hub.digest(modules["preprocess"])
    shutil.copytree(modules["preprocess"], tmp_path / "copy")
    assert hub.digest(str(tmp_path / "copy")) == first
    (vocabulary,) = (tmp_path / "copy" / "assets").glob("*.txt")
    vocabulary.write_text(vocabulary.read_text().upper())
    assert hub.digest(str(tmp_path / "copy")) != first


def test_which_handles_a_preset_may_name(tmp_path):
    for handle in (hub.PREPROCESS, hub.ENCODER,
                   "kaggle://tensorflow/bert/tensorFlow2/en-uncased-l-12-h-768-a-12/2"):
        assert hub.is_trusted(handle, tmp_path), handle
    (tmp_path / "link").symlink_to(tmp_path)
    for handle in ("https://example.com/tensorflow/x.tar.gz", "http://tfhub.dev/tensorflow/x/1",
                   "https://tfhub.dev/somebody/x/1", "https://tfhub.dev/tensorflow/../evil/x/1",
                   "/modules/bert", "gs://bucket/x", "kaggle://somebody/x/tensorFlow2/y/1",
                   "", "modules/x", str(tmp_path / "module"), f"{tmp_path}/x/../y",
                   str(tmp_path / "link" / "x")):
        assert not hub.is_trusted(handle, tmp_path), handle


def test_a_local_folder_is_stored_so_that_it_is_found_from_elsewhere(modules, monkeypatch):
    folder, name = os.path.split(modules["encoder"])
    monkeypatch.chdir(folder)
    relative = HubTextEncoder(modules["preprocess"], name, max_tokens=PLACES)
    assert relative.get_config()["encoder"] == modules["encoder"]
