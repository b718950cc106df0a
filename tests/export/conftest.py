"""One exported model for all tests of this folder, and the clients that run it."""

import base64
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from export.saved_model import export_saved_model
from tests.support import tiny

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS = {"python": "python_client.py", "session": "python_client.py", "c_api": "c_api_client.py"}


@pytest.fixture(scope="session")
def model():
    return tiny.attn_gan(compiled=False)


@pytest.fixture(scope="session")
def exported(model, tmp_path_factory):
    """The path of version 3 of the model; tests must not change it."""
    return export_saved_model(model, tmp_path_factory.mktemp("served") / "tiny", version=3)


def signature_of(exported, name="serving_default"):
    """The `SignatureDef` on the disk."""
    from tensorflow.core.protobuf import saved_model_pb2

    with open(os.path.join(exported, "saved_model.pb"), "rb") as file:
        saved = saved_model_pb2.SavedModel.FromString(file.read())
    return saved.meta_graphs[0].signature_def[name]


def decoded(files):
    """uint8 array of PNG files (bytes) of one size."""
    return np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])


def ask_process(folder, client, exported, signature, calls, operations=()):
    """The answers of a separate process that cannot import this project.

    Args:
        folder: path, where request and answers are written.
        client: key of `CLIENTS`.
        exported: path of a SavedModel.
        signature: str.
        calls: list of (condition, seeds): a list of ints or of bytes, and a list of ints.
        operations: names of packages whose operations the model uses (not for the C API's client).

    Returns:
        list of (uint8 images, PNG files), one per call.
    """
    described = signature_of(exported, signature)
    (name,) = set(described.inputs) - {"seed"}
    strings = isinstance(calls[0][0][0], bytes)
    request = {
        "model": exported, "loader": client, "signature": signature, "name": name,
        "calls": [
            ([base64.b64encode(v).decode() for v in condition] if strings else condition, seeds)
            for condition, seeds in calls
        ],
        "strings": strings, "operations": list(operations),
        "inputs": [described.inputs[key].name for key in (name, "seed")],
        "outputs": [described.outputs[key].name for key in described.outputs],
    }
    (folder / "request.json").write_text(json.dumps(request))
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, CLIENTS[client]), "request.json", "result.json"],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((folder / "result.json").read_text())
    assert result["modules"] == []  # neither zoo nor, without TensorFlow's Python, Keras
    answers = [[base64.b64decode(text) for text in files] for files in result["answers"]]
    return [(decoded(files), files) for files in answers]


@pytest.fixture(scope="session")
def signature(exported):
    return signature_of(exported)
