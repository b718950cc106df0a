"""Caching of text vectors: interruption, other settings, invalid commands."""

import json
import os

import pytest

from recipes import cache_text
from tests.support import programs
from tests.support.runs import run
from tests.support.tiny_hub_module import tiny_modules
from zoo.data import Shapes, TextCache, text_cache_writer
from zoo.data.text_cache_writer import write_cache
from zoo.errors import ZooError
from zoo.text.hub_encoder import HubTextEncoder


@pytest.fixture(scope="module")
def encoder():
    return HubTextEncoder(**tiny_modules(), max_tokens=9)


def files(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def test_an_interrupted_run_resumes_with_the_same_files(encoder, tmp_path, monkeypatch):
    source = Shapes(size=16, count=9)
    write_cache(source, encoder, str(tmp_path / "whole"), batch_size=2, shard_size=4)
    whole = files(tmp_path / "whole")
    assert "progress.json" not in whole and len(whole) >= 4

    calls = []
    write_shard = text_cache_writer._write_shard

    def failing(path, captions, *rest):
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write_shard(path, captions, *rest)

    monkeypatch.setattr(text_cache_writer, "_write_shard", failing)
    broken = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        write_cache(source, encoder, str(broken), batch_size=2, shard_size=4)
    with pytest.raises(ZooError, match="not a finished cache"):
        TextCache(broken)
    first = calls[0]
    write_cache(source, encoder, str(broken), batch_size=2, shard_size=4)
    assert calls.count(first) == 1 and files(broken) == whole
    lines = []
    write_cache(source, encoder, str(broken), batch_size=2, shard_size=4, progress=lines.append)
    assert not lines and files(broken) == whole


def test_a_lost_file_of_an_interrupted_run_is_computed_again(encoder, tmp_path, monkeypatch):
    source, broken = Shapes(size=16, count=9), tmp_path / "broken"
    whole = write_cache(source, encoder, str(tmp_path / "whole"), batch_size=2, shard_size=4)
    monkeypatch.setattr(text_cache_writer, "_index", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_cache(source, encoder, str(broken), batch_size=2, shard_size=4)
    monkeypatch.undo()
    (broken / whole["shards"][1]["name"]).unlink()
    write_cache(source, encoder, str(broken), batch_size=2, shard_size=4)
    assert files(broken) == files(tmp_path / "whole")


def test_another_folder_is_not_modified(encoder, tmp_path):
    source = Shapes(size=16, count=4)
    place = tmp_path / "cache"
    write_cache(source, encoder, str(place))
    before = files(place)
    with pytest.raises(ZooError, match="captions_sha256"):
        write_cache(Shapes(size=16, count=5), encoder, str(place))
    other = HubTextEncoder(**tiny_modules(), max_tokens=8, sentence="words")
    with pytest.raises(ZooError, match="sentence, max_tokens"):
        write_cache(source, other, str(place))
    assert files(place) == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(ZooError, match="other files"):
        write_cache(source, encoder, str(tmp_path / "other"))


def test_a_full_disk_is_detected_before_computation(encoder, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(ZooError, match="0.0 GB left"):
        write_cache(Shapes(size=16, count=4), encoder, str(tmp_path / "cache"))


def test_the_command(tmp_path):
    modules = tiny_modules()
    shared = [f"--{name}={handle}" for name, handle in modules.items()]
    out = tmp_path / "c"
    done = run("recipes.cache_text", "--data=shapes", "--count=6", "--max_words=9", *shared,
               f"--out={out}")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "float16 rounding has a relative" in done.stdout
    index = json.loads((out / "index.json").read_text())
    assert index["handles"] == modules and index["max_tokens"] == 9


@pytest.mark.parametrize("arguments,message", [
    ((), "--out is missing"),
    (("--out=c", "--batch_size=0"), "--batch_size must be at least 1"),
    (("--out=c", "--data=coco"), "--directory is missing"),
    (("--out=c", "--data=emoji"), "--directory is missing"),
    (("--out=c", "--data=emojis"), "folder, emoji, .*got 'emojis'"),
    (("--out=c", "--data=coco", "--directory=x", "--count=9"), "--count is the number of images"),
    (("--out=c", "--data=shapes", "--directory=x"), "--directory=x has no effect on shapes"),
    (("--out=c", "--data=shapes", "--encoder=x"), "--preprocess is missing: .*only --encoder"),
    (("--out=c", "--data=shapes", "--preprocess=x"), "--encoder is missing: .*only --preprocess"),
])
def test_invalid_commands(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with programs.parsed(cache_text, *arguments), pytest.raises(ZooError, match=message) as caught:
        cache_text.main([])
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
