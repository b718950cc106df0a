"""Tensors on the wire: JSON as in TensorFlow Serving's REST interface, and `TensorProto`.

TensorFlow is not imported. Strings are object arrays of bytes.
"""

import base64
import binascii

import numpy as np

from zoo.errors import ZooError

# DT_ names, and numbers of tensorflow/core/framework/types.proto
DTYPES = {
    "DT_FLOAT": (1, np.dtype(np.float32)), "DT_DOUBLE": (2, np.dtype(np.float64)),
    "DT_INT32": (3, np.dtype(np.int32)), "DT_UINT8": (4, np.dtype(np.uint8)),
    "DT_INT16": (5, np.dtype(np.int16)), "DT_INT8": (6, np.dtype(np.int8)),
    "DT_STRING": (7, np.dtype(object)), "DT_INT64": (9, np.dtype(np.int64)),
    "DT_BOOL": (10, np.dtype(bool)),
}
NUMBERS = {number: dtype for number, dtype in DTYPES.values()}
NAMES = {dtype: name for name, (_, dtype) in DTYPES.items()}
_VALUES = {
    np.dtype(np.float32): "float_val", np.dtype(np.float64): "double_val",
    np.dtype(np.int32): "int_val", np.dtype(np.uint8): "int_val", np.dtype(np.int16): "int_val",
    np.dtype(np.int8): "int_val", np.dtype(object): "string_val",
    np.dtype(np.int64): "int64_val", np.dtype(bool): "bool_val",
}
MOST_VALUES = 2**30


def as_array(value, dtype=None):
    """An array of a plain value; texts become UTF-8 bytes.

    Args:
        value: array-like of numbers, bool, str or bytes.
        dtype: NumPy dtype, object for strings; or None.
    """
    array = np.asarray(value, dtype)
    if array.dtype.kind in "US":
        array = array.astype(object)
    if array.dtype.kind == "O":
        encode = np.frompyfunc(lambda v: v.encode() if isinstance(v, str) else v, 1, 1)
        array = np.asarray(encode(array), object)
    return array


def to_json(array):
    """Nested lists of an array's values; bytes become `{"b64": ...}`."""
    if array.dtype.kind != "O":
        return array.tolist()

    def encode(value):
        return {"b64": base64.b64encode(value).decode()}

    return np.frompyfunc(encode, 1, 1)(array).tolist() if array.ndim else encode(array.item())


def from_json(value, name, dtype, rank):
    """An input of a REST request as an array.

    Args:
        value: nested lists; strings are str or `{"b64": str}`.
        name: str, the input's name for messages.
        dtype: NumPy dtype, object for strings.
        rank: int, the number of axes.

    Raises:
        ZooError: ragged lists, values of another type, or base64 that is damaged.
    """
    try:
        array = np.empty([], object)
        if isinstance(value, list):
            array = _nested(value, rank)
        else:
            array[()] = value
    except ValueError:
        raise ZooError(f"{name} must be a list of rows of equal lengths.") from None
    if dtype.kind == "O":
        return np.asarray(np.frompyfunc(lambda v: _bytes(v, name), 1, 1)(array), object)
    flat = array.reshape(-1).tolist()
    accepted = (int,) if dtype.kind in "iu" else (int, float)
    wrong = [v for v in flat if not isinstance(v, accepted) or isinstance(v, bool)]
    if wrong:
        got = _short(wrong[0])
        raise ZooError(f"{name} must hold numbers of the type {dtype.name}, got {got}.")
    try:
        return np.array(flat, dtype).reshape(array.shape)
    except OverflowError:
        raise ZooError(f"{name} must hold numbers in the range of {dtype.name}.") from None


def _nested(value, rank):
    """Nested lists as an object array with up to `rank` axes, or all axes of lists."""
    shape, level = [], value
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    array = np.empty(shape, object)
    array[...] = np.array(value, object).reshape(shape) if array.size else array
    if any(isinstance(v, list) for v in array.reshape(-1)):
        raise ValueError(rank)
    return array


def _bytes(value, name):
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise ZooError(f"{name} has a text with half a surrogate pair.") from None
    if isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str):
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, ValueError):
            raise ZooError(f"{name} has a \"b64\" that is not base64.") from None
    raise ZooError(f'{name} must hold strings or {{"b64": "..."}}, got {_short(value)}.')


def _short(value):
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def to_proto(array, proto):
    """Fills a `export.protos.Tensor` with an array; returns it."""
    array = np.asarray(array)
    proto.dtype = DTYPES[NAMES[array.dtype]][0]
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if array.dtype.kind == "O":
        proto.string_val.extend(array.reshape(-1).tolist())
    else:
        proto.tensor_content = np.ascontiguousarray(array).tobytes()
    return proto


def from_proto(proto, name):
    """The array of a `export.protos.Tensor`.

    Args:
        proto: the message.
        name: str, the tensor's name for messages.

    Raises:
        ZooError: a type that models do not have, or values that do not fill the shape.
    """
    dtype = NUMBERS.get(proto.dtype)
    if dtype is None:
        raise ZooError(f"{name} has the type {proto.dtype}, which no model of the zoo reads.")
    shape = [dim.size for dim in proto.tensor_shape.dim]
    count = 1
    for size in shape:
        count *= size
    if proto.tensor_shape.unknown_rank or min(shape, default=0) < 0 or count > MOST_VALUES:
        raise ZooError(f"{name} must have a known shape of at most {MOST_VALUES} values.")
    if proto.tensor_content and dtype.kind != "O":
        whole = len(proto.tensor_content) // dtype.itemsize * dtype.itemsize
        values = np.frombuffer(proto.tensor_content[:whole], dtype)
    else:
        values = as_array(list(getattr(proto, _VALUES[dtype])), dtype)
        if 0 < len(values) < count:  # the last value stands for the rest
            values = np.concatenate([values, np.repeat(values[-1:], count - len(values))])
    if len(values) != count:
        raise ZooError(f"{name} has {len(values)} values, which do not fill its shape {shape}.")
    return values.reshape(shape)
