"""The wheel and the sdist hold all that the package needs, and run away from the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import zoo

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("zoo", "zoo_cli", "recipes", "export", "setup.py", "pyproject.toml", "README.md",
           "LICENSE", "NOTICE")
LARGEST = 100e6  # bytes of the wheel with all presets

pytestmark = pytest.mark.large


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={
        **os.environ, "PYTHONPATH": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    })
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(the wheel built from the tree, the wheel built from the tree's sdist)."""
    folder = tmp_path_factory.mktemp("built")
    tree = folder / "tree"
    tree.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tree / name)
    build = "from setuptools import build_meta as b; print(b.build_{}({!r}))"
    for kind, out in (("wheel", "direct"), ("sdist", "sdist")):
        (folder / out).mkdir()
        run(sys.executable, "-c", build.format(kind, str(folder / out)), cwd=tree)
    shutil.unpack_archive(next((folder / "sdist").glob("*.tar.gz")), folder / "unpacked")
    (folder / "again").mkdir()
    run(sys.executable, "-c", build.format("wheel", str(folder / "again")),
        cwd=next((folder / "unpacked").iterdir()))
    return tuple(next((folder / name).glob("*.whl")) for name in ("direct", "again"))


def test_both_wheels_hold_the_packages_and_all_presets(built):
    names = [set(zipfile.ZipFile(wheel).namelist()) for wheel in built]
    assert names[0] == names[1]
    tops = {name.split("/")[0] for name in names[0]}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "zoo", "zoo_cli", "recipes", "export"}
    code = {str(path.relative_to(ROOT)) for top in ("zoo", "zoo_cli", "recipes", "export")
            for path in (ROOT / top).rglob("*.py")}
    assert code <= names[0]
    for row in zoo.list_presets():
        stored = {str(path.relative_to(ROOT))
                  for path in (ROOT / "zoo" / "presets" / row["name"]).iterdir()}
        assert stored and stored <= names[0]
    assert built[0].stat().st_size < LARGEST


def test_the_wheel_runs_away_from_the_checkout(built, tmp_path):
    python = tmp_path / "env" / "bin" / "python"
    run(sys.executable, "-m", "venv", tmp_path / "env", cwd=tmp_path)
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))",
                   cwd=tmp_path).strip()
    # TensorFlow and the others from this environment; its link to the checkout is not followed
    Path(packages, "base.pth").write_text(sysconfig.get_path("purelib"))
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", built[0], cwd=tmp_path)
    where = run(python, "-c", "import zoo, recipes; print(zoo.__file__, recipes.__file__)",
                cwd=tmp_path)
    assert where.count(str(tmp_path)) == 2
    program = python.with_name("zoo")
    assert "dm_gan_ms_emoji_64" in run(program, "presets", cwd=tmp_path)
    run(program, "generate", "dcgan_ms_cifar10_32", "cat", "--out=images", cwd=tmp_path)
    assert (tmp_path / "images" / "grid.png").exists()
    printed = run(program, "train", "dcgan:shapes", "--workdir=run", "--dry_run", cwd=tmp_path)
    assert "parameters: generator" in printed
    run(program, "export", "dcgan_ms_cifar10_32", "--out=served", cwd=tmp_path)
    assert (tmp_path / "served" / "1" / "saved_model.pb").exists()
