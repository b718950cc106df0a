"""Word pieces and cached vectors of captions as texts of a batch."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.support.tiny_hub_module import tiny_modules
from zoo.data import Shapes, TextCache, evaluation_batches, text_to_image_dataset
from zoo.data.text_cache import captions_digest, record
from zoo.data.text_cache_writer import write_cache
from zoo.errors import ZooError
from zoo.text.hub_encoder import HubTextEncoder

PLACES, SIZES, BATCH = 9, (16,), 4


@pytest.fixture(scope="module")
def encoder():
    return HubTextEncoder(**tiny_modules(), max_tokens=PLACES)


@pytest.fixture(scope="module")
def source():
    return Shapes(size=16, count=12)


@pytest.fixture(scope="module")
def directory(source, encoder, tmp_path_factory):
    place = str(tmp_path_factory.mktemp("cache") / "train")
    write_cache(source, encoder, place, batch_size=5, shard_size=7)
    return place


def flat(source):
    return [caption for entry in source.captions for caption in entry]


def test_records_hold_the_vectors_and_any_can_be_read(source, encoder, directory):
    cache = TextCache(directory)
    captions = flat(source)
    assert len(cache) == len(captions) and (cache.max_tokens, cache.features) == (PLACES, 16)
    rows = np.array([len(captions) - 1, 0, 7, 6, 0])  # both sides of a file's end
    got = cache.decode(tf.constant(cache.read(rows)))
    wanted = encoder(tf.constant([captions[row] for row in rows]))
    pieces = encoder.tokenize(tf.constant([captions[row] for row in rows]))
    for name in ("words", "sentence"):
        exact = wanted[name].numpy()
        np.testing.assert_allclose(got[name], exact, rtol=2**-10, atol=1e-5)
        assert got[name].dtype == tf.float32 and np.array_equal(got[name][1], got[name][4])
    for name in ("pieces", "lengths"):
        np.testing.assert_array_equal(got[name], pieces[name])


def test_files_are_ordinary_tfrecords(source, directory):
    index = TextCache(directory).index
    files = [f"{directory}/{shard['name']}" for shard in index["shards"]]
    assert [shard["records"] for shard in index["shards"]][0] == 7
    records = list(tf.data.TFRecordDataset(files))  # it checks the checksums
    assert len(records) == len(flat(source))
    assert records[8].numpy() == TextCache(directory).read(np.array([8]))[0]
    assert index["float16"]["relative_error"] < 2**-11
    assert 0 < index["float16"]["largest_error"] < 2**-9


@pytest.mark.parametrize("training", [True, False])
def test_batches_with_vectors_are_those_of_word_pieces_and_resume(
    source, encoder, directory, training
):
    def batches(tokenizer, start=0):
        data = text_to_image_dataset(
            source, tokenizer, SIZES, BATCH, seed=3, start_step=start, training=training
        )
        return list(data.take(4 - start))

    cached, pieces = batches(TextCache(directory)), batches(encoder)
    for one, other in zip(cached, pieces, strict=True):
        assert set(one) == {*other, "words", "sentence"}
        for name in ("pieces", "lengths", "labels"):
            np.testing.assert_array_equal(one[name], other[name])
        np.testing.assert_array_equal(one["images"][0], other["images"][0])
        wanted = encoder(dict(other))
        np.testing.assert_allclose(one["words"], wanted["words"], rtol=2**-10, atol=1e-5)
        assert one["words"].shape == (BATCH, PLACES, 16) and one["pieces"].shape == (BATCH, PLACES)
    again = batches(TextCache(directory), start=2)
    np.testing.assert_array_equal(again[0]["words"], cached[2]["words"])


def test_evaluation_takes_the_first_caption_in_order(source, encoder, directory):
    (*_, last) = evaluation_batches(source, TextCache(directory), SIZES, 5)
    assert last["words"].shape == (2, PLACES, 16)
    first = encoder.tokenize(tf.constant([source.captions[-1][0]]))
    np.testing.assert_array_equal(last["pieces"][-1:], first["pieces"])


def test_what_is_no_cache_of_this_data(directory, tmp_path):
    with pytest.raises(ZooError, match="not a finished cache"):
        TextCache(tmp_path)
    with pytest.raises(ZooError, match="other captions"):
        TextCache(directory).store(Shapes(size=16, count=11))
    copy = tmp_path / "copy"
    shutil.copytree(directory, copy)
    file = next(copy.glob("texts-00001*"))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ZooError, match="missing or damaged") as caught:
        TextCache(copy)
    assert str(file) in str(caught.value)
    file.unlink()
    with pytest.raises(ZooError, match="found 0"):
        TextCache(copy)
    (copy / "index.json").write_text('{"format": 99}')
    with pytest.raises(ZooError, match="another version"):
        TextCache(copy)


@pytest.mark.parametrize("change,message", [
    (lambda index: index.pop("record_bytes"), "is damaged: it lacks record_bytes"),
    (lambda index: index.pop("captions_sha256"), "is damaged: it lacks captions_sha256"),
    (lambda index: index["shards"].pop(), "it lists files of .* captions, but has"),
])
def test_an_index_that_was_edited(change, message, directory, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(directory, copy)
    index = json.loads((copy / "index.json").read_text())
    change(index)
    (copy / "index.json").write_text(json.dumps(index))
    with pytest.raises(ZooError, match=message):
        TextCache(copy)


def test_numbers_beyond_float16():
    good = np.ones([2, 3], np.float32)
    for bad in (1e5, np.nan):
        with pytest.raises(ZooError, match="float16"):
            record(good * bad, good[0], [1, 2], 2)
    assert len(record(good, good[0], [1, 2], 2)) == len(record(good * 7, good[0], [9, 0], 1))


def test_the_digest_knows_which_image_a_caption_belongs_to():
    digests = {
        captions_digest(c) for c in ([["a", "b"]], [["a"], ["b"]], [["ab"]], [["b", "a"]])
    }
    assert len(digests) == 4
