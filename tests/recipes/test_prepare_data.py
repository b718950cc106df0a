"""The program that prepares, downloads and checks data: its flags and its exit status."""

import pytest

from recipes import prepare_data
from tests.support import folders
from tests.support.programs import parsed
from zoo.data.known import DATA_SETS, Archive, KnownData
from zoo.errors import ZooError


def run(*arguments):
    with parsed(prepare_data, *arguments) as rest:
        return prepare_data.main(rest)


def test_a_check_prints_lines_and_returns_a_status(tmp_path, capfd, monkeypatch):
    folders.side_by_side(tmp_path / "train", 2)
    monkeypatch.setitem(DATA_SETS, "maps", KnownData(
        2, "pairs", source="pairs", splits={"train": 2}, command="zoo train {}"))
    assert run("--check=maps", f"--folder={tmp_path}") == 0
    out = capfd.readouterr().out
    assert out == f"ok      train: 2 pairs\nnext: zoo train {tmp_path}\n"
    folders.side_by_side(tmp_path / "train", 3)
    assert run("--check=maps", f"--folder={tmp_path}") == 1
    assert "wrong   train: found 3 pairs, expected 2" in capfd.readouterr().out


@pytest.mark.parametrize(("known", "status", "text"), [
    (KnownData(1, "captions", by_hand="Fetch the rest.", archives=(Archive("http://x/a.zip"),)),
     0, "Fetch the rest.\nnext: zoo data --check mine {}\n"),
    (KnownData(1, "pairs", command="zoo train {}", archives=(Archive("http://x/a.zip"),)),
     0, "next: zoo train {}\n"),
])
def test_after_a_download_comes_the_next_step(tmp_path, capsys, monkeypatch, known, status, text):
    from zoo.data import download

    asked = []
    monkeypatch.setattr(download, "download", lambda name, out, log: asked.append((name, out)))
    monkeypatch.setitem(DATA_SETS, "mine", known)
    assert run("--download=mine", f"--out={tmp_path}") == status
    assert asked == [("mine", str(tmp_path))]
    assert capsys.readouterr().out == text.format(tmp_path)


@pytest.mark.parametrize(("arguments", "message"), [
    (["--check=maps", "--download=maps"], "one of --check and --download"),
    (["--check=maps"], "The folder is missing"),
    (["--download=maps"], "--out is missing"),
    (["--check=maps", "--folder=x", "--size=64"], "--size prepares a folder .* --check does not"),
    (["--download=maps", "--out=x", "--test_fraction=0.2"], "--test_fraction prepares a folder"),
    (["--download=map", "--out=x"], 'Did you mean "maps"'),
    ([], "--folder is missing"),
])
def test_user_errors(arguments, message):
    with pytest.raises(ZooError, match=message):
        run(*arguments)
