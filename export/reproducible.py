"""Makes the files of a SavedModel depend on the model only, not on the process that wrote them.

TensorFlow numbers functions by a counter of the process, names a table by the temporary path of its
file, and draws a random identifier. Here functions are numbered in the order of their creation, a
table is named by its file's name (loaders make the name unique), everything whose order is
arbitrary is sorted, and the fingerprint is computed from the resulting file.
"""

import hashlib
import os
import re

from google.protobuf.descriptor import FieldDescriptor

_PATH = re.compile(rb"tf\.Tensor\(b'(?:[^']*/)?([^/']+)', shape=\(\), dtype=string\)")
_PLACEHOLDER = re.compile(r"_\d+(___redundant_placeholder\d+)")  # of a loop's function
_NUMBERED = re.compile(r"^(__\w+?_.*?|.*?_)(\d+)$")  # such as __inference_serve_1234


def make_reproducible(folder):
    """Rewrites `saved_model.pb` and `fingerprint.pb` of a SavedModel in place.

    Args:
        folder: str, a SavedModel that nothing reads yet.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    path = os.path.join(folder, "saved_model.pb")
    with open(path, "rb") as file:
        saved = saved_model_pb2.SavedModel.FromString(file.read())
    for graph in saved.meta_graphs:
        names = [function.signature.name for function in graph.graph_def.library.function]
        _rename(graph, _new_names(names))
        library = graph.graph_def.library
        for repeated, key in (
            (library.function, lambda f: f.signature.name),
            (library.gradient, lambda g: g.function_name),
            (library.registered_gradients, lambda g: g.gradient_func),
            (graph.meta_info_def.stripped_op_list.op, lambda op: op.name),
        ):
            ordered = sorted(repeated, key=key)
            del repeated[:]
            repeated.extend(ordered)
    with open(path, "wb") as file:
        file.write(saved.SerializeToString(deterministic=True))
    _write_fingerprint(folder)


def _new_names(names):
    """dict of the functions' names to names with numbers from 0, in the order of creation."""
    matches = filter(None, map(_NUMBERED.match, names))
    numbered = [(int(match[2]), match[1], match[0]) for match in matches]
    return {name: f"{start}{i}" for i, (_, start, name) in enumerate(sorted(numbered))}


def _rename(message, names):
    """Replaces every string that is one of `names`, in a message and all messages inside it."""
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if _is_map(field):
                _rename_map(value, field, names)
                continue
            for item in value if field.is_repeated else [value]:
                _rename(item, names)
        elif field.name == "s" and isinstance(value, bytes):
            message.s = _PATH.sub(rb"\1", value)
        elif field.type == FieldDescriptor.TYPE_STRING and field.name != "name_scope":
            if field.is_repeated:
                value[:] = [_new_name(item, names) for item in value]
            elif (renamed := _new_name(value, names)) != value:
                setattr(message, field.name, renamed)


def _new_name(text, names):
    return names.get(text) or _PLACEHOLDER.sub(r"\1", text)


def _is_map(field):
    return field.message_type.GetOptions().map_entry


def _rename_map(value, field, names):
    holds_messages = field.message_type.fields_by_name["value"].type == FieldDescriptor.TYPE_MESSAGE
    for key in list(value):
        if key == "_user_specified_name":  # may hold a number of the process
            del value[key]
            continue
        if holds_messages:
            _rename(value[key], names)
        if isinstance(key, str) and key in names:
            if holds_messages:
                value[names[key]].CopyFrom(value[key])
            else:
                value[names[key]] = value[key]
            del value[key]


def _write_fingerprint(folder):
    """Computes the fingerprint of the rewritten file; its identifier is a hash of all others."""
    from tensorflow.core.protobuf import fingerprint_pb2
    from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

    path = os.path.join(folder, "fingerprint.pb")
    if not os.path.exists(path):
        return
    fingerprint = fingerprint_pb2.FingerprintDef.FromString(
        fingerprinting.CreateFingerprintDef(folder)
    )
    fingerprint.uuid = ""
    hashed = hashlib.sha256(fingerprint.SerializeToString(deterministic=True)).digest()
    fingerprint.uuid = str(int.from_bytes(hashed[:16], "big"))
    with open(path, "wb") as file:
        file.write(fingerprint.SerializeToString(deterministic=True))
