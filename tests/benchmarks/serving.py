r"""Throughput, latency and memory of the local server under load, next to the SavedModel itself.

    python -m tests.benchmarks.serving
    python -m tests.benchmarks.serving --seconds=20 --rounds=2 --out=

A preset is exported and served by `export.serve` as a process of its own. In turn, for the same
time: calls of the SavedModel in a process with TensorFlow alone, in batches; many clients by gRPC;
and by REST. Every image is compared with that of its seed. Then more rows are sent than the queue
holds, and the server gets SIGTERM under load. Last, the size of a REST answer, and the processor
time of scaling a photo.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

from export import tensors
from export.verification.local import Process
from tests.benchmarks import machine, serving_load
from tests.benchmarks.document import write_part
from tests.benchmarks.serving_report import report
from tests.benchmarks.timing import OtherLoad
from tests.export.server.real import serving

PRESET = "dm_gan_ms_emoji_64"
CLIENTS, ROWS = 32, 4
PAIRS = 256  # of a caption and a seed, whose files are known
BATCHES = (8, 16, 32, 64)
QUEUE = 256


def main():
    """Measures, and writes the part of docs/benchmarks.md."""
    options = machine.options(__doc__.splitlines()[0], rounds=3, seconds=60.0)
    each = (2.0 if options.quick else options.seconds) / (1 if options.quick else options.rounds)
    rounds = 1 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "model")
        subprocess.run(
            [sys.executable, "-m", "export.saved_model", f"--preset={PRESET}", f"--out={out}"],
            check=True,
        )
        load = OtherLoad()
        with Process(os.path.join(out, "1"), 600.0) as inside, serving(out) as server:
            expected = serving_load.expected_files(inside, PAIRS)
            found = measure(inside, server, expected, rounds, each)
            found["memory"] = highest(server.process.pid)
            found["full"] = overload(server, expected, min(each, 10.0))
            found["stop"] = stop(server, expected)
            found["bytes"] = answer_bytes(inside)
        found["photo"] = photo()
        found["others"] = load.share()
    text = report(found, PRESET, (CLIENTS, ROWS, QUEUE), each, rounds)
    print(text)
    if options.out:
        write_part(options.out, "serving", text)


def measure(inside, server, expected, rounds, seconds):
    """Calls in turn.

    Returns:
        dict of "inside" (list of (images per second, images per processor second)), "rows" (int,
        of its batches), and "gRPC", "REST" (lists of (`Load`, processor seconds of the server)).
    """
    rates = {}
    for rows in BATCHES:
        inputs = serving_load.request(range(rows))
        found = inside.measure(inputs, 1, 1.0)
        rates[rows] = rows / min(found["times"])
    rows = max(rates, key=rates.get)
    inputs = serving_load.request(range(rows))
    urls = {"gRPC": f"grpc://{server.addresses['grpc']}", "REST": server.addresses["rest"]}
    for url in urls.values():  # the batch sizes are met for the first time
        serving_load.run(url, "model", expected, CLIENTS, ROWS, 3.0)
    result = {"rows": rows, "inside": [], "gRPC": [], "REST": []}
    for _ in range(rounds):
        found = inside.measure(inputs, 1, seconds)
        images = rows * len(found["times"])
        result["inside"].append((images / found["seconds"], images / found["cpu"]))
        for way, url in urls.items():
            before = serving_load.cpu_of(server.process.pid)
            load = serving_load.run(url, "model", expected, CLIENTS, ROWS, seconds)
            result[way].append((load, serving_load.cpu_of(server.process.pid) - before))
    return result


def overload(server, expected, seconds):
    """The `Load` of more rows than the queue holds."""
    clients = 2 * QUEUE // 8
    return serving_load.run(
        server.addresses["rest"], "model", expected, clients, 8, seconds
    )


def stop(server, expected):
    """SIGTERM under load.

    Returns:
        (the `Load`, requests that the server answered, its exit status).
    """
    def answered():
        return sum(e["event"] == "request" and e["code"] in (200, "OK") for e in server.events)

    time.sleep(0.5)
    before, threads, loads = answered(), [], {}
    for way, url in (("REST", server.addresses["rest"]),
                     ("gRPC", f"grpc://{server.addresses['grpc']}")):
        def work(way=way, url=url):
            loads[way] = serving_load.run(url, "model", expected, 16, ROWS, 6.0)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
    time.sleep(4.0)
    server.process.send_signal(signal.SIGTERM)
    status = server.process.wait(120)
    for thread in threads:
        thread.join()
    time.sleep(0.5)
    return loads, answered() - before, status


def answer_bytes(inside, rows=16):
    """(bytes of a REST answer with files, of one with pixels too, of the files themselves)."""
    inputs = serving_load.request(range(rows))
    outputs = inside.predict(inputs) | inside.predict(inputs, "pixels")
    texts = {name: tensors.to_json(value) for name, value in outputs.items()}
    files = len(json.dumps({"outputs": texts["image_bytes"]}))
    return files, len(json.dumps({"outputs": texts})), sum(map(len, outputs["image_bytes"]))


def photo(calls=3):
    """dict of an image size -> processor seconds of scaling 4000 x 3000 pixels to it, the least."""
    import tensorflow as tf

    from zoo.images.read import fit_image

    pixels = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), np.uint8)
    found = {}
    for size in (64, 256):
        scale = tf.function(lambda image, s=size: fit_image(image, s, 3), autograph=False)
        scale(tf.constant(pixels)).numpy()
        times = []
        for _ in range(calls):
            start = time.process_time()
            scale(tf.constant(pixels)).numpy()
            times.append(time.process_time() - start)
        found[size] = min(times)
    return found


def highest(pid):
    """The most resident bytes of a process so far."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return 1024 * int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


if __name__ == "__main__":
    main()
