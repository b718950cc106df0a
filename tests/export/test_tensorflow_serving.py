"""TensorFlow Serving itself, and the TensorFlow that it contains, where they are installed.

    tensorflow_model_server on the PATH         it is started with the files of a bundle
    TF_SERVING_URL, TF_SERVING_MODEL            a running server of any export of the zoo
    ZOO_SERVING_PYTHON                          an interpreter with the bundle's TensorFlow version
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request

import numpy as np
import pytest
import yaml

from export import bundle, verify
from export.bundle import configs
from tests.export.conftest import HERE, decoded
from zoo.conditions.records import Limits

SERVER = shutil.which("tensorflow_model_server")
URL, PYTHON = os.environ.get("TF_SERVING_URL"), os.environ.get("ZOO_SERVING_PYTHON")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.mark.skipif(not SERVER, reason="needs tensorflow_model_server on the PATH")
def test_it_starts_with_the_bundle_and_passes(exported, tmp_path):
    folder = tmp_path / "tiny"
    shutil.copytree(exported, folder / "3")
    bundle.write_bundle(str(folder / "3"), Limits(), seconds=0.1)
    service = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["serving"]
    for name in os.listdir(folder):
        if name != "3":
            text = (folder / name).read_text().replace("/models/tiny", str(folder))
            (folder / name).write_text(text)
    rest, grpc = free_port(), free_port()
    flags = [flag.replace("/models/tiny", str(folder)) for flag in service["command"]]
    process = subprocess.Popen(
        [SERVER, f"--port={grpc}", f"--rest_api_port={rest}", *flags],
        env={**os.environ, **service["environment"]},
    )
    try:
        wait_until_available(f"http://127.0.0.1:{rest}/v1/models/tiny")
        labels = f"http://127.0.0.1:{rest}/v1/models/tiny/labels/stable"
        assert json.load(urllib.request.urlopen(labels, timeout=10))["model_version_status"]
        results = verify.verify(
            str(folder / "3"), f"http://127.0.0.1:{rest}", f"127.0.0.1:{grpc}", "tiny"
        )
        assert not [result for result in results if not result.passed]
    finally:
        process.terminate()
        process.wait(60)


def wait_until_available(url, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if b"AVAILABLE" in urllib.request.urlopen(url, timeout=10).read():
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"{url} is not available")


@pytest.mark.skipif(not URL, reason="needs TF_SERVING_URL and TF_SERVING_MODEL")
def test_a_running_server_passes():
    results = verify.verify(url=URL, model=os.environ["TF_SERVING_MODEL"])
    assert not [result for result in results if not result.passed]


@pytest.mark.skipif(not PYTHON, reason="needs ZOO_SERVING_PYTHON")
def test_its_tensorflow_reads_the_export(exported, model, signature, tmp_path):
    """By the loader of TensorFlow Serving, in an interpreter without this project."""
    version = "import tensorflow; print(tensorflow.__version__)"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    found = subprocess.run(
        [PYTHON, "-c", version], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == configs.SERVING
    captions, seeds = ["a red circle", "a blue square"], [7, 8]
    request = {
        "model": exported, "loader": "session", "signature": "serving_default", "seeds": seeds,
        "name": "captions", "strings": True,
        "condition": [base64.b64encode(caption.encode()).decode() for caption in captions],
        "inputs": [signature.inputs[name].name for name in ("captions", "seed")],
        "outputs": [signature.outputs["image_bytes"].name],
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    client = os.path.join(HERE, "python_client.py")
    subprocess.run(
        [PYTHON, client, "request.json", "result.json"], cwd=tmp_path, env=environment, check=True
    )
    result = json.loads((tmp_path / "result.json").read_text())
    image = decoded([base64.b64decode(text) for text in result["image_bytes"]])
    assert np.abs(image.astype(int) - model.generate(captions, seed=seeds)).max() <= 1
