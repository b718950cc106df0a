"""The sentences of user errors."""

import numpy as np
import pytest

from zoo.errors import ZooError, check_choice


def test_a_valid_choice_is_returned():
    assert check_choice("`mode`", "zeros", {"zeros": 1, "reflect": 2}) == "zeros"
    assert check_choice("size", 128, (128, 256)) == 128
    assert check_choice("value_range", (0, 1), [(0, 1), (-1, 1)]) == (0, 1)


@pytest.mark.parametrize("value, choices, message", [
    ("zero", ("zeros", "reflect"),
     '`x` must be "zeros" or "reflect", got \'zero\'. Did you mean "zeros"?'),
    (7, (128, 256, 512), "`x` must be one of 128, 256, 512, got 7."),
    (None, ("a", "b", "c"), "`x` must be one of a, b, c, got None."),
    (["a"], {"a": 1, "b": 2, "c": 3}, "`x` must be one of a, b, c, got ['a'].")
])
def test_another_value_is_an_error(value, choices, message):
    with pytest.raises(ZooError) as caught:
        check_choice("`x`", value, choices)
    assert str(caught.value).startswith(message)


def test_an_array_is_not_a_choice():
    with pytest.raises(ZooError, match="must be one of"):
        check_choice("crop", np.arange(3), ("a", "b", "c"))


def test_what_the_choices_hold_for_and_why():
    with pytest.raises(ZooError) as caught:
        check_choice("--form", "x", ["only"], " here", "Nothing else fits.")
    assert str(caught.value) == "--form must be only here, got 'x'. Nothing else fits."
