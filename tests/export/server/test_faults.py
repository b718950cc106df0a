"""Faults: the documented answer, the server stays, and its memory is what it was before.

The small cases use a model of a few lines; the large ones a SavedModel in a server's own process.
"""

import base64
import io
import os
import shutil
import signal
import threading
import time

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("grpc", reason="needs the extra serve")

from export.client import Client  # noqa: E402
from export.saved_model import export_saved_model  # noqa: E402
from export.verification.examples import bomb, png  # noqa: E402
from tests.export.server.fake import running, write_version  # noqa: E402
from tests.export.server.real import Server, serving  # noqa: E402
from tests.export.server.requests import (  # noqa: E402
    call,
    call_grpc,
    send_slowly,
    wait_for,
)
from tests.support import tiny, tiny_images  # noqa: E402
from zoo.errors import ZooError  # noqa: E402

MB = 2**20
MORE = 64 * MB  # that a server may have after all faults


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


def row(caption="a red circle", seed=1):
    return {"captions": caption, "seed": seed}


def columns(captions, seed):
    return {"inputs": {"captions": captions, "seed": seed}}


def chunks(megabytes):
    return (b" " * MB for _ in range(megabytes))


# name -> (body of a REST request, status, words of the message)
TEXT = {
    "10,000 captions": ({"instances": [row()] * 10_000}, 400, "at most 64 rows"),
    "wrong type of seed": (columns(["a"], [1.5]), 400, "seed must hold numbers of the type int64"),
    "seed as text": (columns(["a"], ["1"]), 400, "seed must hold numbers"),
    "captions as numbers": (columns([1], [1]), 400, "captions must hold strings"),
    "shape of captions": (columns([["a"]], [1]), 400, "captions must have the shape (batch,)"),
    "unequal rows": (columns(["a", "b"], [1]), 400, "same number of rows"),
    "no rows": (columns([], []), 400, "at least one row"),
    "body with NUL": (b"\0" * 100, 400, "not a JSON object"),
    "body that is not UTF-8": (b'{"instances": ["\xff"]}', 400, "not a JSON object"),
    "deep nesting": (b"[" * 200_000, 400, "not a JSON object"),
    "caption with NUL": ({"instances": [row("\0red")]}, 200, ""),
    "caption that is not UTF-8": ({"instances": [row(b64(b"\xff\xfe red"))]}, 200, ""),
    "100 MB": (lambda: chunks(100), 413, "at most 33554432 bytes"),
}
GRPC = {
    "10,000 captions": ([b"a"] * 10_000, np.arange(10_000), "INVALID_ARGUMENT", "at most 64 rows"),
    "type of seed": ([b"a"], np.float32([1]), "INVALID_ARGUMENT", "seed must have the type int64"),
    "type of captions": (np.array([1]), np.array([1]), "INVALID_ARGUMENT", "captions must have"),
    "shape": ([[b"a"]], np.array([1]), "INVALID_ARGUMENT", "captions must have the shape"),
    "40 MB": ([b"a" * 40 * MB], np.array([1]), "RESOURCE_EXHAUSTED", ""),
    "NUL and invalid UTF-8": ([b"\0\xff"], np.array([1]), "OK", ""),
}


def check_text_faults(addresses, model):
    """Sends every fault of `TEXT` and `GRPC`."""
    path = f"/v1/models/{model}:predict"
    for name, (body, status, words) in TEXT.items():
        found, answer = call(addresses, path, body() if callable(body) else body)
        assert found == status, (name, found, answer)
        assert status == 200 or words in answer["error"], (name, answer)
    for name, (captions, seed, code, words) in GRPC.items():
        captions = np.array(captions) if np.ndim(captions[0]) == 0 and not isinstance(
            captions[0], bytes
        ) else np.array(captions, object)
        inputs = {"captions": captions, "seed": seed}
        found, details = call_grpc(addresses, model, inputs)
        assert found == code and words in details, (name, found, details)


# --- small ----------------------------------------------------------------------------------------


def test_wrong_requests(tmp_path, monkeypatch):
    write_version(tmp_path, 1)
    with running(tmp_path, monkeypatch) as (addresses, _, _):
        check_text_faults(addresses, "fake")
        assert Client(addresses["rest"], "fake").generate(["a"], seed=1) == [b"1:a:1"]


def test_a_body_that_is_too_large_is_refused_at_once(tmp_path, monkeypatch):
    """The client reads the refusal although the server ends the connection before the body does."""
    write_version(tmp_path, 1)
    with running(tmp_path, monkeypatch, "--max_body=2000") as (addresses, _, _):
        for url, words in ((addresses["rest"], "may have at most 2000 bytes"),
                           (f"grpc://{addresses['grpc']}", "larger than max")):
            client = Client(url, "fake", retries=0)
            with pytest.raises(ZooError, match=f"refused the request: .*{words}"):
                client.generate(["a" * 16 * MB])
            assert client.generate(["a"], seed=1) == [b"1:a:1"]


def test_a_slow_client(tmp_path, monkeypatch):
    write_version(tmp_path, 1)
    with running(tmp_path, monkeypatch, "--read_timeout=0.5") as (addresses, _, _):
        answer = send_slowly(addresses, "/v1/models/fake:predict", 30, 0.1)
        assert answer.startswith("HTTP/1.1 408"), answer
        assert Client(addresses["rest"], "fake").generate(["a"], seed=1) == [b"1:a:1"]


def test_it_is_killed_and_starts_again(tmp_path):
    write_version(tmp_path, 1)
    check_kill(tmp_path, "fake", module="tests.export.server.fake")


def check_kill(folder, model, module):
    """A client with retries gets its image from the server that replaces a killed one."""
    first = Server(folder, f"--name={model}", module=module)
    port = first.addresses["rest"].rpartition(":")[2]
    client = Client(first.addresses["rest"], model, retries=40)
    before = client.generate(["a red circle"], seed=3)
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    answers = []
    asking = threading.Thread(
        target=lambda: answers.extend(client.generate(["a red circle"], seed=3))
    )
    asking.start()
    with serving(folder, f"--name={model}", f"--port={port}", module=module) as second:
        asking.join(120)
        assert answers == before
        assert second.stop() == 0


# --- large ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def text_model(tmp_path_factory):
    """The folder of versions of a tiny AttnGAN."""
    folder = tmp_path_factory.mktemp("faults") / "tiny"
    export_saved_model(tiny.attn_gan(compiled=False), folder)
    return folder


@pytest.mark.large
def test_wrong_requests_to_a_saved_model(text_model):
    with serving(text_model, "--read_timeout=60", "--timeout=600") as server:
        client = Client(server.addresses["rest"], "tiny")
        before = client.generate([f"a red circle {k}" for k in range(64)], seed=7)
        check_text_faults(server.addresses, "tiny")
        memory = server.memory()
        for _ in range(3):
            check_text_faults(server.addresses, "tiny")
        answer = send_slowly(server.addresses, "/v1/models/tiny:predict", 90, 1.0)
        assert answer.startswith("HTTP/1.1 408"), answer
        assert client.generate([f"a red circle {k}" for k in range(64)], seed=7) == before
        more = server.memory() - memory
        assert more < MORE, f"{more / MB:.0f} MB more"
        assert server.stop() == 0


@pytest.mark.large
def test_wrong_images(tmp_path):
    folder = tmp_path / "tiny"
    export_saved_model(tiny_images.pix2pix(compiled=False), folder)
    large = io.BytesIO()
    Image.new("1", (9000, 9000)).save(large, "PNG")
    good = png(32, 32, 0)
    wrong = {
        "a header of 20000 x 20000": (bomb(), "more than the max_pixels"),
        "9000 x 9000": (large.getvalue(), "9000 x 9000 pixels, more than the max_pixels"),
        "no image": (b"\0\xff", ""), "empty": (b"", ""), "half": (good[:60], ""),
    }
    with serving(folder) as server:
        client = Client(server.addresses["rest"], "tiny")
        before, memory = client.generate([good] * 64, seed=7), server.memory()
        for name, (file, words) in wrong.items():
            for _ in range(3):
                body = {"inputs": {"image_bytes": [b64(good), b64(file)], "seed": [1, 2]}}
                started = time.monotonic()
                status, answer = call(server.addresses, "/v1/models/tiny:predict", body)
                assert status == 400 and words in answer["error"], (name, answer)
                assert time.monotonic() - started < 20
        assert client.generate([good] * 64, seed=7) == before
        assert server.memory() - memory < MORE
        assert server.stop() == 0


@pytest.mark.large
def test_a_saved_model_is_killed_and_starts_again(text_model):
    check_kill(text_model, "tiny", "export.serve")


@pytest.mark.large
def test_versions_that_are_corrupt_or_disappear(text_model, tmp_path):
    folder = tmp_path / "tiny"
    shutil.copytree(text_model, folder)
    with serving(folder, "--poll=0.3") as server:
        client = Client(server.addresses["rest"], "tiny")
        before = client.generate(["a red circle"], seed=3)
        damaged = {
            2: lambda path: damage(path / "saved_model.pb", 0.5),
            3: lambda path: damage(path / "variables" / "variables.data-00000-of-00001", 0.5),
            4: lambda path: (path / "variables" / "variables.index").unlink(),
            5: lambda path: shutil.rmtree(path / "assets"),
        }
        for number, spoil in damaged.items():
            shutil.copytree(folder / "1", folder / f".{number}")
            spoil(folder / f".{number}")
            os.rename(folder / f".{number}", folder / str(number))
            assert server.wait_for("version failed")["version"] == number
            assert client.generate(["a red circle"], seed=3) == before
        states = call(server.addresses, "/v1/models/tiny")[1]["model_version_status"]
        assert {s["version"]: s["state"] for s in states} == {
            "1": "AVAILABLE", **{str(number): "END" for number in damaged},
        }
        shutil.copytree(folder / "1", folder / ".6")
        os.rename(folder / ".6", folder / "6")
        assert server.wait_for("version loaded")["version"] == 6
        shutil.rmtree(folder / "6")

        def version():
            path = "/v1/models/tiny/metadata"
            return call(server.addresses, path)[1]["model_spec"]["version"]

        wait_for(lambda: version() == "1", 30)
        shutil.rmtree(folder / "1")  # none that works is left: it still answers
        time.sleep(2)
        assert client.generate(["a red circle"], seed=3) == before
        assert server.stop() == 0


def damage(path, share):
    """Cuts a file to a share of its bytes."""
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
