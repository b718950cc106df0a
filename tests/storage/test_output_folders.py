"""Folders that programs write to: checked first, filled all at once or not at all."""

import os

import pytest

from zoo.errors import ZooError
from zoo.storage import output_folders


def test_folders_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "preset").mkdir()
    os.symlink("nowhere", tmp_path / "dangling")
    for value, words in (
        (None, "--out is missing"), ("", "--out is missing"), ("  ", "--out is missing"),
        (tmp_path / "file", "is a file, not a folder"), (tmp_path / "file" / "x", "is a file"),
        (tmp_path / "dangling", "is a file, not a folder"), ("n" * 300, "too long"),
        ("a\0b", "must be the name of a folder"),
    ):
        with pytest.raises(ZooError, match=words):
            output_folders.check_folder(value)
    with pytest.raises(ZooError, match="is the preset itself"):
        output_folders.check_folder(tmp_path / "x" / ".." / "preset", keep=str(tmp_path / "preset"))
    assert output_folders.check_folder(tmp_path / "new" / "deep") == tmp_path / "new" / "deep"
    assert sorted(os.listdir(tmp_path)) == ["dangling", "file", "preset"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ZooError, match="no permission to write"):
        output_folders.check_folder(tmp_path / "x")


def test_files_appear_all_at_once_beside_what_is_there(tmp_path):
    out = tmp_path / "deep" / "out"
    with output_folders.gathered(out) as folder:
        (folder / "a.txt").write_text("1")
        (folder / "sub").mkdir()
        (folder / "sub" / "b.txt").write_text("1")
        assert not (out / "a.txt").exists()
    (out / "mine.txt").write_text("mine")
    with output_folders.gathered(out) as folder:
        (folder / "a.txt").write_text("2")
    assert sorted(os.listdir(out)) == ["a.txt", "mine.txt", "sub"]
    assert (out / "a.txt").read_text() == "2" and (out / "sub" / "b.txt").read_text() == "1"


@pytest.mark.parametrize("error", [ZooError, KeyboardInterrupt, OSError])
def test_what_is_not_finished_is_not_there(tmp_path, error):
    before = tmp_path / "before"
    before.mkdir()
    (before / "a.txt").write_text("old")
    for out in (tmp_path / "new" / "deep", before):
        raised = ZooError if error is OSError else error
        with pytest.raises(raised), output_folders.gathered(out) as folder:
            (folder / "a.txt").write_text("half")
            raise error(5, "broken") if error is OSError else error
    assert os.listdir(tmp_path) == ["before"] and os.listdir(before) == ["a.txt"]
    assert (before / "a.txt").read_text() == "old"


def test_more_images_than_memory():
    output_folders.check_size(100, 64)
    with pytest.raises(ZooError, match="1,000,000,000,000 images of 64 x 64 pixels take"):
        output_folders.check_size(10**12, 64)
