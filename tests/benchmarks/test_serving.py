"""The load of the benchmark counts what is answered, changed, wrong and refused."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("grpc", reason="needs the extra serve")

from tests.benchmarks import serving_load, serving_report  # noqa: E402
from tests.export.server.fake import FakeVersion, running, write_version  # noqa: E402


def png(value):
    file = io.BytesIO()
    Image.fromarray(np.full([2, 2, 3], value, np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The image of seed n has the value n, but that of 3 is one more and that of 4 is wrong."""
    write_version(tmp_path, 1)
    values = {3: 4, 4: 99}
    monkeypatch.setattr(FakeVersion, "predict", lambda self, signature, inputs: {
        "image_bytes": np.array([png(values.get(n, n)) for n in inputs["seed"].tolist()], object)
    })
    return tmp_path


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_every_image_is_checked(folder, monkeypatch, protocol):
    expected = [png(n) for n in range(6)]
    with running(folder, monkeypatch) as (addresses, _, _):
        url = addresses[protocol]
        url = url if protocol == "rest" else f"grpc://{url}"
        load = serving_load.run(url, "fake", expected, clients=2, rows=3, seconds=0.3)
    assert not load.errors and not load.refused and load.images == 3 * len(load.latencies) > 0
    assert load.changed > 0 and load.wrong == load.changed  # both are in every second request
    assert 0 < load.latency(0.5) <= load.latency(0.99) and load.rate > 0


def test_refused_requests_are_counted(folder, monkeypatch):
    event = threading.Event()
    slow = FakeVersion.predict

    def predict(self, signature, inputs):
        event.wait(0.2)
        return slow(self, signature, inputs)

    monkeypatch.setattr(FakeVersion, "predict", predict)
    flags = ("--max_batch=1", "--max_queue=2")
    with running(folder, monkeypatch, *flags) as (addresses, _, _):
        load = serving_load.run(addresses["rest"], "fake", [png(0)], 6, 1, seconds=0.5)
    assert load.refused > 0 and load.latencies and not load.errors and not load.wrong


def test_the_report():
    load = serving_load.Load(2.0, [0.1] * 50 + [0.5], images=204, changed=3, cpu=1.0)
    found = {
        "rows": 16, "inside": [(120.0, 60.0)], "gRPC": [(load, 4.0)], "REST": [(load, 5.0)],
        "memory": 700 * 2**20, "others": 0.5, "full": serving_load.Load(refused=7),
        "stop": ({"REST": load, "gRPC": load}, 102, 0),
        "bytes": (1200, 12_000, 1000), "photo": {64: 0.14, 256: 0.19},
    }
    text = serving_report.report(found, "a_preset", (32, 4, 256), 2.0, 1)
    assert "| gRPC | 102.0 | 0.85 | 0.85 | 0.68 | 100 |" in text and "7 refused with 503" in text
    assert "1,200 bytes, 1.20 times" in text and "12,000 bytes, 12.0 times" in text
    assert "answered 102 requests, the clients received 102" in text and "not reliable" in text
