"""Program: runs a SavedModel with TensorFlow alone, without this project.

    python python_client.py REQUEST.json RESULT.json

The files are those of `c_api_client.py`; `loader` in the request is "python"
(`tf.saved_model.load`) or "session" (the loader of TensorFlow Serving's family).
"""

import base64
import importlib
import importlib.util
import json
import sys

import numpy as np
import tensorflow as tf


def condition(request, values):
    if request["strings"]:
        return [base64.b64decode(value) for value in values]
    return np.array(values, np.int64)


def run_python(request):
    model = tf.saved_model.load(request["model"])
    for values, seeds in request["calls"]:
        outputs = model.signatures[request["signature"]](
            **{request["name"]: tf.constant(condition(request, values))},
            seed=tf.constant(seeds, tf.int64),
        )
        yield outputs["image_bytes"].numpy()


def run_session(request):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        tf.compat.v1.saved_model.load(session, ["serve"], request["model"])
        for values, seeds in request["calls"]:
            fed = zip(request["inputs"], (condition(request, values), seeds), strict=True)
            yield session.run(request["outputs"][0], dict(fed))


def main(request_path, result_path):
    with open(request_path, encoding="utf-8") as file:
        request = json.load(file)
    for name in request.get("operations", ()):  # packages that bring operations
        importlib.import_module(name)
    answers = (run_python if request["loader"] == "python" else run_session)(request)
    result = {
        "answers": [[base64.b64encode(text).decode() for text in files] for files in answers],
        "modules": sorted({"zoo"} & set(sys.modules)),
        "zoo_is_there": importlib.util.find_spec("zoo") is not None,
    }
    with open(result_path, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
