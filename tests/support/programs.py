"""Programs of `recipes/` inside the process of the tests."""

import contextlib
import sys
from unittest import mock

from absl import flags
from absl.testing import flagsaver

from zoo import command_line


@contextlib.contextmanager
def parsed(program, *arguments, config_flag=None):
    """Inside this context the flags of the imported program have the values of a command line.

    Yields the rest of the command line. Raises `ZooError` for a line that cannot be parsed.
    """
    argv = [program.__name__, *map(str, arguments)]
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(argv[:1])
    with flagsaver.flagsaver(), mock.patch.object(sys, "argv", argv):
        program.flags.adopt(config_flag)
        yield command_line.parse(argv, config_flag)
