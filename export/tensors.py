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
_ACCEPTED = {"i": "iu", "u": "iu", "f": "iuf", "b": "b"}  # kind of an array -> kinds of its values
_PLAIN = {int: "i", float: "f", bool: "b"}


def as_array(value, dtype, name):
    """An array of a value that the type can hold; texts become UTF-8 bytes.

    Nothing is cast to something else: integers must be in the type's range, 1.0 and True are no
    integers, and texts no numbers. Floats are rounded to the type, and must be finite.

    Args:
        value: array-like of numbers, bool, str or bytes.
        dtype: NumPy dtype, object for strings.
        name: str, the value's name for messages.

    Raises:
        ZooError: ragged lists, values of another type, or numbers that the type cannot hold.
    """
    if dtype.kind == "O":
        strings = np.frompyfunc(lambda v: _encoded(v, name), 1, 1)(np.asarray(value, object))
        return np.asarray(strings, object)
    for wrong in _others(value, _ACCEPTED[dtype.kind]):
        raise ZooError(
            f"{name} must hold numbers of the type {dtype.name}, got {_short(wrong)}."
        )
    try:
        array = np.asarray(value)
    except ValueError:
        raise ZooError(f"{name} must be a list of rows of equal lengths.") from None
    if dtype.kind in "iu" and array.size:
        if array.dtype.kind not in "iu":  # integers that NumPy joins only as floats
            array = np.asarray(value, object)
        bounds, ends = np.iinfo(dtype), (int(array.min()), int(array.max()))
        for end in ends:
            if not bounds.min <= end <= bounds.max:
                raise ZooError(
                    f"{name} must hold numbers in the range of {dtype.name}, got {_short(end)}."
                )
    return _cast(array, dtype, name)


def _cast(array, dtype, name):
    try:
        with np.errstate(over="ignore"):
            cast = array.astype(dtype)
    except OverflowError:  # an integer beyond all floats
        cast = np.array(np.inf)
    if dtype.kind == "f" and not np.isfinite(cast).all():
        raise ZooError(f"{name} must hold finite numbers in the range of {dtype.name}.")
    return cast


def _others(value, kinds):
    """Yields the scalars and arrays in an array-like whose NumPy kind is not one of `kinds`, which
    `np.asarray` would cast to that of the others."""
    if not isinstance(value, list | tuple):
        if (_PLAIN.get(type(value)) or np.asarray(value).dtype.kind) not in kinds:
            yield value
    elif not {_PLAIN.get(kind) for kind in set(map(type, value))} <= set(kinds):
        for item in value:
            yield from _others(item, kinds)


def _encoded(value, name):
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise ZooError(f"{name} has a text with half a surrogate pair.") from None
    if not isinstance(value, bytes):
        raise ZooError(f"{name} must hold strings, got {_short(value)}.")
    return value


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
    return as_array(array.reshape(-1).tolist(), dtype, name).reshape(array.shape)


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
        return _encoded(value, name)
    if isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str):
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, ValueError):
            raise ZooError(f"{name} has a \"b64\" that is not base64.") from None
    raise ZooError(f'{name} must hold strings or {{"b64": "..."}}, got {_short(value)}.')


def _short(value):
    if getattr(value, "shape", ()):
        return f"an array of the type {value.dtype}"
    if isinstance(value, int) and abs(value) > 10**30:
        return f"a number of {value.bit_length()} bits"
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
        values = as_array(list(getattr(proto, _VALUES[dtype])), dtype, name)
        if 0 < len(values) < count:  # the last value stands for the rest
            values = np.concatenate([values, np.repeat(values[-1:], count - len(values))])
    if len(values) != count:
        raise ZooError(f"{name} has {len(values)} values, which do not fill its shape {shape}.")
    return values.reshape(shape)
