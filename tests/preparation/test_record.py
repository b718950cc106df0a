"""`dataset.json` tells whether a data set was prepared from a folder as it is now."""

import json

import pytest

from tests.support import folders
from zoo.errors import ZooError
from zoo.preparation import prepare
from zoo.preparation.own_files import NAME
from zoo.preparation.record import check_source, report


@pytest.mark.parametrize(("names", "note"), [
    (range(12), ["note      class 2 has the index 4, as names are sorted as text: in Python its "
                 'name is the string "2"']),
    (range(1, 4), ["note      class 1 has the index 0, as names are sorted as text: in Python its "
                   'name is the string "1"']),
    (range(10), []), (["00", "01", "10"], None), (["cat", "dog"], []),
])
def test_names_that_are_other_numbers_than_the_index(names, note):
    groups = {f"train/{name}": 200 for name in names} | {"test/7": 1}
    lines = report({"found": "", "images": {"train": 2000}, "groups": groups, "kind": "classes",
                    "sizes": dict.fromkeys(("smallest", "median", "largest"), 8), "left_out": [],
                    "duplicates": {"equal": 0, "near": 0}}, "out")
    if note is None:
        note = [line for line in lines if "class 10 has the index 2" in line]
        assert note
    assert [line for line in lines if line.startswith("note")] == note


def as_table(folder, words):
    lines = [f"{name}\t{words}" for name in folders.captioned(folder, 4)]
    (folder / "captions.txt").write_text("\n".join(lines))


def as_files(folder, words):
    for name in folders.captioned(folder, 4):
        (folder / name.replace(".png", ".txt")).write_text(words)


@pytest.mark.parametrize("write", [as_table, as_files])
def test_captions_that_are_edited_are_noticed(tmp_path, write):
    """Names and sizes of the files stay the same."""
    mine, data = tmp_path / "mine", str(tmp_path / "data")
    write(mine, "a red bird")
    prepare(mine, data)
    check_source(data, str(mine))
    write(mine, "a big bird")
    with pytest.raises(ZooError, match="with other captions than those of .*mine.* now: give an"):
        check_source(data, str(mine))
    record = json.loads((tmp_path / "data" / NAME).read_text())
    del record["source"]["captions_sha256"]  # as an older version wrote it
    (tmp_path / "data" / NAME).write_text(json.dumps(record))
    check_source(data, str(mine))
