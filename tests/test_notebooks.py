"""The notebooks of examples/ run from top to bottom."""

import json
import subprocess
import sys

import pytest

from tests.support.runs import ROOT, environment

NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


def cells(path, kind):
    return ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]
            if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_clean_python(path):
    content = json.loads(path.read_text("utf-8"))
    assert content["nbformat"] == 4 and cells(path, "markdown")[0].startswith("# ")
    for code in cells(path, "code"):
        compile(code, path.name, "exec")
    assert all(not cell.get("outputs") for cell in content["cells"])


@pytest.mark.large
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path):
    code = "\n".join(cells(path, "code"))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), text=True,
                          capture_output=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
