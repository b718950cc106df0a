"""Warm-up requests: what TensorFlow Serving runs before it announces a model as ready.

The file is a TFRecord of `tensorflow.serving.PredictionLog` messages. Only three small messages
surround TensorFlow's own `TensorProto`, so they are encoded here and no serving package is needed.
"""

import os

FOLDER, NAME = "assets.extra", "tf_serving_warmup_requests"
# Field numbers of tensorflow_serving/apis: prediction_log.proto, predict.proto, model.proto.
_LOG_PREDICT, _PREDICT_REQUEST = 6, 1
_REQUEST_MODEL, _REQUEST_INPUTS = 1, 2
_MODEL_NAME, _MODEL_SIGNATURE = 1, 3
_MAP_KEY, _MAP_VALUE = 1, 2
_LENGTH_DELIMITED = 2


def write_warmup(directory, requests, model_name):
    """Writes the warm-up file of a SavedModel.

    Args:
        directory: str. The SavedModel (one version).
        requests: list of (signature name, dict of input name to array-like or tensor), at most
            1000.
        model_name: str. The name that the requests carry.

    Returns:
        str, the path of the file.
    """
    import tensorflow as tf

    os.makedirs(os.path.join(directory, FOLDER), exist_ok=True)
    path = os.path.join(directory, FOLDER, NAME)
    with tf.io.TFRecordWriter(path) as writer:
        for signature, inputs in requests:
            writer.write(prediction_log(inputs, model_name, signature))
    return path


def prediction_log(inputs, model_name, signature="serving_default"):
    """One serialised `PredictionLog` (bytes) that holds a `PredictRequest` of these inputs."""
    import tensorflow as tf

    model = _field(_MODEL_NAME, model_name.encode()) + _field(_MODEL_SIGNATURE, signature.encode())
    request = _field(_REQUEST_MODEL, model)
    for name, value in inputs.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        entry = _field(_MAP_KEY, name.encode()) + _field(_MAP_VALUE, tensor)
        request += _field(_REQUEST_INPUTS, entry)
    return _field(_LOG_PREDICT, _field(_PREDICT_REQUEST, request))


def _field(number, data):
    """A length-delimited protocol buffer field."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(data)) + data


def _varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
