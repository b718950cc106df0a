"""`dataset.json` tells whether a data set was prepared from a folder as it is now."""

import json

import pytest

from tests.support import folders
from zoo.errors import ZooError
from zoo.preparation import prepare
from zoo.preparation.own_files import NAME
from zoo.preparation.record import check_source


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
