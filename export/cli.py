"""Command-line parsing that the programs of this package share."""

import argparse

from zoo import programs
from zoo.errors import ZooError


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
