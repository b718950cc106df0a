import subprocess
import sys

import pytest

import zoo.data
from zoo.data import get_source
from zoo.errors import ZooError


def test_by_name():
    source = get_source("shapes", size=8, count=3)
    assert isinstance(source, zoo.data.Shapes) and len(source) == 3


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("shape", {}, 'must be one of shapes, folder, emoji, .* Did you mean "shapes"'),
        ("shapes", {"sizes": 8}, 'no setting "sizes".* Did you mean "size"'),
        ("folder", {}, 'needs the setting "directory"'),
        ("birds", {"directory": None}, 'needs the setting "directory"'),
        ("folder", {"directory": "/no/such/place"}, "/no/such/place: no such folder"),
    ],
)
def test_errors(name, settings, message):
    with pytest.raises(ZooError, match=message):
        get_source(name, **settings)


def test_exports():
    for name in zoo.data.__all__:
        assert getattr(zoo.data, name) is not None
    with pytest.raises(AttributeError):
        zoo.data.nothing  # noqa: B018


def test_import_loads_no_tensorflow():
    code = "import sys, zoo.data, zoo.text, zoo.text.vocabulary; print('tensorflow' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
