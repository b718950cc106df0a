"""The rows of the forms of captions: what is read, and what is refused instead of guessed."""

import json
import re

import pytest

from tests.preparation.test_caption_files import read
from zoo.errors import ZooError

IMAGES = ["0.png", "1.png", "2.png"]


def coco(images=({"id": 1, "file_name": "0.png"},), annotations=()):
    return json.dumps({"images": images, "annotations": annotations})


@pytest.mark.parametrize(("name", "text"), [
    ("captions.txt", "\n \n0.png\ta\n1.png\tb"),
    ("captions.txt", "image\tcaption\n0.png\ta\n1.png\tb\n"),
    ("captions.txt", "\r\nFile_Name\tText\r\n0.png\ta\r\n1.png\tb\r\n"),
    ("captions.txt", "0.png\t\ta\t\r1.png#0\tb\r1.png#1\tb"),
    ("captions.txt", "\n\nimage,caption\n0.png,a\n\n1.png,b"),
    ("metadata.csv", "\n,\nfile_name,id,text\n0.png,1,a\n,,\n1.png,2,\"b\"\n"),
    ("captions.csv", "image,caption\n0.png,a\n1.png,b"),
    ("captions.json", '{"0.png": ["a"], "1.png": "b"}'),
    ("annotations.json", coco(
        [{"id": "x", "file_name": "0.png"}, {"id": 1, "file_name": "1.png"}],
        [{"image_id": "x", "caption": "a"}, {"image_id": 1, "caption": "b"}])),
])
def test_accepted(tmp_path, name, text):
    captions, problems = read(tmp_path, IMAGES, {name: text})
    assert captions == {"0.png": ["a"], "1.png": ["b"]} and not problems


def test_only_line_ends_end_a_line(tmp_path):
    others = "a\u2028b\u2029c\u0085d\fe\vf\x1cg"
    captions, _ = read(tmp_path / "next", ["0.png"], {"0.txt": f"{others}\rsecond\r\nthird\n"})
    assert captions == {"0.png": ["a b c d e f g", "second", "third"]}
    captions, problems = read(tmp_path / "tabs", ["0.png"], {"captions.txt": f"0.png\t{others}"})
    assert captions == {"0.png": ["a b c d e f g"]} and not problems


def test_quoted_cells_of_a_csv(tmp_path):
    text = 'file_name,text\n0.png,"a ""big"", red\nbird"\n1.png,5" wide\n'
    captions, problems = read(tmp_path, IMAGES, {"metadata.csv": text})
    assert captions == {"0.png": ['a "big", red bird'], "1.png": ['5" wide']} and not problems


@pytest.mark.parametrize(("name", "text"), [
    ("metadata.csv", "file_name,captions\n0.png,\"['a red bird', 'a bird']\"\n1.png,[one] bird\n"),
    ("captions.txt", "0.png\t['a red bird', 'a bird']\n1.png\t[one] bird\n"),
])
def test_a_list_in_a_cell(tmp_path, name, text):
    """It became one caption with brackets."""
    captions, problems = read(tmp_path, IMAGES, {name: text})
    assert captions == {"1.png": ["[one] bird"]}
    assert len(problems) == 1 and "a list in one cell; write one row per caption" in problems[0]


def with_splits(form, rows):
    """(name, content) of a caption file with a column or key `split`; rows: (file, split)."""
    if form == "key":
        return "metadata.jsonl", "\n".join(
            json.dumps({"file_name": file, "text": "a", "split": split}) for file, split in rows)
    return "metadata.csv", "\n".join(
        ["file_name,text,Split", *(f"{file},a, {split}" for file, split in rows)])


@pytest.mark.parametrize("form", ["column", "key"])
@pytest.mark.parametrize("rows", [
    [("0.png", "train"), ("1.png", "Testing")], [("train/0.png", "train"), ("train/1.png", "test")],
])
def test_a_split_of_the_user_is_not_dropped(tmp_path, form, rows):
    """The images of the split test became training images."""
    name, text = with_splits(form, rows)
    with pytest.raises(ZooError, match=f"{name}: the {form} split names train and test; expected "
                                       f"the images in folders .*, or no such {form}"):
        read(tmp_path, [file for file, _ in rows], {name: text})


@pytest.mark.parametrize("form", ["column", "key"])
@pytest.mark.parametrize("rows", [
    [("train/0.png", "train"), ("test/1.png", "test")], [("0.png", "train"), ("1.png", "train")],
    [("0.png", "train"), ("1.png", "restval")], [("0.png", "1"), ("1.png", "2")],
])
def test_splits_that_change_nothing(tmp_path, form, rows):
    name, text = with_splits(form, rows)
    captions, problems = read(tmp_path, [file for file, _ in rows], {name: text})
    assert len(captions) == 2 and not problems


LONG = "x" * 200_000


@pytest.mark.parametrize("head", ["file_name,text", "\nimage,caption"])
@pytest.mark.parametrize(("rows", "line"), [
    ('0.png,"a red bird\n1.png,blue\n2.png,green\n', 2),
    ('0.png,"a red bird\n1.png,"a blue bird"\n2.png,green\n', 2),
    ('0.png,"a ""red"", bird"\n"1.png","a\r\nb\n2.png,green', 3),
    ('0.png,"a\n\nb"\r"1.\npng","x\n2.png,green', 6),
    (f'0.png,a\n1.png,"a {LONG}\n2.png,green', 3),
    ('0.png,"a red" bird\n', 2),
])
def test_an_unclosed_quotation_mark(tmp_path, head, rows, line):
    name = "captions.txt" if "image" in head else "metadata.csv"
    line += head.count("\n")
    with pytest.raises(ZooError, match=f"{name}, line {line}: the quotation mark .* not closed"):
        read(tmp_path, IMAGES, {name: f"{head}\n{rows}"})


@pytest.mark.parametrize("row", [f"0.png,{LONG}", f'0.png,"{LONG}"', f'"{LONG}",a'])
def test_a_long_cell(tmp_path, row):
    with pytest.raises(ZooError, match="line 2: a cell of more than 131,072 characters"):
        read(tmp_path, IMAGES, {"metadata.csv": f"file_name,text\n{row}\n1.png,b"})


@pytest.mark.parametrize(("name", "text", "words"), [
    ("metadata.csv", "file_name,text,caption\n0.png,a,b",
     'has the columns "text" and "caption"; expected one of them'),
    ("metadata.csv", "file_name,text,text\n0.png,a,b", 'has the columns "text" and "text"'),
    ("captions.txt", "image,file_name,text\n0.png,x,b", 'has the columns "image" and "file_name"'),
    ("captions.txt", "image\ttext\tcaption\n0.png\ta\tb", 'has the columns "text" and "caption"'),
    ("captions.txt", "caption\timage\na\t0.png", "line 1: expected the columns image and caption"),
    ("captions.txt", "image\twords\n0.png\ta", "line 1: expected the columns image and caption"),
    ("captions.txt", "image\tid\tcaption\n0.png\t1\ta", "got .image, id, caption.; keep these two"),
    ("captions.txt", "0.png a red bird", "expected FILE, a tab and a caption in each line, or"),
    ("captions.txt", "", "expected FILE, a tab and a caption in each line, or"),
    ("metadata.csv", "\n", "expected a first line with the columns file_name and text, got"),
    ("captions.json", '{"0.png": "a", "0.png": "b"}', 'the key "0.png" occurs twice'),
    ("captions.json", "{", "not JSON"),
    ("captions.json", '["a"]', r"expected COCO's form .* or .*, got \[.a.\]"),
    ("captions.json", "null", "or .*, got null"),
    ("captions.json", "[" * 900 + "]" * 900, r"got (\[\[|many nested)"),
    ("annotations.json", '{"annotations": []}', 'with a list in "images", but it is missing'),
    ("annotations.json", coco(images=5), 'with a list in "images", got 5'),
    ("annotations.json", coco(annotations={}), 'with a list in "annotations", got {}'),
    ("annotations.json", coco([3]), 'number 1 of "images": expected an object, got 3'),
    ("annotations.json", coco([{"id": 1}]), '"file_name" is missing'),
    ("annotations.json", coco([{"id": 1, "file_name": 2}]), 'a file name in "file_name", got 2'),
    ("annotations.json", coco([{"id": [1], "file_name": "0.png"}]),
     r'expected a number or a string in "id", got \[1\]'),
    ("annotations.json", coco([{"id": 1, "file_name": "0.png"}, {"id": 1, "file_name": "1.png"}]),
     'the id 1 belongs to "0.png" and "1.png"; expected an id of its own'),
    ("annotations.json", coco(annotations=[{"image_id": 1}]), 'number 1 .*"caption" is missing'),
    ("annotations.json", coco(annotations=[{"image_id": True, "caption": "a"}]),
     'expected a number or a string in "image_id", got true'),
])
def test_files_that_are_refused_as_a_whole(tmp_path, name, text, words):
    with pytest.raises(ZooError, match=words) as error:
        read(tmp_path, IMAGES, {name: text})
    assert "\n" not in str(error.value) and name in str(error.value)


@pytest.mark.parametrize(("value", "words"), [
    ({"caption": "x", "text": "y"}, 'a list of captions, got {"caption": "x", "text": "y"}'),
    ([], r"a list of captions, got \[\]"), (5, "a list of captions, got 5"),
    (None, "a list of captions, got null"), ("", 'expected a caption, got ""'),
    (["a", " "], 'expected a caption, got " "'), (["a", ["b"]], r'expected a caption, got \["b"\]'),
    ([None], "expected a caption, got null"), (["a" * 9] * 9, None),
    ("a \ud83d cat", 'the caption "a .+ud83d cat" contains an unpaired surrogate'),
])
def test_values_of_an_object(tmp_path, value, words):
    text = json.dumps({"0.png": value, "1.png": "b"})
    captions, problems = read(tmp_path, IMAGES, {"captions.json": text})
    assert captions.pop("1.png") == ["b"]
    if words is None:
        assert captions == {"0.png": ["a" * 9]} and not problems
        return
    assert not captions and len(problems) == 1
    assert re.search(words, problems[0])


@pytest.mark.parametrize(("annotation", "words"), [
    ({"image_id": 2, "caption": "a"}, 'number 1 of "annotations": no image has the id 2.'),
    ({"image_id": "1", "caption": "a"}, 'no image has the id "1".'),
    ({"image_id": 1, "caption": None}, '"0.png": expected a caption or a list of'),
    ({"image_id": 1, "caption": "\ud83d"}, "unpaired surrogate"),
])
def test_annotations_that_cannot_be_used(tmp_path, annotation, words):
    text = coco(annotations=[annotation, {"image_id": 1, "caption": "good"}])
    captions, problems = read(tmp_path, IMAGES, {"annotations.json": text})
    assert captions == {"0.png": ["good"]} and len(problems) == 1 and words in problems[0]


def test_two_captions_in_one_line(tmp_path):
    captions, problems = read(tmp_path, IMAGES, {"captions.txt": "0.png\ta\tb\n1.png\tc\n2.png\t"})
    assert captions == {"1.png": ["c"]}
    assert "line 1: expected FILE, a tab and a caption, got 2 captions" in problems[0]
    assert 'line 3: expected a caption, got ""' in problems[1]
