"""examples/side_by_side.py: flags that are missing, and recipes that it cannot compare."""

import pytest

from examples import side_by_side
from tests.support import programs
from zoo.errors import ZooError


@pytest.mark.parametrize("missing", ["without", "with", "out"])
def test_missing_flags_are_named_before_the_work(missing):
    values = {"without": "a", "with": "b", "out": "c.png"}
    del values[missing]
    arguments = [f"--{name}={value}" for name, value in values.items()]
    with programs.parsed(side_by_side, "--config=recipes/dcgan.py:shapes", *arguments,
                         config_flag="config"):
        with pytest.raises(ZooError, match=f"--{missing} is missing; --help"):
            side_by_side.main([])


def test_a_recipe_of_captions_is_named_before_the_work():
    with programs.parsed(side_by_side, "--config=recipes/attn_gan.py:shapes", "--without=a",
                         "--with=b", "--out=c.png", config_flag="config"):
        with pytest.raises(ZooError, match="attn_gan.py:shapes reads captions, .*zoo compare A B"):
            side_by_side.main([])
