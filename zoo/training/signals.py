"""Handling of Ctrl-C and SIGTERM: the training loop stops between two steps."""

import signal

from zoo.programs import Watch

FIRST = "stopping after this step, then saving; press Ctrl-C again to stop now without saving"


class StopSignals(Watch):
    """Context in which SIGINT and SIGTERM print a message and set `requested` to their name.

    A second Ctrl-C raises KeyboardInterrupt; see `Watch`. Outside the main thread no handler is
    installed.
    """

    def __init__(self):
        super().__init__(FIRST, self._request)
        self.requested = ""

    def _request(self, number):
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.requested = self.requested or signal.Signals(number).name
