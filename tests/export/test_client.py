"""The client's checks, with a server without TensorFlow; of its flags: test_client_options.py."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("grpc", reason="needs the extra serve")

from export import client, transports  # noqa: E402
from tests.export.server.fake import running, write_version  # noqa: E402
from zoo.errors import ZooError  # noqa: E402


@pytest.fixture
def address(tmp_path, monkeypatch):
    write_version(tmp_path, 1)
    with running(tmp_path, monkeypatch) as (addresses, _, _):
        yield addresses["rest"]


class Recorder:
    """A transport that keeps the inputs of its requests."""

    def __init__(self):
        self.requests = []

    def predict(self, inputs, signature, outputs):
        self.requests.append(inputs)
        return {"image_bytes": np.array([b"x"] * len(inputs["seed"]), object)}


def recording(**inputs):
    """(client, its requests) of a model with these inputs: name -> (type, sides after batch)."""
    remote = client.Client("http://localhost:1", "m")
    specs = {n: transports.Spec(np.dtype(t), (-1, *sides)) for n, (t, sides) in inputs.items()}
    sides = {
        "inputs": {**specs, "seed": transports.Spec(np.dtype(np.int64), (-1,))},
        "outputs": {"image_bytes": transports.Spec(np.dtype(object), (-1,))},
    }
    several = {**sides, "outputs": {"image_bytes": transports.Spec(np.dtype(object), (-1, 4))}}
    remote._signatures = {"serving_default": sides, "generate_n": several}
    remote.transport = Recorder()
    return remote, remote.transport.requests


def test_it_needs_no_tensorflow():
    code = "import export.client, sys; assert not {'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"conditions": [1]}, "captions must hold strings, got 1"),
    ({"conditions": [["a"]]}, "captions must have the shape .*batch,.* got the shape .1, 1"),
    ({"conditions": []}, "captions must have the shape"),
    ({"conditions": None}, "reads captions: give one per row"),
    ({"conditions": {"labels": [1]}}, "a dict of captions"),
    ({"conditions": ["a", "b"], "seed": [1]}, "one integer for each of the 2 conditions"),
    ({"conditions": ["a"], "samples": 0}, "samples must be an integer of at least 1, got 0"),
    ({"conditions": ["a"], "samples": True}, "samples must be an integer of at least 1, got True"),
    *[({"conditions": ["a"], "seed": seed}, "seed must be an integer")
      for seed in (1.7, True, "7", [1.9], None, np.array([2.0]), 10**20)],
    ({"conditions": ["a"], "seed": 2**63 - 1, "samples": 2}, "because the 1 after it are used too"),
    ({"conditions": ["a"], "signature": "pixels"}, "The signature must be serving_default"),
    ({"conditions": ["a"], "signature": "b2a"}, "The signature must be serving_default"),
])
def test_conditions_that_are_refused(address, arguments, words):
    with pytest.raises(ZooError, match=words):
        client.Client(address, "fake").generate(**arguments)


def test_many_rows_are_several_requests(address):
    files = client.Client(address, "fake", max_batch=3).generate([f"c{i}" for i in range(8)])
    assert files == [b"1:c%d:0" % i for i in range(8)]


def test_files_of_a_request_are_bounded_together(monkeypatch):
    monkeypatch.setattr(client, "MOST_OF_FILES", 10)
    remote, requests = recording(image_bytes=(object, ()), guide_bytes=(object, ()))
    images = [b"a" * 2, b"b" * 2, b"c" * 2, b"d" * 30, b"e"]
    rows = {"image_bytes": images, "guide_bytes": [b"g" * 3] * 5}
    assert len(remote.generate(rows, seed=[0, 1, 2, 3, 4])) == 5
    assert [request["seed"].tolist() for request in requests] == [[0, 1], [2], [3], [4]]
    assert sum((request["image_bytes"].tolist() for request in requests), []) == images


@pytest.mark.parametrize("name", ["red heart", "é"])
def test_the_name_of_a_model_may_have_any_characters(tmp_path, monkeypatch, name):
    write_version(tmp_path, 1)
    with running(tmp_path, monkeypatch) as (addresses, served, _):
        served.name = name
        for url in (addresses["rest"], f"grpc://{addresses['grpc']}"):
            assert client.Client(url, name, retries=0).generate(["a"]) == [b"1:a:0"]


@pytest.mark.parametrize("refusal", [
    "captions must have at most 3 rows, the max_batch of this export; it has [8]",
    "A request may have at most 3 rows, got 8.",
    "Task size 8 is larger than maximum input batch size 3",  # of TensorFlow Serving
])
def test_the_rows_of_a_request_follow_the_refusal(address, monkeypatch, refusal):
    remote = client.Client(address, "fake")
    rows, predict = [], remote.transport.predict

    def limited(inputs, signature, outputs):
        rows.append(len(inputs["seed"]))
        if rows[-1] > 3:
            raise ZooError(refusal)
        return predict(inputs, signature, outputs)

    monkeypatch.setattr(remote.transport, "predict", limited)
    captions = [f"c{i}" for i in range(8)]
    for _ in range(2):
        assert remote.generate(captions) == [b"1:c%d:0" % i for i in range(8)]
    assert rows == [8, 3, 3, 2, 3, 3, 2]


def test_a_refusal_of_fewer_rows_is_an_error(address, monkeypatch):
    remote = client.Client(address, "fake")

    def refuse(*_):
        raise ZooError("A request may have at most 3 rows, got 3.")

    monkeypatch.setattr(remote.transport, "predict", refuse)
    with pytest.raises(ZooError, match="at most 3 rows"):
        remote.generate(["a", "b", "c", "d"])


@pytest.mark.parametrize("labels", [
    [3.7], [True, False], [True, 1], [1.0], ["3"], np.float32([3]), [2**63], [10**30], [None],
    np.array([2**64 - 1], np.uint64), [np.uint64(2**63), np.int64(-1)], [1j], 3.7,
])
def test_labels_are_not_cast(labels):
    remote, requests = recording(labels=(np.int64, ()))
    for ask in (remote.generate, lambda v: remote.predict({"labels": v, "seed": [0]})):
        with pytest.raises(ZooError, match="labels must hold numbers (of the type|in the range)"):
            ask(labels)
    assert not requests


@pytest.mark.parametrize("labels", [[3, 1], np.uint8([3, 1]), (np.int32(3), 1), np.array([3, 1])])
def test_labels_that_fit(labels):
    remote, requests = recording(labels=(np.int64, ()))
    remote.generate(labels, seed=np.uint8([5, 4]), samples=2)
    assert requests[0]["labels"].tolist() == [3, 3, 1, 1]
    assert requests[0]["seed"].tolist() == [5, 6, 4, 5]
    assert {array.dtype for array in requests[0].values()} == {np.dtype(np.int64)}


@pytest.mark.parametrize("change", [
    lambda x: x / np.float32(255), lambda x: x / 127.5 - 1, lambda x: x.astype(int) - 128,
    lambda x: x.astype(np.uint16) * 257, lambda x: x * np.nan, lambda x: x.astype(np.int64),
    lambda x: x > 9, lambda x: x.tolist(),
])
def test_pixels_are_bytes(change):
    remote, requests = recording(images=(np.uint8, (-1, -1, 3)))
    pixels = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    with pytest.raises(ZooError, match="images must be pixels from 0 to 255 of the type uint8"):
        remote.predict({"images": change(pixels), "seed": [0, 1]})
    with pytest.raises(ZooError, match="rows of equal lengths"):
        remote.predict({"images": [pixels[0], pixels[1, :2]], "seed": [0, 1]})
    assert not requests
    remote.predict({"images": list(pixels), "seed": [0, 1]})
    np.testing.assert_array_equal(requests[0]["images"], pixels)


@pytest.mark.parametrize("values", [[[np.nan, 1]], [[1e300, 1]], [[True, 0.5]], [["1", "2"]]])
def test_vectors_are_finite_numbers(values):
    remote, requests = recording(embeddings=(np.float32, (2,)))
    with pytest.raises(ZooError, match="embeddings must hold"):
        remote.generate(values)
    assert not requests
    remote.generate([[1, 0.1]])
    assert requests[0]["embeddings"].tolist() == np.float32([[1, 0.1]]).tolist()


def test_inputs_of_a_request_have_names_and_equal_rows():
    remote, requests = recording(image_bytes=(object, ()), guide_bytes=(object, ()))
    with pytest.raises(ZooError, match="An input of this signature must be .* got 'guide'"):
        remote.predict({"image_bytes": [b"a"], "guide": [b"b"], "seed": [1]})
    remote.max_batch = 2  # the third guide would be in no request
    with pytest.raises(ZooError, match="same number of rows, got .*'guide_bytes': 3"):
        remote.generate({"image_bytes": [b"a"] * 2, "guide_bytes": [b"b"] * 3})
    assert not requests


@pytest.mark.parametrize("images", [0, [0], 3.7, [None], [[b"a"]]])
def test_what_is_no_file_is_not_opened(images):
    remote, _ = recording(image_bytes=(object, ()))
    with pytest.raises(ZooError, match="(path|paths).* bytes of (a file|files), got"):
        remote.generate(images)


def test_a_model_that_is_no_export():
    remote, _ = recording(labels=(np.int64, ()))
    remote._signatures = {"serving_default": {"inputs": {}, "outputs": {}}}
    with pytest.raises(ZooError, match="No signature of this model has the output image_bytes"):
        remote.generate([1])


def test_several_images_per_row_are_by_samples():
    with pytest.raises(ZooError, match="signature must be serving_default, got 'generate_n'"):
        recording(labels=(np.int64, ()))[0].generate([1], signature="generate_n")


@pytest.mark.parametrize(("options", "words"), [
    ({"version": 0}, "version must be a whole number from 1 to 2.63 - 1, got 0"),
    ({"version": "2"}, "version must be"), ({"retries": -1}, "retries must be .* from 0"),
    ({"retries": 1.5}, "retries must be"), ({"max_batch": 0}, "max_batch must be"),
    *[({"timeout": value}, "timeout must be more than 0 and at most 86400 seconds")
      for value in (-1, 0, float("nan"), float("inf"), 1e300, "5", None, True)],
])
@pytest.mark.parametrize("url", ["http://localhost:1", "grpc://localhost:1"])
def test_numbers_out_of_range(url, options, words):
    with pytest.raises(ZooError, match=words):
        client.Client(url, "m", **options)


def test_one_file_is_one_condition(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"file")
    for condition in (path, str(path), b"file", [path]):
        assert client._read("image_bytes", condition) == [b"file"]
    assert client._read("captions", "a") == ["a"] and client._read("labels", 3) == [3]


@pytest.mark.parametrize("url", [
    "localhost:8501", "ftp://a", "grpc://localhost", "http://", "", "http://[::1:8501",
])
def test_urls_that_are_refused(url):
    with pytest.raises(ZooError, match="Expected a URL such as"):
        client.Client(url, "fake")


def test_a_server_that_is_not_there(monkeypatch):
    monkeypatch.setattr(transports.time, "sleep", lambda seconds: None)
    for url in ("http://127.0.0.1:1", "grpc://127.0.0.1:1"):
        with pytest.raises(ZooError, match="does not answer"):
            client.Client(url, "fake", retries=2, timeout=5).generate(["a"])
