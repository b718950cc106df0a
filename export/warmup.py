"""Warm-up requests, which a server runs before it reports a model as ready.

The file is a TFRecord of `tensorflow.serving.PredictionLog` messages. Only three small messages
surround TensorFlow's own `TensorProto`, so they are encoded here without a serving package.
"""

import os
import tempfile

from zoo import storage
from zoo.errors import ZooError, reason

MOST = 1000  # requests that TensorFlow Serving accepts
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
        requests: list of (signature name, dict of input name -> array-like or tensor), at most
            1000.
        model_name: str. The model's name in the requests.

    Returns:
        str, the path of the file, which is written atomically.

    Raises:
        ZooError: the directory is not a SavedModel, there are no requests or too many, a value is
            not a tensor, or the file cannot be written.
    """
    import tensorflow as tf

    if not os.path.isfile(os.path.join(directory, "saved_model.pb")):
        raise ZooError(f"Expected a SavedModel to add warm-up requests to, got {directory}.")
    if not 1 <= len(requests) <= MOST:
        raise ZooError(f"A server takes 1 to {MOST} warm-up requests, got {len(requests)}.")
    logs = [prediction_log(inputs, model_name, signature) for signature, inputs in requests]
    path = os.path.join(directory, FOLDER, NAME)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
            temporary = os.path.join(folder, NAME)
            with tf.io.TFRecordWriter(temporary) as writer:
                for log in logs:
                    writer.write(log)
            os.replace(temporary, path)
    except tf.errors.OpError as error:
        raise storage.tensorflow_write_error(path, error) from error
    except OSError as error:
        raise storage.write_error(path, error) from error
    return path


def prediction_log(inputs, model_name, signature="serving_default"):
    """One serialized `PredictionLog` (bytes) with a `PredictRequest` of these inputs."""
    import tensorflow as tf

    model = _field(_MODEL_NAME, model_name.encode()) + _field(_MODEL_SIGNATURE, signature.encode())
    request = _field(_REQUEST_MODEL, model)
    for name, value in inputs.items():
        try:
            tensor = tf.make_tensor_proto(value).SerializeToString()
        except (TypeError, ValueError) as error:
            raise ZooError(
                f"The warm-up request of {signature} has an invalid tensor {name}: {reason(error)}."
            ) from error
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


def read_warmup(directory):
    """The requests of a SavedModel's warm-up file.

    Args:
        directory: str. The SavedModel (one version).

    Returns:
        list of (signature name, dict of input name -> array); empty without the file.
    """
    import tensorflow as tf

    from export import protos, tensors

    path = os.path.join(directory, FOLDER, NAME)
    if not os.path.isfile(path):
        return []
    found = []
    for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
        # the two messages around the request have one field each
        request = protos.PredictRequest.FromString(_inner(_inner(record)))
        inputs = {name: tensors.from_proto(value, name) for name, value in request.inputs.items()}
        found.append((request.model_spec.signature_name, inputs))
    return found


def _inner(message):
    """The bytes of the only field of a message."""
    size = shift = 0
    for start, byte in enumerate(message[1:], 2):
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return message[start : start + size]
    return b""
