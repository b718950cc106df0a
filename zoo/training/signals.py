"""Handling of Ctrl-C and SIGTERM: the training loop stops between two steps."""

import signal

from zoo.programs import Watch

FIRST = "stopping after this step, then saving; press Ctrl-C again to stop now without saving"
UNTRAINED = "stopping; this process has not trained a step yet, so nothing is lost"


class StopSignals(Watch):
    """Context in which SIGINT and SIGTERM print a message and set `requested` to their name.

    Before the first step of a process, which includes tracing, there is nothing to save: the first
    signal raises KeyboardInterrupt. After `trained` only a second Ctrl-C does; see `Watch`. Outside
    the main thread no handler is installed.
    """

    def __init__(self):
        super().__init__(UNTRAINED, self._request)
        self.requested = ""
        self.urgent = True

    def trained(self):
        """A step was taken: from now on a signal is a request to stop after a step and save."""
        self.message, self.urgent = FIRST, False

    def _request(self, number):
        if self.urgent or self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt(number)
        self.requested = self.requested or signal.Signals(number).name
