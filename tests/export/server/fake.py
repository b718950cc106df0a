"""A server with a model of a few lines instead of a SavedModel: no TensorFlow.

`python -m tests.export.server.fake --model=FOLDER ...` is such a server as a process.
"""

import asyncio
import contextlib
import os
import threading
import time

import numpy as np

from export import serve
from export.server import models
from export.server.metrics import Metrics
from export.server.requests import Refused
from export.transports import Spec
from zoo.errors import ZooError

STRING, SEED = np.dtype(object), np.dtype(np.int64)


class FakeVersion:
    """Answers a caption and a seed with `version:caption:seed`, and counts its batches."""

    signatures = {
        "serving_default": {
            "inputs": {"captions": Spec(STRING, (-1,)), "seed": Spec(SEED, (-1,))},
            "outputs": {"image_bytes": Spec(STRING, (-1,))},
        },
        "pixels": {
            "inputs": {"captions": Spec(STRING, (-1,)), "seed": Spec(SEED, (-1,))},
            "outputs": {"image": Spec(np.dtype(np.uint8), (-1, 2, 2, 3))},
        },
    }
    seconds = 0.0
    max_batch = 64

    def __init__(self, path, number):
        with open(os.path.join(path, "saved_model.pb")) as file:
            if file.read() != "works":
                raise ZooError(f"{path} cannot be loaded: it is broken.")
        self.path, self.number, self.batches = path, number, []

    def predict(self, signature, inputs):
        self.batches.append(len(inputs["seed"]))
        time.sleep(self.seconds)
        if any(b"wrong" in caption for caption in inputs["captions"]):
            raise Refused("invalid", "captions must not be wrong.")
        if any(b"crash" in caption for caption in inputs["captions"]):
            raise RuntimeError("a bug")
        if signature == "pixels":
            return {"image": np.zeros([len(inputs["seed"]), 2, 2, 3], np.uint8)}
        rows = zip(inputs["captions"], inputs["seed"], strict=True)
        files = [b"%d:%s:%d" % (self.number, caption, seed) for caption, seed in rows]
        return {"image_bytes": np.array(files, object)}


def write_version(folder, number, content="works"):
    """A version's folder, written like an export: complete at once."""
    os.makedirs(folder / f".{number}.partial")
    (folder / f".{number}.partial" / "saved_model.pb").write_text(content)
    os.rename(folder / f".{number}.partial", folder / str(number))


@contextlib.contextmanager
def running(folder, monkeypatch, *flags):
    """Yields (addresses, models, function that begins to stop the server) of a server."""
    monkeypatch.setattr(models, "Version", FakeVersion)
    options = serve.parse([f"--model={folder}", "--port=0", "--grpc_port=0", "--poll=0.05", *flags])
    metrics = Metrics()
    served = models.Models(str(folder), "fake", serve.check(options), metrics)
    served.refresh()
    found, begun = {}, threading.Event()

    async def work():
        found["loop"], found["stopping"] = asyncio.get_running_loop(), asyncio.Event()

        def ready(addresses):
            found["addresses"] = addresses
            begun.set()

        await serve.serve(options, served, metrics, found["stopping"], ready)

    def stop():
        found["loop"].call_soon_threadsafe(found["stopping"].set)

    thread = threading.Thread(target=asyncio.run, args=[work()])
    thread.start()
    try:
        assert begun.wait(20)
        yield found["addresses"], served, stop
    finally:
        if begun.is_set() and thread.is_alive():
            stop()
        thread.join(20)
    assert not thread.is_alive()


if __name__ == "__main__":
    models.Version = FakeVersion
    raise SystemExit(serve.main())
