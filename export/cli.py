"""Command-line parsing that the programs of this package share."""

import argparse
import math
import re

from export.request_limits import range_text
from zoo import programs
from zoo.errors import ZooError


def whole_number(least, most):
    """The `type` of a flag: a whole number from `least` to `most`."""
    def read(text):
        if re.fullmatch("-?[0-9]{1,20}", text) and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f'it must be a whole number {range_text(least, most)}, got "{_short(text)}"'
        )

    return read


def seconds(most):
    """The `type` of a flag: a number of seconds, more than 0 and at most `most`."""
    def read(text):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(
                f'it must be more than 0 and at most {most} seconds, got "{_short(text)}"'
            )
        return value

    return read


def _short(text):
    return text if len(text) <= 40 else f"{text[:40]}..."


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` whose errors are `ZooError`s, and that has `--verbose`."""

    def __init__(self, program, description):
        super().__init__(
            prog=f"python -m export.{program}", description=description, allow_abbrev=False
        )
        self.add_argument("--verbose", action="store_true", help="show the traceback of an error")

    def error(self, message):
        raise ZooError(f"{message}. --help lists the options.")


def run(work, arguments):
    """Runs `work()`, which returns the exit status; a `ZooError` is one line and status 1."""
    try:
        return work()
    except ZooError as error:
        programs.report(error, programs.is_verbose(arguments))
        return 1
