"""The rows of a data set, and the first difference of two."""

import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from zoo.data import get_source
from zoo.data.fingerprint import fingerprint, first_difference, line_of, rows_of


def row(name, **more):
    return {"file": name, "stamp": "9 bytes", "captions": ["a", "b"], **more}


@pytest.mark.parametrize(("old", "new", "difference"), [
    ([row("1")], [row("1", captions=["a", "c"])], 'caption 2 of "1" was "b" and is now "c"'),
    ([row("1")], [row("1", captions=["a"])], '"1" had 2 captions and now has 1'),
    ([row("1"), row("2")], [row("2")], '"1" no longer exists'),
    ([row("2")], [row("1"), row("2")], '"1" is new'),
    ([row("1"), row("2")], [row("2"), row("1")], 'order of the images: "1" was where "2"'),
    ([row("1")], [row("1", stamp="8 bytes")], r'image "1" has changed \(9 bytes before, 8 bytes'),
    ([row("1", embeddings=1)], [row("1", embeddings=2)], 'the embeddings of "1" have changed'),
    ([{"file": "1", "class": "cat"}], [{"file": "1", "class": "dog"}],
     '"1" had the class "cat" and now has "dog"'),
    ([{"file": "1", "domain": "A"}, {"file": "1", "domain": "B"}], [{"file": "1", "domain": "B"}],
     '"1" of domain A no longer exists'),
    ([row("1"), row("1")], [row("1")], "there were 2 images, now there are 1"),
    ([row("1")], [row("1")], "^$"),
])
def test_the_first_difference_is_named(old, new, difference):
    assert re.search(difference, first_difference(old, new))


def write_classes(folder, values):
    for name, value in values.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full([8, 8, 3], value, np.uint8)).save(folder / name)


def facts(directory, name="classes"):
    source = get_source(name, directory=str(directory))
    rows = list(rows_of(source))
    return rows, fingerprint(map(line_of, rows), source)


def test_a_zip_tells_contents_and_a_folder_sizes(tmp_path):
    write_classes(tmp_path / "f", {"cat/1.png": 1, "dog/1.png": 2})
    rows, digest = facts(tmp_path / "f")
    assert [(r["file"], r["class"]) for r in rows] == [("cat/1.png", "cat"), ("dog/1.png", "dog")]
    size = (tmp_path / "f/cat/1.png").stat().st_size
    assert rows[0]["stamp"] == f"{size} bytes" and facts(tmp_path / "f")[1] == digest
    packed = []
    for value in (2, 3):
        write_classes(tmp_path / "f", {"dog/1.png": value})
        with zipfile.ZipFile(tmp_path / f"{value}.zip", "w") as archive:
            for name in ("cat/1.png", "dog/1.png"):
                archive.write(tmp_path / "f" / name, f"mine/{name}")
        packed.append(facts(tmp_path / f"{value}.zip"))
    assert first_difference(packed[0][0], packed[1][0]).startswith('the image "dog/1.png" has')
    assert packed[0][1] != packed[1][1]


@pytest.mark.parametrize(("name", "count"), [
    ("shapes", 3), ("shape_classes", 3), ("shape_pairs", 3), ("shape_domains", 6),
])
def test_drawn_sources_have_rows_too(name, count):
    source = get_source(name, size=16, count=3)
    rows = list(rows_of(source))
    assert len(rows) == count and fingerprint(map(line_of, rows), source) == fingerprint(
        map(line_of, rows_of(get_source(name, size=16, count=3))), source)
