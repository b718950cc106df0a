"""Fixtures of the golden tests."""

import pytest

from zoo.layers import initializers


@pytest.fixture
def quick_weights(monkeypatch):
    """Initializers of zeros, for counts: large orthogonal matrices would take minutes."""
    monkeypatch.setattr(initializers, "orthogonal", lambda: "zeros")
