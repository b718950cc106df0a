"""Ctrl-C during training: answered at once, handled between two steps; a second one stops."""

import os
import signal
import time

import pytest

from zoo.training import signals


def said(capfd):
    """Content of stderr, after a short wait for the thread that writes it."""
    for _ in range(200):
        if text := capfd.readouterr().err:
            return text
        time.sleep(0.02)
    return ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_is_a_request(capfd, number):
    before = signal.getsignal(number)
    with signals.StopSignals() as stop:
        assert stop.requested == ""
        os.kill(os.getpid(), number)
        assert said(capfd) == signals.FIRST + "\n"
        assert stop.requested == number.name
        os.kill(os.getpid(), signal.SIGTERM)  # sent again by the system, not by the user
        assert stop.requested == number.name
    assert signal.getsignal(number) is before


def test_the_second_interrupts(capfd):
    with pytest.raises(KeyboardInterrupt), signals.StopSignals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested == "SIGINT"
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    assert "without saving" in said(capfd)
    assert stop._timers and all(timer.finished.is_set() for timer in stop._timers)
