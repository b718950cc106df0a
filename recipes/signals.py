"""Ctrl-C and SIGTERM as a request that the loop honours between two steps."""

import signal
import threading


class StopSignals:
    """A context in which SIGINT and SIGTERM only set `requested` (their name).

    A second Ctrl-C interrupts at once, as usual. Outside the main thread nothing is installed.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        self.requested = ""
        self._before = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in self.NUMBERS:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number, _frame):
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.requested = signal.Signals(number).name
