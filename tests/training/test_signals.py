"""Ctrl-C during training is acknowledged at once and stops between steps; a second one at once."""

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
        stop.trained()
        assert stop.requested == ""
        os.kill(os.getpid(), number)
        assert said(capfd) == signals.FIRST + "\n"
        assert stop.requested == number.name
        os.kill(os.getpid(), signal.SIGTERM)  # sent again by the system, not by the user
        assert stop.requested == number.name
    assert signal.getsignal(number) is before


def test_the_second_interrupts(capfd):
    with pytest.raises(KeyboardInterrupt), signals.StopSignals() as stop:
        stop.trained()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested == "SIGINT"
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    assert "without saving" in said(capfd)
    assert stop._timers and all(timer.finished.is_set() for timer in stop._timers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_the_first_step_one_signal_is_enough(capfd, number):
    with pytest.raises(KeyboardInterrupt) as caught, signals.StopSignals() as stop:
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert caught.value.args == (number,)
    assert said(capfd) == signals.UNTRAINED + "\n"
    assert stop._timers and all(timer.finished.is_set() for timer in stop._timers)
