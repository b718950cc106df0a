"""The local server, with a model without TensorFlow: protocols, batching, limits, reload, stop."""

import socket
import threading
import time
import urllib.parse

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("uvicorn", reason="needs the extra serve")
grpc = pytest.importorskip("grpc", reason="needs the extra serve")

from export import protos, serve  # noqa: E402
from export.client import Client  # noqa: E402
from export.server.batching import Batcher  # noqa: E402
from tests.export.server.fake import FakeVersion, running, write_version  # noqa: E402
from tests.export.server.requests import call, wait_for  # noqa: E402
from zoo.errors import ZooError  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    write_version(tmp_path, 1)
    return tmp_path


@pytest.fixture
def server(folder, monkeypatch):
    with running(folder, monkeypatch) as (addresses, models, _):
        yield addresses, models


def clients(addresses, **options):
    return [
        Client(addresses["rest"], "fake", **options),
        Client(f"grpc://{addresses['grpc']}", "fake", **options),
    ]


def test_both_protocols_give_the_same_files(server):
    addresses, _ = server
    for client in clients(addresses):
        files = client.generate(["a", "é"], seed=[5, 2**40], samples=2)
        assert files == [b"1:a:5", b"1:a:6", "1:é:1099511627776".encode(),
                         "1:é:1099511627777".encode()]
        image = client.predict({"captions": ["a"], "seed": [1]}, "pixels")["image"]
        assert image.shape == (1, 2, 2, 3) and image.dtype == np.uint8


def test_rest_has_the_paths_and_forms_of_tensorflow_serving(server):
    addresses, _ = server
    row = {"captions": "a", "seed": 3}
    for path in ("", "/versions/1"):
        status, answer = call(addresses, f"/v1/models/fake{path}:predict", {"instances": [row]})
        assert (status, answer) == (200, {"predictions": [{"b64": "MTphOjM="}]})
    columns = {"inputs": {"captions": [{"b64": "YQ=="}], "seed": [3]}}
    assert call(addresses, "/v1/models/fake:predict", columns)[1] == {
        "outputs": [{"b64": "MTphOjM="}]
    }
    status, answer = call(addresses, "/v1/models/fake")
    assert status == 200 and answer["model_version_status"] == [{
        "version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""},
    }]
    signatures = call(addresses, "/v1/models/fake/metadata")[1]["metadata"]["signature_def"]
    seed = signatures["signature_def"]["serving_default"]["inputs"]["seed"]
    assert seed["dtype"] == "DT_INT64" and seed["tensor_shape"]["dim"][0]["size"] == "-1"
    assert call(addresses, "/healthz") == (200, "ok\n")
    assert "zoo_batch_rows_count" in call(addresses, "/metrics")[1]
    status, page = call(addresses, "/")
    assert status == 200 and "<h1>fake</h1>" in page and "http" not in page


def test_grpc_has_status_and_health(server):
    addresses, _ = server
    channel = grpc.insecure_channel(addresses["grpc"])

    def ask(method, request, answer):
        return channel.unary_unary(
            method, request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=answer.FromString,
        )(request, timeout=10)

    request = protos.GetModelStatusRequest()
    request.model_spec.name = "fake"
    status = ask(protos.MODEL + "GetModelStatus", request, protos.GetModelStatusResponse)
    assert [(s.version, s.state) for s in status.model_version_status] == [(1, 30)]
    health = ask(protos.HEALTH + "Check", protos.HealthCheckRequest(), protos.HealthCheckResponse)
    assert health.status == 1
    channel.close()


@pytest.mark.parametrize(("path", "body", "status", "words"), [
    (":predict", b"{", 400, "not a JSON object"),
    (":predict", b"\xff\x00", 400, "not a JSON object"),
    (":predict", b"[" * 100_000, 400, "not a JSON object"),
    (":predict", {}, 400, 'either "inputs" or "instances"'),
    (":predict", {"instances": []}, 400, "at least one row"),
    (":predict", {"instances": [{"captions": "a"}]}, 400, "Expected the inputs captions, seed"),
    (":predict", {"instances": [{"captions": "a", "seed": 1.5}]}, 400, "seed must hold numbers"),
    (":predict", {"instances": [{"captions": 1, "seed": 1}]}, 400, "captions must hold strings"),
    (":predict", {"instances": [{"captions": "a", "seed": 2**64}]}, 400, "seed must hold numbers"),
    (":predict", {"inputs": {"captions": "a", "seed": 1}}, 400, "captions must have the shape"),
    (":predict", {"inputs": {"captions": ["a"], "seed": [1, 2]}}, 400, "same number of rows"),
    (":predict", {"inputs": {"captions": ["a"] * 65, "seed": [1] * 65}}, 400, "at most 64 rows"),
    (":predict", {"inputs": {"captions": [{"b64": "?"}], "seed": [1]}}, 400, "not base64"),
    (":predict", {"signature_name": "x", "instances": [1]}, 400, "no signature 'x'"),
    (":predict", {"instances": [{"captions": "wrong", "seed": 1}]}, 400, "must not be wrong"),
    (":predict", {"instances": [{"captions": "crash", "seed": 1}]}, 500, "RuntimeError"),
    ("/versions/9:predict", {"instances": [{"captions": "a", "seed": 1}]}, 404, "not served"),
    ("/labels/x:predict", {"instances": [{"captions": "a", "seed": 1}]}, 404, "the label 'x'"),
    ("s:predict", {"instances": [{"captions": "a", "seed": 1}]}, 404, "no model 'fakes'"),
    (":train", {"instances": []}, 404, "There is no POST"),
])
def test_invalid_requests_get_one_sentence_and_the_server_stays(server, path, body, status, words):
    addresses, _ = server
    found, answer = call(addresses, f"/v1/models/fake{path}", body)
    assert found == status and words in answer["error"]
    assert clients(addresses)[0].generate(["a"], seed=1) == [b"1:a:1"]


def test_grpc_errors_are_the_same_sentences(server):
    client = clients(server[0])[1]
    client.signatures()
    for inputs, words in (
        ({"captions": ["a"], "seed": [1, 2]}, "same number of rows"),
        ({"captions": [["a"]], "seed": [1]}, "captions must have the shape"),
        ({"captions": ["a"]}, "Expected the inputs captions, seed"),
        ({"captions": ["wrong"], "seed": [1]}, "must not be wrong"),
    ):
        with pytest.raises(ZooError, match=words):
            client.predict(inputs)


def test_requests_are_joined_and_an_invalid_one_fails_alone(server, monkeypatch):
    addresses, models = server
    monkeypatch.setattr(FakeVersion, "seconds", 0.1)
    answers = {}

    def ask(index):
        caption = "wrong" if index == 5 else f"c{index}"
        body = {"instances": [{"captions": caption, "seed": index}]}
        answers[index] = call(addresses, "/v1/models/fake:predict", body)

    threads = [threading.Thread(target=ask, args=[index]) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.pop(5)[0] == 400 and all(status == 200 for status, _ in answers.values())
    assert max(models.loaded[1].batches) > 1


def test_no_batch_is_larger_than_the_export_allows(server, monkeypatch):
    addresses, models = server
    monkeypatch.setattr(FakeVersion, "seconds", 0.1)
    monkeypatch.setattr(FakeVersion, "max_batch", 3)
    threads = [
        threading.Thread(target=clients(addresses)[0].generate, args=[["a"], index])
        for index in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 < max(models.loaded[1].batches) <= 3
    files = clients(addresses)[1].generate(["a"] * 8, seed=list(range(8)))
    assert files == [b"1:a:%d" % index for index in range(8)]


@pytest.mark.parametrize(("flags", "most"), [((), 300), (("--max_batch=100",), 100)])
def test_a_batch_of_a_large_export_fits_into_the_queue(folder, monkeypatch, flags, most):
    monkeypatch.setattr(FakeVersion, "max_batch", 300)
    with running(folder, monkeypatch, *flags) as (addresses, models, _):
        client = Client(addresses["rest"], "fake", max_batch=1000)
        assert len(client.generate(["a"] * 301)) == 301
        assert max(models.loaded[1].batches) == client.max_batch == most


def test_a_full_queue_is_503_and_the_client_tries_again(folder, monkeypatch):
    monkeypatch.setattr(FakeVersion, "seconds", 0.3)
    flags = ("--max_batch=1", "--max_queue=2")
    with running(folder, monkeypatch, *flags) as (addresses, _, _):
        statuses, body = [], {"instances": [{"captions": "a", "seed": 1}]}

        def ask():
            statuses.append(call(addresses, "/v1/models/fake:predict", body)[0])

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        patient = clients(addresses, retries=20)
        assert patient[0].generate(["b"], seed=1) == patient[1].generate(["b"], seed=1)
        for thread in threads:
            thread.join()
        assert statuses.count(200) >= 2 and statuses.count(503) >= 1
        assert set(statuses) == {200, 503}


def test_bodies_are_bounded_in_size_and_time(folder, monkeypatch):
    flags = ("--max_body=2000", "--read_timeout=0.3")
    with running(folder, monkeypatch, *flags) as (addresses, _, _):
        status, answer = call(addresses, "/v1/models/fake:predict", b"x" * 2001)
        assert status == 413 and "at most 2000 bytes" in answer["error"]
        parts = urllib.parse.urlsplit(addresses["rest"])
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as slow:
            slow.sendall(b"POST /v1/models/fake:predict HTTP/1.1\r\nHost: a\r\n"
                         b"Content-Length: 100\r\n\r\n{")
            assert b" 408 " in slow.recv(1000)
        client = clients(addresses)[1]
        with pytest.raises(ZooError, match="does not answer|refused"):
            Client(client.transport.url, "fake", retries=0).predict(
                {"captions": ["a" * 3000], "seed": [1]}
            )
        assert client.generate(["a"], seed=1) == [b"1:a:1"]


def test_bodies_in_memory_are_bounded_together(folder, monkeypatch):
    with running(folder, monkeypatch, "--max_body=1000") as (addresses, _, _):
        parts = urllib.parse.urlsplit(addresses["rest"])
        head = b"POST /v1/models/fake:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
        held = []
        for _ in range(8):
            held.append(socket.create_connection((parts.hostname, parts.port), timeout=10))
            held[-1].sendall(head + b"x" * 999)
        body = b"x" * 1000

        def refused():
            return call(addresses, "/v1/models/fake:predict", body)[0] == 503

        wait_for(refused)
        for connection in held:
            connection.close()
        wait_for(lambda: not refused())


def test_metrics_have_no_label_for_names_of_users(server):
    addresses, _ = server
    for name in ("x1", "x2"):
        body = {"signature_name": name, "instances": [{"captions": "a", "seed": 1}]}
        assert call(addresses, "/v1/models/fake:predict", body)[0] == 400
        assert call(addresses, "/v1/models/fake/versions/7:predict", body)[0] == 404
    text = call(addresses, "/metrics")[1]
    assert 'signature="unknown"' in text and "x1" not in text and "x2" not in text


def test_a_new_version_replaces_the_old_and_a_broken_one_never_does(folder, monkeypatch):
    with running(folder, monkeypatch, "--label=stable=1") as (addresses, models, _):
        client = clients(addresses)[0]
        write_version(folder, 3, "damaged")
        wait_for(lambda: 3 in models.failed)
        assert client.generate(["a"], seed=1) == [b"1:a:1"]
        write_version(folder, 2)
        wait_for(lambda: 2 in models.loaded)
        assert client.generate(["a"], seed=1) == [b"2:a:1"]
        body = {"instances": [{"captions": "a", "seed": 1}]}
        assert call(addresses, "/v1/models/fake/labels/stable:predict", body)[0] == 200
        states = call(addresses, "/v1/models/fake")[1]["model_version_status"]
        assert [(s["version"], s["state"]) for s in states] == [
            ("3", "END"), ("2", "AVAILABLE"), ("1", "AVAILABLE"),
        ]
        (folder / "2" / "saved_model.pb").unlink()  # a rollback to the newest that is left
        wait_for(lambda: 2 not in models.loaded)
        assert client.generate(["a"], seed=1) == [b"1:a:1"]
        (folder / "1" / "saved_model.pb").unlink()  # none is left: the last one is served
        time.sleep(0.3)
        assert client.generate(["a"], seed=1) == [b"1:a:1"]


def test_a_rollback_of_a_version_with_a_label(folder, monkeypatch):
    write_version(folder, 2)
    with running(folder, monkeypatch, "--label=canary=2") as (addresses, models, _):
        client, path = clients(addresses)[0], "/v1/models/fake/labels/canary:predict"
        body = {"instances": [{"captions": "a", "seed": 1}]}
        assert client.generate(["a"], seed=1) == [b"2:a:1"]
        assert call(addresses, path, body)[0] == 200
        (folder / "2").rename(folder / "removed")
        wait_for(lambda: 2 not in models.loaded)
        assert client.generate(["a"], seed=1) == [b"1:a:1"]
        assert "zoo_model_version 1.0" in call(addresses, "/metrics")[1]
        status, answer = call(addresses, path, body)
        assert status == 404 and "No version has the label 'canary'" in answer["error"]
        (folder / "removed").rename(folder / "2")  # and forward again
        wait_for(lambda: 2 in models.loaded)
        wait_for(lambda: client.generate(["a"], seed=1) == [b"2:a:1"])
        assert call(addresses, path, body)[0] == 200


@pytest.mark.parametrize("protocol", [0, 1])
def test_what_was_accepted_is_answered_while_the_server_stops(folder, monkeypatch, protocol):
    accepted, answers, stopping = [], [], threading.Event()
    submit, predict = Batcher.submit, FakeVersion.predict

    def counted(self, *request):
        accepted.append(request)
        return submit(self, *request)

    def late(self, *request):
        assert stopping.wait(60)
        return predict(self, *request)

    monkeypatch.setattr(Batcher, "submit", counted)
    monkeypatch.setattr(FakeVersion, "predict", late)
    with running(folder, monkeypatch, "--max_batch=1") as (addresses, _, stop):

        def ask(index):
            client = clients(addresses, retries=0)[protocol]
            try:
                answers.append(client.generate(["a"], seed=index) == [b"1:a:%d" % index])
            except ZooError as error:
                answers.append(str(error))

        threads = [threading.Thread(target=ask, args=[index]) for index in range(8)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(accepted) == len(threads))
        stop()
        stopping.set()
        for thread in threads:
            thread.join()
        assert answers == [True] * 8


@pytest.mark.parametrize(("flags", "words"), [
    (["--max_batch=0"], "--max_batch must be positive, got 0"),
    (["--max_queue=1", "--max_batch=2"], "--max_queue must be at least --max_batch"),
    (["--timeout=0"], "--timeout must be positive"),
    (["--port=70000"], "--port: it must be a whole number from 0 to 65535"),
    (["--grpc_port=-1"], "--grpc_port: it must be a whole number from 0 to 65535"),
    (["--label=stable"], "LABEL=VERSION"),
    (["--model=missing"], "There is no folder missing"),
    (["--name=a/b"], "--name must be letters"),
])
def test_command_lines_that_are_refused(folder, flags, words):
    with pytest.raises(ZooError, match=words):
        serve.check(serve.parse([f"--model={folder}", *flags]))
