"""Fixtures of the golden tests."""

import pytest

from zoo.layers import initializers


@pytest.fixture
def quick_weights(monkeypatch):
    """Counts do not depend on initial values, and large orthogonal matrices take minutes."""
    monkeypatch.setattr(initializers, "orthogonal", lambda: "zeros")
