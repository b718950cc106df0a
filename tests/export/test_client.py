"""The client's checks and command line, with a server without TensorFlow."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("grpc", reason="needs the extra serve")

from export import client, transports  # noqa: E402
from tests.export.server.fake import FakeVersion, running, write_version  # noqa: E402
from zoo.errors import ZooError  # noqa: E402


@pytest.fixture
def address(tmp_path, monkeypatch):
    write_version(tmp_path, 1)
    with running(tmp_path, monkeypatch) as (addresses, _, _):
        yield addresses["rest"]


def test_it_needs_no_tensorflow():
    code = "import export.client, sys; assert not {'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"conditions": [1]}, "captions must be strings of the shape \\(batch,\\)"),
    ({"conditions": None}, "reads captions: give one per row"),
    ({"conditions": {"labels": [1]}}, "a dict of captions"),
    ({"conditions": ["a", "b"], "seed": [1]}, "one seed, or one per condition"),
    ({"conditions": ["a"], "samples": 0}, "at least one sample"),
    ({"conditions": ["a"], "signature": "pixels"}, "The signature must be serving_default"),
    ({"conditions": ["a"], "signature": "b2a"}, "The signature must be serving_default"),
])
def test_conditions_that_are_refused(address, arguments, words):
    with pytest.raises(ZooError, match=words):
        client.Client(address, "fake").generate(**arguments)


def test_many_rows_are_several_requests(address):
    files = client.Client(address, "fake", max_batch=3).generate([f"c{i}" for i in range(8)])
    assert files == [b"1:c%d:0" % i for i in range(8)]


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


def test_one_file_is_one_condition(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"file")
    for condition in (path, str(path), b"file", [path]):
        assert client._read("image_bytes", condition) == [b"file"]
    assert client._read("captions", "a") == ["a"] and client._read("labels", 3) == [3]


def test_conditions_are_read_as_the_model_reads_them(tmp_path):
    np.save(tmp_path / "rows.npy", np.zeros([2, 3], np.float32))
    np.savez(tmp_path / "words.npz", words=np.zeros([1, 2, 3]), lengths=[2])

    def read(inputs, *texts):
        options = client.parse(["--url=u", "--model=m", *(f"--condition={t}" for t in texts)])
        return client.conditions_of(options, {*inputs, "seed"})

    assert read(["captions"], "1", "a;b") == ["1", "a;b"]
    assert read(["image_bytes"], "a.png") == ["a.png"]
    options = client.parse(["--url=u", "--model=m", "--images", "a", "b", "--guide=c"])
    assert client.conditions_of(options, ["image_bytes", "guide_bytes", "seed"]) == {
        "image_bytes": ["a", "b"], "guide_bytes": ["c", "c"],
    }
    assert read(["labels"], "3", "0") == [3, 0]
    assert read(["embeddings"], str(tmp_path / "rows.npy")).shape == (2, 3)
    assert set(read(["words", "lengths"], str(tmp_path / "words.npz"))) == {"words", "lengths"}
    assert read(["captions"]) is None
    for inputs, texts, words in ((["labels"], ["cat"], "classes as numbers, from 0.* got 'cat'"),
                                 (["embeddings"], ["a", "b"], "one file of embeddings"),
                                 (["embeddings"], ["missing.npy"], "cannot be read")):
        with pytest.raises(ZooError, match=words):
            read(inputs, *texts)


def test_a_direction_is_a_signature():
    def signature(*arguments):
        return client.signature_of(client.parse(["--url=u", "--model=m", *arguments]))

    assert signature() == "serving_default" and signature("--signature=pixels") == "pixels"
    assert signature("--direction=b2a") == "b2a"
    assert signature("--direction=b2a", "--guide=c") == "b2a_guided"
    with pytest.raises(ZooError, match="not both"):
        signature("--direction=b2a", "--signature=b2a")


@pytest.mark.parametrize("url", ["localhost:8501", "ftp://a", "grpc://localhost", "http://", ""])
def test_urls_that_are_refused(url):
    with pytest.raises(ZooError, match="Expected a URL such as"):
        client.Client(url, "fake")


def test_a_server_that_is_not_there(monkeypatch):
    monkeypatch.setattr(transports.time, "sleep", lambda seconds: None)
    for url in ("http://127.0.0.1:1", "grpc://127.0.0.1:1"):
        with pytest.raises(ZooError, match="does not answer"):
            client.Client(url, "fake", retries=2, timeout=5).generate(["a"])


def test_the_command_line_writes_files_and_a_grid(address, tmp_path, monkeypatch, capsys):
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(file, "PNG")
    monkeypatch.setattr(FakeVersion, "predict", lambda self, signature, inputs: {
        "image_bytes": client.as_array([file.getvalue()] * len(inputs["seed"]))
    })
    out = tmp_path / "images"
    arguments = [f"--url={address}", "--model=fake", "--captions=a;b", "--samples=3",
                 f"--out={out}"]
    assert client.main(arguments) == 0
    assert "6 images" in capsys.readouterr().out
    assert len(list(out.glob("0000*.png"))) == 6
    assert Image.open(out / "grid.png").size == (12, 6)
    arguments[2] = "--condition=a; b"
    assert client.main(arguments) == 0 and "3 images" in capsys.readouterr().out
    assert client.main([*arguments, "--labels=1"]) == 1
    assert "one kind of condition, got condition and labels" in capsys.readouterr().err
