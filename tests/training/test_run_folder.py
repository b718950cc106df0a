"""The run folder: its owner and content."""

import json

import pytest

from tests.training.fakes import config
from zoo.errors import ZooError
from zoo.training.run_folder import RunFolder, check_config_matches


def open_and_close(path, settings):
    RunFolder(path, settings, quiet=True).close()


def test_writes_the_resolved_config(tmp_path):
    open_and_close(tmp_path / "run", config(seed=4))
    assert json.loads((tmp_path / "run" / "config.json").read_text())["seed"] == 4


def test_same_config_reopens(tmp_path):
    open_and_close(tmp_path, config())
    open_and_close(tmp_path, config())


def test_another_config_is_rejected_with_the_keys(tmp_path):
    open_and_close(tmp_path, config())
    before = (tmp_path / "config.json").read_bytes()
    with pytest.raises(ZooError, match=r"another config. Different: batch_size \(4 there, 8 now\)"):
        open_and_close(tmp_path, config(batch_size=8))
    assert (tmp_path / "config.json").read_bytes() == before


def test_more_steps_are_allowed_and_logged(tmp_path):
    open_and_close(tmp_path, config())
    open_and_close(tmp_path, config(steps=99))
    assert "changed: steps 10 -> 99" in (tmp_path / "log.txt").read_text()


def test_foreign_folder_is_rejected(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ZooError, match='holds "thesis.tex" but no config.json'):
        open_and_close(tmp_path, config())
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_file_and_broken_config_are_rejected(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ZooError, match="is a file"):
        check_config_matches(tmp_path / "file", {})
    with pytest.raises(ZooError, match="cannot be used: Not a directory"):
        open_and_close(tmp_path / "file" / "run", config())
    (tmp_path / "config.json").write_text("[1")
    with pytest.raises(ZooError, match="is not a config"):
        check_config_matches(tmp_path, {})


@pytest.mark.parametrize("content", [b"[]", b"null", b'"x"', b"{", b"\xff\xfe", b'{"a": NaN}',
                                     b"[" * 100000, b""])
def test_invalid_config_files(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ZooError, match="config.json is not a config: give another") as found:
        open_and_close(tmp_path, config())
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(("name", "content", "message"), [
    ("checkpoints/last.json", "[1, 2]", "JSON object"),
    ("checkpoints/last.json", '{"step": "3"}', '"step" should be a whole number.*is \'3\''),
    ("checkpoints/last.json", '{"step": -1}', '"step" should be a whole number from 0 on'),
    ("checkpoints/last.json", '{"step": 3, "seconds": true}', '"seconds" should be a finite'),
    ("checkpoints/last.json", '{"step": 3, "seconds": NaN}', "NaN"),
    ("checkpoints/last.json", '{"step": 3, "figures": [1]}', '"figures" should hold a JSON obj'),
    ("presets.json", '"best"', "JSON object"),
    ("presets.json", '{"best": 3}', '"best" should hold a JSON object, but holds 3'),
    ("presets.json", '{"best": {"score": "low"}}', '"score" should be a finite number'),
    ("presets.json", '{"last": {"step": 1.5}}', '"step" should be a whole number'),
    ("presets.json", "{'last': 1}", "JSON"),
    ("other.json", "3", "JSON object"),
])
def test_files_with_another_schema(tmp_path, name, content, message):
    folder = RunFolder(tmp_path, config(), writer=False)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content)
    with pytest.raises(ZooError, match=message) as found:
        folder.read_json(name)
    assert name in str(found.value) and "Delete it, or use another --workdir" in str(found.value)
    assert "\n" not in str(found.value)
    assert folder.read_json("absent.json") is None


def test_one_process_at_a_time(tmp_path):
    folder = RunFolder(tmp_path, config(), quiet=True)
    with pytest.raises(ZooError, match="Another process is training"):
        RunFolder(tmp_path, config(), quiet=True)
    folder.close()
    open_and_close(tmp_path, config())


def test_reader_writes_nothing(tmp_path):
    folder = RunFolder(tmp_path / "run", config(), writer=False)
    folder.log("x")
    folder.write_json("a.json", {})
    folder.close()
    assert not (tmp_path / "run").exists()


def test_log_goes_to_the_file_and_the_console(tmp_path, capsys):
    folder = RunFolder(tmp_path, config())
    folder.log("hello")
    folder.log("secret", console=False)
    folder.close()
    assert capsys.readouterr().out == "hello\n"
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert lines[-2].endswith(" hello") and lines[-1].endswith(" secret")
