"""Stored names, shapes, types and constructor arguments never change: see `stored.py`."""

import json

import pytest

from tests.models import stored

EXPECTED = json.loads(stored.FILE.read_text("utf-8"))


def test_every_system_is_there():
    assert set(EXPECTED) == set(stored.MAKERS)


@pytest.mark.parametrize("name", stored.MAKERS)
def test_what_is_stored_is_as_it_was(name):
    assert stored.stored(name) == EXPECTED[name]
