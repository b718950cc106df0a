"""Program: runs a SavedModel with TensorFlow's C API, without the Python API, zoo and Keras.

    python c_api_client.py REQUEST.json RESULT.json

REQUEST.json: `model` (directory), `signature` and `name` of its condition, `calls` (list of
[condition, seeds]; a condition is a list of int or, with `strings`, of base64, and seeds are a list
of int), `inputs` and `outputs` (tensor names of the signature, "operation:index", in the order
condition, seed and image_bytes). RESULT.json: `answers`, of each call a list of files in base64.
"""

import base64
import ctypes as c
import importlib.util
import json
import os
import sys

STRING, INT64 = 7, 9
POINTER = c.c_void_p


class Output(c.Structure):
    _fields_ = [("operation", POINTER), ("index", c.c_int)]


def load_library():
    folder = os.path.dirname(importlib.util.find_spec("tensorflow").origin)
    library = c.CDLL(os.path.join(folder, "libtensorflow_cc.so.2"), mode=c.RTLD_GLOBAL)
    for name in (
        "TF_NewStatus", "TF_Message", "TF_NewGraph", "TF_NewSessionOptions", "TF_TensorData",
        "TF_LoadSessionFromSavedModel", "TF_GraphOperationByName", "TF_AllocateTensor",
        "TF_StringGetDataPointer",
    ):
        getattr(library, name).restype = POINTER
    library.TF_StringGetSize.restype = c.c_size_t
    return library


def main(request_path, result_path):
    with open(request_path, encoding="utf-8") as file:
        request = json.load(file)
    tf = load_library()
    status, graph = POINTER(tf.TF_NewStatus()), POINTER(tf.TF_NewGraph())

    def check():
        if tf.TF_GetCode(status):
            sys.exit(c.string_at(tf.TF_Message(status)).decode())

    tags = (c.c_char_p * 1)(b"serve")
    session = POINTER(tf.TF_LoadSessionFromSavedModel(
        POINTER(tf.TF_NewSessionOptions()), None, request["model"].encode(), tags, 1, graph, None,
        status,
    ))
    check()

    def place(name):
        operation, index = name.rsplit(":", 1)
        return Output(POINTER(tf.TF_GraphOperationByName(graph, operation.encode())), int(index))

    def tensor(kind, size, count):
        shape = (c.c_int64 * 1)(count)
        made = POINTER(tf.TF_AllocateTensor(kind, shape, 1, c.c_size_t(size * count)))
        return made, tf.TF_TensorData(made)

    def integers(values):
        made, data = tensor(INT64, 8, len(values))
        (c.c_int64 * len(values)).from_address(data)[:] = values
        return made

    def strings(values):
        made, data = tensor(STRING, 24, len(values))  # a TF_TString takes 24 bytes
        for i, value in enumerate(values):
            text, slot = base64.b64decode(value), POINTER(data + 24 * i)
            tf.TF_StringInit(slot)
            tf.TF_StringCopy(slot, text, c.c_size_t(len(text)))
        return made

    def answer(values, seeds):
        condition = (strings if request["strings"] else integers)(values)
        results = (POINTER * 1)()
        tf.TF_SessionRun(
            session, None, (Output * 2)(*map(place, request["inputs"])),
            (POINTER * 2)(condition, integers(seeds)), 2,
            (Output * 1)(*map(place, request["outputs"])), results, 1, None, 0, None, status,
        )
        check()
        files = POINTER(results[0])
        slots = [POINTER(tf.TF_TensorData(files) + 24 * i) for i in range(len(seeds))]
        texts = [c.string_at(tf.TF_StringGetDataPointer(s), tf.TF_StringGetSize(s)) for s in slots]
        return [base64.b64encode(text).decode() for text in texts]

    result = {
        "answers": [answer(values, seeds) for values, seeds in request["calls"]],
        "modules": sorted({"keras", "tensorflow", "zoo"} & set(sys.modules)),
    }
    with open(result_path, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
