"""Ctrl-C and SIGTERM as a request that the loop honours between two steps."""

import signal

from zoo.programs import Watch

FIRST = "stopping after this step, then saving; press Ctrl-C again to stop now without saving"


class StopSignals(Watch):
    """A context in which SIGINT and SIGTERM only set `requested` (their name), and say so at once.

    A second Ctrl-C raises KeyboardInterrupt; see `Watch`. Outside the main thread nothing is
    installed.
    """

    def __init__(self):
        super().__init__(FIRST, self._request)
        self.requested = ""

    def _request(self, number):
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.requested = self.requested or signal.Signals(number).name
