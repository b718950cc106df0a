import pytest

from tests.support.photos import Photos
from zoo.data import Shapes


@pytest.fixture(scope="module")
def photos():
    return Photos()


@pytest.fixture(scope="module")
def shapes():
    return Shapes(size=16, count=10, seed=0)
