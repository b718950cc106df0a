"""A SavedModel in a process of its own, which can import neither `zoo` nor `keras`."""

import contextlib
import os
import pickle
import struct
import subprocess
import sys
import threading

import numpy as np

from export.transports import Spec
from export.verification.files import TEXT_OPERATIONS, check_directory, operations_of
from zoo.errors import ZooError

# glibc keeps the memory of a call for the next one, as `zoo.allocator` lets it do
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**63 - 1)}
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "process.py")


class Process:
    """Asks a SavedModel like `export.client.Client`: `signatures` and `predict`.

    Args:
        directory: str, one version of an export.
        timeout: float, seconds for an answer.

    Attributes:
        facts: dict of what the process measured while it loaded the model.

    Raises:
        ZooError: it cannot be loaded.
    """

    def __init__(self, directory, timeout=120.0):
        check_directory(directory)
        self.timeout = timeout
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **ALLOCATOR, **environment}
        text = ["--text"] if operations_of(directory) & set(TEXT_OPERATIONS) else []
        self._process = subprocess.Popen(
            [sys.executable, "-P", PROGRAM, os.path.abspath(directory), *text],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, cwd=os.path.abspath(os.sep),
        )
        self.facts = self._receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # of what a process that ended did not read
                pipe.close()

    def signatures(self):
        """As `export.client.Client.signatures`."""
        return {
            name: {
                side: {n: Spec(np.dtype(dtype), shape) for n, (dtype, shape) in specs.items()}
                for side, specs in sides.items()
            }
            for name, sides in self.facts["signatures"].items()
        }

    def predict(self, inputs, signature="serving_default"):
        """As `export.client.Client.predict`."""
        return self._ask(("predict", signature, inputs))

    def memory(self):
        """(resident bytes now, highest so far) of the process."""
        return self._ask(("memory",))

    def measure(self, inputs, threads, seconds):
        """Calls `serving_default` by `threads` threads at a time for `seconds`.

        Returns:
            dict of `times` (list of float, seconds of each call), `seconds` and `cpu` (float, of
            all of them), `highest` (int, the most resident bytes meanwhile) and `others` (float,
            the share of the machine's processors that other processes used).
        """
        return self._ask(("measure", inputs, threads, seconds))

    def _ask(self, message):
        data = pickle.dumps(message)
        try:
            self._process.stdin.write(struct.pack(">Q", len(data)) + data)
            self._process.stdin.flush()
        except OSError:  # nobody reads it
            raise self._ended() from None
        return self._receive()

    def _receive(self):
        """The answer of the process, which is killed if it takes too long."""
        timer = threading.Timer(self.timeout, self._process.kill)
        timer.start()
        try:
            head = self._process.stdout.read(8)
            size = struct.unpack(">Q", head)[0] if len(head) == 8 else 0
            data = self._process.stdout.read(size)
        finally:
            timer.cancel()
        if not data:
            raise self._ended()
        kind, value = pickle.loads(data)  # written by our own program
        if kind == "error":
            raise ZooError(value)
        return value

    def _ended(self):
        return ZooError(f"The process with the model ended, or took more than {self.timeout:g} s.")
