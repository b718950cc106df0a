"""Latency, images per second and memory of an export, in a process with TensorFlow alone."""

import dataclasses
import os
import statistics

from export.verification.examples import request
from export.verification.local import Process
from zoo.conditions.records import SERVING_DEFAULT
from zoo.training.hardware import processor_name

SECONDS = 1.0  # of each measurement, at least two calls
LONGEST = 20.0  # seconds of a call, after which no larger batch is tried
ENOUGH = 0.95  # of the most images per second: a smaller batch that reaches this is preferred


@dataclasses.dataclass(frozen=True)
class Size:
    """One size of a batch.

    Attributes:
        rows: int.
        milliseconds: float, median of a call.
        rate: float, images per second of the fastest call, since other work on the machine only
            makes calls slower.
        memory: int, the most bytes that the process had above those of the loaded model.
    """

    rows: int
    milliseconds: float
    rate: float
    memory: int


@dataclasses.dataclass(frozen=True)
class Measured:
    """What was measured, and what follows for a server.

    Attributes:
        loading: float, seconds.
        loaded: int, resident bytes of the process with the loaded model.
        first: float, milliseconds of the first call, of one row.
        sizes: tuple of `Size`, in the order of their rows.
        rows: int, the smallest size that reaches `ENOUGH` of the most images per second.
        threads: int, batches computed at a time: 1, or the number of cores if that is faster.
        rates: dict of a number of threads -> images per second at `rows`.
        machine: str.
        others: float, the share of the processors that other processes used meanwhile.
    """

    loading: float
    loaded: int
    first: float
    sizes: tuple
    rows: int
    threads: int
    rates: dict
    machine: str
    others: float

    @property
    def best(self):
        """The `Size` of `rows`."""
        return next(size for size in self.sizes if size.rows == self.rows)

    @property
    def most(self):
        """int, resident bytes of the process with the largest batch that was measured."""
        return self.loaded + max(size.memory for size in self.sizes)


def measure(path, limits, seconds=SECONDS):
    """Measures one version of an export.

    Args:
        path: str. The SavedModel.
        limits: `zoo.conditions.records.Limits` of the export.
        seconds: float. Length of each measurement.

    Returns:
        (`Measured`, the signatures as of `export.client.Client.signatures`).

    Raises:
        ZooError: it cannot be loaded or does not answer.
    """
    with Process(path, timeout=600.0) as process:
        signatures = process.signatures()
        inputs = signatures[SERVING_DEFAULT]["inputs"]
        loaded = process.memory()[0]
        first = process.measure(request(inputs, 1, limits), 1, 0.0)["times"][0]
        sizes, others = [], []
        for rows in _rows(limits.max_batch):
            if sizes and sizes[-1].milliseconds * rows / sizes[-1].rows > 1000 * LONGEST:
                break
            found = process.measure(request(inputs, rows, limits), 1, seconds)
            sizes.append(_size(found, rows, loaded))
            others.append(found["others"])
        best = max(size.rate for size in sizes)
        chosen = next(size for size in sizes if size.rate >= ENOUGH * best)
        rates, cores = {1: chosen.rate}, cores_of_process()
        if cores > 1:
            found = process.measure(request(inputs, chosen.rows, limits), cores, seconds)
            rates[cores] = cores * chosen.rows / min(found["times"])
        threads = cores if ENOUGH * rates.get(cores, 0.0) > chosen.rate else 1
        loading = process.facts["seconds"]
    return Measured(
        loading, loaded, 1000 * first, tuple(sizes), chosen.rows, threads, rates,
        f"{processor_name()}, {cores_of_process()} cores",
        statistics.mean(others),
    ), signatures


def cores_of_process():
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def _rows(max_batch):
    """1, 2, 4, ... and `max_batch`."""
    powers = [2**k for k in range(max_batch.bit_length()) if 2**k < max_batch]
    return [*powers, max_batch]


def _size(found, rows, loaded):
    median, fastest = statistics.median(found["times"]), min(found["times"])
    return Size(rows, 1000 * median, rows / fastest, max(0, found["highest"] - loaded))
