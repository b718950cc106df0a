"""Measurements in a process of their own: NDB with its memory, and the protocol `quick`.

    python -m tests.benchmarks.children ndb FOLDER BINS
    python -m tests.benchmarks.children quick --preset=NAME --data=PATH --out=FOLDER ...

Each prints a line of JSON at the end. `run` starts one and reads that.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path


def run(kind, *arguments, threads):
    """The figures of a child, with its wall seconds from start to end as `seconds`.

    Raises:
        RuntimeError: it failed; the error holds the end of what it wrote.
    """
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    command = [sys.executable, "-m", "tests.benchmarks.children", kind, *map(str, arguments)]
    start = time.perf_counter()
    ended = subprocess.run(
        command, env={**os.environ, **dict.fromkeys(pools, str(threads))}, capture_output=True,
        text=True, cwd=Path(__file__).parents[2],
    )
    seconds = time.perf_counter() - start
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {(ended.stderr or ended.stdout)[-2000:]}")
    return {"seconds": seconds, **json.loads(ended.stdout.splitlines()[-1])}


def peak_memory():
    """Bytes that this process has held at most.

    The system's own record of it, for `ru_maxrss` of a child starts from its parent's.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return largest if sys.platform == "darwin" else largest * 1024


def ndb(folder, bins):
    """Seconds of the bins, and of both numbers, of `train.npy` and `samples.npy` in a folder."""
    import numpy as np

    from zoo.metrics.ndb import make_bins
    from zoo.metrics.ndb import ndb as compare

    train, samples = (
        np.load(Path(folder, f"{name}.npy"), mmap_mode="r") for name in ("train", "samples")
    )
    start = time.perf_counter()
    made = make_bins(train, int(bins), whitening=True)
    middle = time.perf_counter()
    found = compare(made, samples)
    return {
        "bins_seconds": middle - start, "ndb_seconds": time.perf_counter() - middle,
        "ndb": found["ndb"], "jsd": found["jsd"], "dimensions": len(made.used),
    }


def quick(*arguments):
    """Seconds of the parts of `recipes.evaluate`, which gets the arguments."""
    from recipes import evaluate
    from zoo import command_line

    parts = {}
    with timed_cache(parts), contextlib.redirect_stdout(sys.stderr):
        evaluate.flags.adopt()
        command_line.parse(["recipes.evaluate", *arguments])
        evaluate.main([])
    out = next(a.partition("=")[2] for a in arguments if a.startswith("--out="))
    report = json.loads(Path(out, "report.json").read_text("utf-8"))
    numbers = {one["metric"]: one["value"] for one in report["results"]}
    return {"parts": parts, "report_seconds": report["seconds"], "numbers": numbers}


@contextlib.contextmanager
def timed_cache(parts):
    """Adds to the dict the seconds of everything that an evaluation makes and keeps, by name."""
    from zoo.evaluation.cache import Cache

    rows = Cache.rows

    def timed(self, name, *arguments, **settings):
        start = time.perf_counter()
        try:
            return rows(self, name, *arguments, **settings)
        finally:
            parts[name] = parts.get(name, 0.0) + time.perf_counter() - start

    Cache.rows = timed
    try:
        yield
    finally:
        Cache.rows = rows


KINDS = {"ndb": ndb, "quick": quick}

if __name__ == "__main__":
    made = KINDS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({**made, "peak_bytes": peak_memory()}))
