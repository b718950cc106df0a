"""Timing in interleaved rounds, so that a change of the machine's pace meets all alike."""

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """Wall seconds of single calls."""

    seconds: tuple

    @property
    def best(self):
        return min(self.seconds)

    @property
    def median(self):
        return statistics.median(self.seconds)


def interleave(subjects, rounds, calls=2, warm_up=2, lead=1, budget=None):
    """Times functions in turn: A A B B ... A A B B ..., after a warm-up of each.

    Args:
        subjects: dict of name -> function without arguments.
        rounds: int, visits of each function.
        calls: int, timed calls a visit.
        warm_up: int, calls before the first round.
        lead: int, calls at the beginning of a visit that are not timed: they refill the caches.
        budget: seconds after which no new round starts, or None.

    Returns:
        dict of name -> `Timing`.
    """
    for function in subjects.values():
        for _ in range(warm_up):
            function()
    seconds = {name: [] for name in subjects}
    start = time.perf_counter()
    for done in range(rounds):
        if done and budget is not None and time.perf_counter() - start > budget:
            break
        for name, function in subjects.items():
            for _ in range(lead):
                function()
            for _ in range(calls):
                before = time.perf_counter()
                function()
                seconds[name].append(time.perf_counter() - before)
    return {name: Timing(tuple(values)) for name, values in seconds.items()}


class OtherLoad:
    """The share of the machine's processors that other processes take from now on."""

    def __init__(self):
        self._start = _processor_seconds()

    def share(self):
        """0 to 1, or None where the system does not tell."""
        if self._start is None:
            return None
        own, busy, total = (
            now - then for now, then in zip(_processor_seconds(), self._start, strict=True)
        )
        return min(max((busy - own) / max(total, 1e-9), 0.0), 1.0)


def _processor_seconds():
    """Seconds of this process and its ended children, of everybody, and with the idle time."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    ticks = [int(field) for field in fields]
    second = os.sysconf("SC_CLK_TCK")
    return sum(os.times()[:4]), (sum(ticks) - ticks[3] - ticks[4]) / second, sum(ticks) / second
