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


def ask_process(folder, client, exported, signature, condition, seeds, operations=()):
    """uint8 images and PNG files, from a separate process that cannot import this project.

    Args:
        folder: path, where request and answer are written.
        client: key of `CLIENTS`.
        exported: path of a SavedModel.
        signature: str.
        condition: list of ints, or of bytes.
        seeds: list of ints.
        operations: names of packages whose operations the model uses (not for the C API's client).
    """
    described = signature_of(exported, signature)
    (name,) = set(described.inputs) - {"seed"}
    strings = isinstance(condition[0], bytes)
    request = {
        "model": exported, "loader": client, "signature": signature, "name": name, "seeds": seeds,
        "condition": [base64.b64encode(v).decode() for v in condition] if strings else condition,
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
    files = [base64.b64decode(text) for text in result["image_bytes"]]
    return decoded(files), files


@pytest.fixture(scope="session")
def signature(exported):
    return signature_of(exported)


@pytest.fixture(scope="session")
def ask(exported, tmp_path_factory):
    """`ask(client, captions, seeds)` -> uint8 images and PNG files, see `ask_process`."""
    folder = tmp_path_factory.mktemp("requests")

    def run(client, captions, seeds):
        captions = [caption.encode() for caption in captions]
        return ask_process(folder, client, exported, "serving_default", captions, seeds)

    return run
