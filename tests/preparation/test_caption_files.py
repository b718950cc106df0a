"""Which image a caption belongs to, and what is left out; the forms: test_caption_forms.py."""

import json
import unicodedata

import pytest

from tests.support import folders
from zoo.errors import ZooError
from zoo.listing import open_tree
from zoo.preparation import find_kind, prepare
from zoo.preparation.caption_files import read_captions


def read(folder, images, texts):
    """(captions, problems) of a new folder with `images` (names) and `texts` (name to content)."""
    for seed, name in enumerate(images):
        folders.save(folder / name, seed)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_captions(open_tree(str(folder)))[:2]


def in_form(form, captions):
    """(name, content) of a caption file."""
    rows = captions.items()
    return {
        "jsonl": ("metadata.jsonl", "\n".join(
            json.dumps({"file_name": f, "text": c}) for f, c in rows)),
        "csv": ("metadata.csv", "\n".join(["file_name,text", *(f"{f},{c}" for f, c in rows)])),
        "txt": ("captions.txt", "\n".join(f"{f}\t{c}" for f, c in rows)),
        "object": ("captions.json", json.dumps(captions)),
        "coco": ("annotations.json", json.dumps({
            "images": [{"id": k, "file_name": f} for k, f in enumerate(captions)],
            "annotations": [{"image_id": k, "caption": c} for k, c in enumerate(captions.values())],
        })),
    }[form]


FORMS = ("jsonl", "csv", "txt", "object", "coco")


@pytest.mark.parametrize("form", FORMS)
def test_a_caption_stays_in_the_split_of_its_file(tmp_path, form):
    name, train = in_form(form, {"1.png": "one", "7.png": "of the missing image"})
    _, test = in_form(form, {"7.png": "seven"})
    captions, problems = read(tmp_path, ["train/1.png", "test/7.png"],
                              {f"train/{name}": train, f"test/{name}": test})
    assert captions == {"train/1.png": ["one"], "test/7.png": ["seven"]}
    assert len(problems) == 1 and problems[0].endswith('the image "7.png" is missing.')


@pytest.mark.parametrize(("images", "file"), [
    (["a/1.png", "b/7.png"], "a/captions.txt"),  # its own folder has images
    (["train/1.png", "test/7.png"], "notes/train/captions.txt"),
    (["images/1.png", "images/7.png"], "train/captions.txt"),  # of no split
    (["train/1.png", "test/7.png"], "annotations/captions_train2014.json"),
    (["train2014/1.png", "val2014/7.png"], "annotations/captions_train2014.json"),
])
def test_other_folders_and_splits_are_not_searched(tmp_path, images, file):
    _, text = in_form("object" if file.endswith("json") else "txt", {"7.png": "seven"})
    captions, problems = read(tmp_path, images, {file: text})
    assert not captions and problems[0].endswith('the image "7.png" is missing.')


@pytest.mark.parametrize(("image", "other", "file"), [
    ("train/deep/7.png", "test/7.png", "train/captions.json"),
    ("val/7.png", "train/1.png", "captions.json"),
    ("images/7.png", "images/1.png", "text/captions.json"),
    ("train/7.png", "val/7.png", "annotations/captions_train2014.json"),
    ("val2014/7.png", "train2014/7.png", "annotations/captions_val2014.json"),
    ("images/7.png", "images/1.png", "annotations/captions_val2014.json"),
])
def test_a_name_without_its_folder_is_found(tmp_path, image, other, file):
    captions, problems = read(tmp_path, [image, other], {file: '{"7.png": "seven"}'})
    assert captions == {image: ["seven"]} and not problems


@pytest.mark.parametrize(("files", "folder"), [
    (("captions.json", "captions_old.json"), ""), (("captions_en.json", "captions_de.json"), ""),
    (("metadata.csv", "images/metadata.csv"), "images/"),
])
def test_two_files_with_captions_of_the_same_image(tmp_path, files, folder):
    """Each image got the captions of both."""
    form = "object" if files[0].endswith("json") else "csv"
    _, text = in_form(form, {f"{folder}0.png": "zero", f"{folder}1.png": "one"})
    _, other = in_form(form, {"1.png": "another"})
    first, second = sorted(files)
    with pytest.raises(ZooError, match=f"{first} and {second} both have .* {folder}1.png; .*Move"):
        read(tmp_path, [f"{folder}0.png", f"{folder}1.png"], {files[0]: text, files[1]: other})


@pytest.mark.parametrize(("count", "words"), [
    (2, "captions_0.json, captions_1.json"),
    (5, "captions_0.json, captions_1.json, captions_2.json and 2 more"),
])
def test_all_files_of_captions_are_reported(tmp_path, count, words):
    captions, _ = read(tmp_path, [f"{k}.png" for k in range(count)], {
        f"captions_{k}.json": json.dumps({f"{k}.png": "a"}) for k in range(count)})
    assert len(captions) == count
    assert find_kind(open_tree(str(tmp_path)))[1] == f"images with captions: {words}"


def test_an_image_that_is_named_itself_is_no_other_one(tmp_path):
    captions, problems = read(tmp_path, ["a/7.png"], {"captions.txt": "7.png\tx\na/7.png\ty"})
    assert captions == {"a/7.png": ["y"]} and 'line 1: the image "7.png" is missing' in problems[0]


def test_a_name_of_two_images_is_a_problem(tmp_path):
    captions, problems = read(tmp_path, ["a/7.png", "b/7.png"], {"captions.txt": "7.png\tx"})
    assert not captions and '"7.png" may be a/7.png or b/7.png; expected a name' in problems[0]


@pytest.mark.parametrize("folder", ["", "images/"])
@pytest.mark.parametrize("file", ["caf\u00e9.png", "cafe\u0301.png", "./caf\u00e9.png"])
def test_spellings_of_a_name(tmp_path, folder, file):
    image = unicodedata.normalize("NFC", f"{folder}caf\u00e9.png")
    captions, problems = read(tmp_path, [image], {"captions.json": json.dumps({file: "a café"})})
    assert captions == {image: ["a café"]} and not problems


@pytest.mark.parametrize("file", ["../1.png", "a/../1.png", "/1.png", "a\\1.png"])
def test_a_name_outside_of_the_folder_is_a_problem(tmp_path, file):
    captions, problems = read(tmp_path, ["1.png"], {"captions.json": json.dumps({file: "x"})})
    assert not captions and "leaves the folder" in problems[0]


def test_a_caption_without_a_file_name_is_a_problem(tmp_path):
    captions, problems = read(tmp_path, ["1.png"], {"metadata.csv": "file_name,text\n,x\n1.png,y"})
    assert captions == {"1.png": ["y"]}
    assert problems[0].endswith("line 2: expected the name of an image, but it is empty.")


def test_a_caption_of_no_image_is_a_problem(tmp_path):
    files = {"2.jpg_large": b"", "captions.txt": "1.png\tone\n2.jpg_large\ttwo"}
    captions, problems = read(tmp_path / "mine", ["1.png", "3.png"], files)
    assert captions == {"1.png": ["one"]}
    assert '"2.jpg_large" is not an image by its name; rename it' in problems[0]
    record = prepare(tmp_path / "mine", tmp_path / "out", on_error="skip", test_fraction=0)
    assert len(record["left_out"]) == 2 and "1 image" in record["left_out"][1]
    assert "no caption, such as 3.png" in record["left_out"][1]


NEXT_TO = {f"{k}.txt": f"number {k}" for k in range(4)}
JSONL = '{"file_name": "0.png", "text": "number 0"}\n{"file_name": "1.png", "text": "number 1"}\n'
BAD = [
    (NEXT_TO | {"2.txt": ""}, "2.txt: expected a caption, but the file is empty"),
    (NEXT_TO | {"2.txt": " \n\t\n"}, "2.txt: expected a caption, but the file is empty"),
    (NEXT_TO | {"2.txt": "Grün".encode("latin-1")}, "2.txt: not UTF-8"),
    (NEXT_TO | {"2.txt": "a\nb\0"}, "2.txt, line 2: the caption contains a zero byte"),
    ({k: v for k, v in NEXT_TO.items() if k != "2.txt"},
     "2.png: expected its captions in 2.txt next to it, but this file is missing"),
    ({"metadata.jsonl": JSONL + '{"file_name": "2.png", "text": ""}'}, "line 3: expected a cap"),
    ({"metadata.jsonl": JSONL + '{"file_name": "2.png", "texts": []}'}, "line 3: expected a list"),
    ({"metadata.jsonl": f"{JSONL}2.png"}, "line 3: not JSON"),
    ({"metadata.csv": "file,text\n0.png,number 0\n2.png,\n1.png,number 1"}, "line 3: expected a c"),
    ({"metadata.csv": "file,text\n0.png,number 0\n2.png,a,b\n1.png,number 1"}, "line 3: 3 columns"),
    ({"captions.txt": "0.png\tnumber 0\n2.png two\n1.png\tnumber 1"}, "line 2: .*got no tab"),
    ({"captions.json": '{"0.png": "number 0", "2.png": [], "1.png": "number 1"}'},
     '"2.png": expected a caption or a list of captions'),
]


@pytest.mark.parametrize(("texts", "words"), BAD)
def test_captions_that_cannot_be_used_are_left_out_and_listed(tmp_path, texts, words):
    captions, problems = read(tmp_path / "mine", [f"{k}.png" for k in range(4)], texts)
    expected = {f"{k}.png": [f"number {k}"] for k in (0, 1, 3) if k < 3 or "0.txt" in texts}
    assert captions == expected and len(problems) == 1
    with pytest.raises(ZooError, match=words) as error:
        prepare(tmp_path / "mine", tmp_path / "out")
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()
    record = prepare(tmp_path / "mine", tmp_path / "out", on_error="skip", test_fraction=0)
    assert record["images"] == {"train": len(expected)} and record["left_out"][0] == problems[0]


def test_a_missing_txt_does_not_turn_captions_into_pairs_or_classes(tmp_path):
    folders.side_by_side(tmp_path / "wide", 3)
    folders.classes(tmp_path / "classes", 1)
    for folder, names in (("wide", ["000", "001"]), ("classes", ["red/000", "green/000"])):
        for name in names:
            (tmp_path / folder / f"{name}.txt").write_text("a caption")
        with pytest.raises(ZooError, match="say which with --kind=captions or"):
            find_kind(open_tree(str(tmp_path / folder)))


def test_endings_in_capitals(tmp_path):
    captions, problems = read(tmp_path, ["0.PNG", "1.png"], {"0.TXT": "zero", "1.txt": "one"})
    assert captions == {"0.PNG": ["zero"], "1.png": ["one"]} and not problems


def test_few_txt_are_no_form_of_captions(tmp_path):
    with pytest.raises(ZooError, match="found captions next to 1 of 2 images; expected them in"):
        read(tmp_path, ["0.png", "1.png"], {"0.txt": "a"})
