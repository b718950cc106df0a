"""Many clients of a server at the same time, which check every image."""

import dataclasses
import io
import os
import statistics
import threading
import time

import numpy as np
from PIL import Image

from export.client import Client
from zoo.errors import ZooError

CAPTIONS = ("grinning face", "red heart", "full moon face", "a blue circle")


def pair(number):
    """The caption and the seed of a row: one of as many pairs as `expected_files` has."""
    return CAPTIONS[number % len(CAPTIONS)], number


def expected_files(asker, count, batch=64):
    """list of bytes: the files of the pairs 0 to `count` - 1, from a folder's own process."""
    files = []
    for start in range(0, count, batch):
        rows = range(start, min(count, start + batch))
        files += asker.predict(request(rows))["image_bytes"].tolist()
    return files


def request(numbers):
    """The inputs of rows: dict of arrays."""
    captions, seeds = zip(*map(pair, numbers), strict=True)
    return {
        "captions": np.array([caption.encode() for caption in captions], object),
        "seed": np.array(seeds, np.int64),
    }


@dataclasses.dataclass
class Load:
    """The result of a load.

    Attributes:
        seconds: float, from the first request to the last answer.
        latencies: list of float, seconds of each answered request.
        images: int, images of answered requests.
        changed: int, images that differ from those expected by one of 255, in another batch.
        wrong: int, images that differ by more.
        refused: int, requests refused as busy.
        errors: list of str, other failures.
        cpu: float, processor seconds of the clients.
    """

    seconds: float = 0.0
    latencies: list = dataclasses.field(default_factory=list)
    images: int = 0
    changed: int = 0
    wrong: int = 0
    refused: int = 0
    errors: list = dataclasses.field(default_factory=list)
    cpu: float = 0.0

    @property
    def rate(self):
        """Images per second."""
        return self.images / self.seconds if self.seconds else 0.0

    def latency(self, share):
        """The latency in milliseconds that this share of requests does not exceed."""
        if len(self.latencies) < 2:
            return 1000 * sum(self.latencies)
        return 1000 * statistics.quantiles(self.latencies, n=1000, method="inclusive")[
            min(998, round(1000 * share) - 1)
        ]


def run(url, model, expected, clients, rows, seconds, retries=0):
    """Sends requests of `rows` rows from `clients` threads for `seconds`; returns the `Load`.

    Args:
        url: str, see `export.client.Client`.
        model: str.
        expected: list of bytes, see `expected_files`.
        clients, rows: int.
        seconds: float.
        retries: int, of a client, while the server is busy.
    """
    load, lock, begin = Load(), threading.Lock(), threading.Barrier(clients + 1)
    connected = [Client(url, model, retries=retries) for _ in range(clients)]
    specs = connected[0].signatures()
    for client in connected:
        client._signatures = specs

    def work(index):
        begin.wait()
        end, number = time.monotonic() + seconds, index * rows
        while time.monotonic() < end:
            numbers = [(number + k) % len(expected) for k in range(rows)]
            number += clients * rows
            started = time.monotonic()
            try:
                files = connected[index].predict(request(numbers))["image_bytes"].tolist()
            except ZooError as error:
                _failed(load, lock, str(error))
                continue
            taken = time.monotonic() - started
            gaps = [_gap(files[k], expected[n]) for k, n in enumerate(numbers)]
            with lock:
                load.latencies.append(taken)
                load.images += rows
                load.changed += gaps.count(1)
                load.wrong += sum(gap > 1 for gap in gaps)

    threads = [threading.Thread(target=work, args=[index]) for index in range(clients)]
    for thread in threads:
        thread.start()
    begin.wait()
    started, cpu = time.monotonic(), time.process_time()
    for thread in threads:
        thread.join()
    load.seconds, load.cpu = time.monotonic() - started, time.process_time() - cpu
    return load


def _failed(load, lock, message):
    busy = any(word in message for word in ("503", "is full", "is stopping", "Too many"))
    with lock:
        if busy:
            load.refused += 1
        else:
            load.errors.append(message[:200])
    time.sleep(0.02)


def _gap(file, expected):
    """The largest difference of two PNG files' values."""
    if file == expected:
        return 0
    left, right = (
        np.asarray(Image.open(io.BytesIO(data))).astype(int) for data in (file, expected)
    )
    return 256 if left.shape != right.shape else int(np.abs(left - right).max())


def cpu_of(pid):
    """Processor seconds of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
