import pytest

from tests.support.photos import Photos
from zoo.data import Shapes, download


@pytest.fixture(scope="module")
def photos():
    return Photos()


@pytest.fixture(scope="module")
def shapes():
    return Shapes(size=16, count=10, seed=0)


@pytest.fixture
def pauses(monkeypatch):
    """The seconds of each pause of a download, in which the tests do not wait."""
    seconds = []
    monkeypatch.setattr(download, "sleep", seconds.append)
    return seconds
