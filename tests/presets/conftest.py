"""One small preset for all tests of this folder, and copies of it to damage."""

import json
import shutil

import pytest

from tests.support import tiny
from zoo import presets, storage

METADATA = {
    "name": "tiny_attn_gan",
    "description": "An untrained model for tests.",
    "licence": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    "data": [{"name": "none", "licence": "CC0-1.0", "attribution": "By nobody."}],
    "results": [{"metric": "nothing", "value": 1.5, "protocol": "1 sample | seed 0"}],
    "training": {"steps": 0},
}


@pytest.fixture(scope="session")
def model():
    return tiny.attn_gan(compiled=False)


@pytest.fixture(scope="session")
def saved(model, tmp_path_factory):
    """The directory of a preset; not to be changed."""
    return presets.save_to_preset(model, tmp_path_factory.mktemp("saved") / "tiny", METADATA)


class Copy:
    """A copy of the preset that a test may damage."""

    def __init__(self, path):
        self.path = path

    def json(self, name):
        return json.loads((self.path / name).read_text())

    def change(self, name, /, **changes):
        """Changes keys of a JSON file and, unless it is the metadata, its recorded hash."""
        (self.path / name).write_text(json.dumps({**self.json(name), **changes}))
        if name != "metadata.json":
            self.record(name)

    def record(self, name):
        """Records the present content of a file in the metadata."""
        files = self.json("metadata.json")["files"]
        path = self.path / name
        files[name] = {"sha256": storage.sha256(path), "bytes": path.stat().st_size}
        self.change("metadata.json", files=files)


@pytest.fixture
def copy(saved, tmp_path):
    return Copy(shutil.copytree(saved, tmp_path / "copy"))
