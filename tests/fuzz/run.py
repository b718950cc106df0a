"""Fuzzes one subject in a process of its own, with a limit on memory and on time.

    python -m tests.fuzz.run weights --examples=500 --seconds=60 --folder=/tmp/fuzz

Ends with 0 if every damaged input was read or refused with a `ZooError`; prints the smallest input
that was not, else. The input of the moment is kept in the folder, for the case of a crash.
"""

import argparse
import pathlib
import pickle
import resource
import signal
import sys
import time

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.subjects import SUBJECTS
from zoo.errors import ZooError

SECONDS = 20  # of one input
MEMORY = 3 << 30  # bytes beyond what the process has when it starts to fuzz
LONGEST = 1500  # characters of a refusal


class Hang(BaseException):
    """An input took too long."""


def check(subject, value):
    """Reads one input; AssertionError unless it was read, or refused in one readable sentence."""
    try:
        subject.read(value)
    except ZooError as error:
        text = str(error)
        assert text and "\n" not in text and len(text) < LONGEST, f"unreadable: {text!r}"
        assert "Traceback" not in text and "{{function_node" not in text, text


def fuzz(subject, examples, seconds=None, around=lambda subject, value: check(subject, value)):
    """Checks so many damaged inputs, always the same ones; fewer where the seconds are over."""
    end = None if seconds is None else time.monotonic() + seconds

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        phases=(Phase.generate, Phase.shrink) if seconds else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(value=subject.inputs())
    def every_input(value):
        if end is None or time.monotonic() < end:
            around(subject, value)

    every_input()


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument("--examples", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    options = parser.parse_args(arguments)
    subject = SUBJECTS[options.subject](options.folder)
    _limit_memory()
    signal.signal(signal.SIGALRM, _hang)

    def around(subject, value):
        (options.folder / "last_input.pickle").write_bytes(pickle.dumps(value))
        signal.alarm(SECONDS)
        try:
            check(subject, value)
        finally:
            signal.alarm(0)

    fuzz(subject, options.examples, options.seconds, around)


def _limit_memory():
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _hang(*_):
    raise Hang(f"An input took more than {SECONDS} seconds.")


if __name__ == "__main__":
    main(sys.argv[1:])
