"""The local server as a process of its own, as an operator starts it."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time

from tests.support.runs import ROOT, command, environment


class Server:
    """A running `export.serve`.

    Args:
        folder: path of the model's folder.
        flags: further flags.
        module: str, the program; `tests.export.server.fake` needs no SavedModel.

    Attributes:
        addresses: dict of "rest" (a URL) and "grpc" ("HOST:PORT").
        events: list of dict, the lines of its log so far.
    """

    def __init__(self, folder, *flags, timeout=600, module="export.serve"):
        self.events, self._new = [], queue.Queue()
        self.process = subprocess.Popen(
            command(module, f"--model={folder}", "--port=0", "--grpc_port=0", *flags),
            cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        try:
            ready = self.wait_for("ready", timeout)
        except AssertionError:
            self.stop(signal.SIGKILL)
            raise
        self.addresses = {"rest": ready["rest"], "grpc": ready["grpc"]}

    def _read(self):
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self.events.append(json.loads(line))
                self._new.put(self.events[-1])

    def wait_for(self, event, timeout=60):
        """The next line of the log with this event."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0 and self.process.poll() is None:
            with contextlib.suppress(queue.Empty):
                found = self._new.get(timeout=min(left, 1.0))
                if found["event"] == event:
                    return found
        raise AssertionError(f"no {event} in {self.events[-3:]}, status {self.process.poll()}")

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, number=signal.SIGTERM, timeout=60):
        """Sends a signal and returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout)


@contextlib.contextmanager
def serving(folder, *flags, **options):
    """Yields a `Server` of a model's folder, which ends with the block."""
    server = Server(folder, *flags, **options)
    try:
        yield server
    finally:
        server.stop(signal.SIGKILL)
