"""The warm-up file, read back by hand and, if it is installed, by Serving's own code."""

import os

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from export import warmup
from zoo.errors import ZooError


def fields(data):
    """List of (field number, bytes) of a message that holds length-delimited fields only."""
    found, i = [], 0

    def varint():
        nonlocal i
        value = shift = 0
        while True:
            byte = data[i]
            i += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while i < len(data):
        tag, size = varint(), varint()
        assert tag & 7 == 2
        found.append((tag >> 3, data[i : i + size]))
        i += size
    assert i == len(data)
    return found


def records(exported):
    path = os.path.join(exported, "assets.extra", "tf_serving_warmup_requests")
    return [record.numpy() for record in tf.data.TFRecordDataset(path)]


def test_records_of_an_exported_model(exported, signature):
    sizes, names = [], (b"serving_default", b"pixels")
    for record in records(exported):
        ((number, log),) = fields(record)
        assert number == 6  # PredictionLog.predict_log
        ((number, request),) = fields(log)
        assert number == 1  # PredictLog.request
        (number, model), *inputs = fields(request)
        assert number == 1 and fields(model) == [(1, b"AttnGAN"), (3, names[len(sizes) % 2])]
        tensors = {}
        for number, entry in inputs:
            assert number == 2  # PredictRequest.inputs, a map
            (_, key), (_, value) = fields(entry)
            tensors[key.decode()] = tf.make_ndarray(tensor_pb2.TensorProto.FromString(value))
        assert set(tensors) == set(signature.inputs)
        assert tensors["seed"].dtype == np.int64
        assert len(tensors["captions"]) == len(tensors["seed"])
        sizes.append(len(tensors["seed"]))
    assert sizes == [1, 1, 4, 4]


def test_long_fields():
    log = warmup.prediction_log({"captions": [b"x" * 300]}, "m" * 200)
    ((_, request),) = fields(fields(log)[0][1])
    assert fields(fields(request)[0][1])[0] == (1, b"m" * 200)


def test_with_the_serving_api(exported):
    module = pytest.importorskip(
        "tensorflow_serving.apis.prediction_log_pb2", reason="needs tensorflow-serving-api"
    )
    for record in records(exported):
        request = module.PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == "AttnGAN"
        assert request.model_spec.signature_name in ("serving_default", "pixels")
        assert set(request.inputs) == {"captions", "seed"}


@pytest.mark.parametrize(("requests", "words"), [
    ([], "takes 1 to 1000 warm-up requests, got 0"),
    ([("serving_default", {"seed": np.zeros(1, np.int64)})] * 1001, "got 1001"),
    ([("serving_default", {"seed": object()})], "an invalid tensor seed"),
])
def test_requests_that_no_server_takes(requests, words, tmp_path):
    (tmp_path / "saved_model.pb").write_text("x")
    with pytest.raises(ZooError, match=words):
        warmup.write_warmup(str(tmp_path), requests, "name")
    with pytest.raises(ZooError, match="Expected a SavedModel"):
        warmup.write_warmup(str(tmp_path / "no"), requests, "name")
    assert os.listdir(tmp_path) == ["saved_model.pb"]
