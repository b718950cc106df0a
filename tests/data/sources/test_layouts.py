"""Which layouts the folder sources read, and which they refuse: nothing is guessed."""

import json
import os
import zipfile

import numpy as np
import pytest

from tests.support.trees import nfc, nfd, pack, patch, png, write
from zoo.data import CaptionFolder, ClassFolder, PairedFolder, UnpairedFolders
from zoo.errors import MissingSplit, ZooError
from zoo.listing import Limits

WIDE = png(4, 2)


def files(*names, data=None):
    return {name: data or png(grey=number) for number, name in enumerate(names)}


def either(tmp_path, content):
    return write(tmp_path / "given", content), pack(tmp_path / "given.zip", content)


def refused(read, path, message, missing=False):
    with pytest.raises(ZooError, match=message) as error:
        read(path)
    assert isinstance(error.value, MissingSplit) == missing and "\n" not in str(error.value)


PAIR_FOLDERS = [
    ("A/{}", "B/{}", None), ("a/{}", "b/{}", None), ("mine/A/{}", "mine/B/{}", None),
    ("A/train/{}", "B/train/{}", "train"), ("train/A/{}", "train/B/{}", "train"),
    ("trainA/{}", "trainB/{}", "train"), ("Train_A/{}", "training-b/{}", "train"),
    ("x/y/Training/A/{}", "x/y/Training/B/{}", "train"),
]


@pytest.mark.parametrize(("a", "b", "split"), PAIR_FOLDERS)
def test_pairs_of_two_folders(tmp_path, a, b, split):
    content = {a.format(f"{n}.png"): png(grey=n) for n in range(3)}
    content |= {b.format(f"{n}.PNG"): png(grey=100 + n) for n in range(3)}
    for path in either(tmp_path, content):
        source = PairedFolder(path)
        assert len(source) == 3 and source.split == split and source.layout == "folders"
        for index in range(3):
            first, second = PairedFolder(path, direction="b2a").load(index)
            assert (first[0, 0, 0], second[0, 0, 0]) == (100 + index, index)
            assert source.load(index)[0].shape == (2, 2, 3)
        refused(lambda p: PairedFolder(p, split="test"), path, 'no split "test"', missing=True)
        assert len(PairedFolder(path, split=split, layout="folders")) == 3


def test_pairs_without_a_partner(tmp_path):
    for path in either(tmp_path, files("A/1.png", "A/2.png", "B/2.png", "B/3.png")):
        refused(PairedFolder, path, 'A/1.png: no partner: expected an image "1" in .*B')
        source = PairedFolder(path, on_error="skip")
        assert source.file_names == ["A/2.png"] and len(source.skipped) == 2
    os.makedirs(tmp_path / "none")
    for path in either(tmp_path / "none", files("A/1.png", "B/2.png")):
        with pytest.raises(ZooError, match="there is no usable pair"):
            PairedFolder(path, on_error="skip")


def test_a_damaged_image_takes_its_partner_along(tmp_path):
    content = files("A/1.png", "A/2.png", "B/1.png", "B/2.png") | {"B/1.png": png()[:40]}
    for path in either(tmp_path, content):
        refused(PairedFolder, path, "B/1.png: does not decode")
        source = PairedFolder(path, on_error="skip")
        assert source.file_names == ["A/2.png"] and source.load(0)[1][0, 0, 0] == 3


@pytest.mark.parametrize(("names", "message"), [
    (("A/1.png", "A/1.jpg", "B/1.png"), "differs from 1.(jpg|png) next to it only"),
    (("A/1.png",), "found A for A, but no folder for B"),
    (("trainA/1.png", "testB/1.png"), "but no folder for [AB] of the split"),
    (("A/1.png", "a/1.png", "B/1.png"), "A and a are two folders for A"),
    (("trainA/1.png", "train_a/1.png", "trainB/1.png"), "are two folders for A of the split train"),
    (("A/1.png", "B/1.png", "train/A/1.png", "train/B/1.png"), "both a data set without splits"),
    (("A/1.png", "B/1.png", "C/1.png", "C/2.png"), "is in neither of the two domains"),
    (("trainA/1.png", "trainB/1.png", "test/1.png"), "is in neither of the two domains"),
    (("A/train/1.png", "A/0.png", "B/train/1.png"), "but no folder for B"),
    (("A/1.png", "B/1.png", "C/1.png"), "C/1.png is in neither of the two domains"),
])
def test_pairs_that_are_not_clear(tmp_path, names, message):
    for path in either(tmp_path, files(*names)):
        refused(PairedFolder, path, message)


@pytest.mark.parametrize(("names", "message"), [
    (("train/cat/1.png", "train/dog/1.png"), "cat/ .1 image., dog/.*side by side are all in one"),
    (("train/cat/1.png",), "images side by side are all in one folder; accepted are"),
    (("edges/1.png", "photos/1.png"), "found edges/ .1 image., photos/"),
    (("1.png", "more/2.png"), "found 1 image directly there, more/"),
    (("train/1.png", "other/1.png"), "found train, the name of a split, and next to it other"),
    (("mine/trainA/1.png",), "found mine/trainA for A, but no folder for B"),
    (("train/a/1.png", "train/2.png"), "but no folder for B"),
])
def test_wide_images_that_are_not_side_by_side(tmp_path, names, message):
    for path in either(tmp_path, files(*names, data=WIDE)):
        refused(PairedFolder, path, message)
        refused(lambda p: PairedFolder(p, on_error="skip"), path, message)


@pytest.mark.parametrize(("width", "height"), [(2, 2), (4, 4), (2, 6), (12, 8), (8, 6)])
@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_images_of_the_shape_of_one_photo_are_not_halved(tmp_path, width, height, on_error):
    content = {"train/1.png": WIDE, "train/2.png": png(width, height)}
    for path in either(tmp_path, content):
        refused(lambda p: PairedFolder(p, on_error=on_error), path, "unlikely to be A and B side")
        source = PairedFolder(path, layout="side_by_side")
        assert len(source) == 2 and source.load(1)[0].shape == (height, width // 2, 3)
    first = write(tmp_path / "first", {"1.png": png(width, height)})
    refused(lambda p: PairedFolder(p, check=False), first, "unlikely to be A and B side by side")


def test_one_side_of_pairs_is_not_halved(tmp_path):
    path = write(tmp_path, files("trainA/1.png", "x/1.png", data=WIDE))
    refused(PairedFolder, f"{path}/trainA", "looks like one side of pairs; give the folder above")
    assert len(PairedFolder(f"{path}/trainA", layout="side_by_side")) == 1
    with pytest.raises(ZooError, match="layout must be one of auto, side_by_side, folders"):
        PairedFolder(path, layout="halves")
    refused(lambda p: PairedFolder(p, layout="folders"), f"{path}/x", "found no folders A and B")


@pytest.mark.parametrize(("names", "message"), [
    (("train/1.png", "car/1.png", "plane/1.png"), "the name of a split, .* car, plane with"),
    (("cat/train/1.png", "dog/train/1.png"), "train inside this class looks like a split"),
    (("train2017/1.png", "val2017/1.png"), "train2017 looks like a split, not like a class"),
    (("train_a/1.png", "train_b/1.png"), "train_a looks like a split"),
    (("trainA/1.png", "trainB/1.png", "testA/1.png", "testB/1.png"), "testA looks like a split"),
    (("A/1.png", "B/1.png"), "A and B look like pairs or domains"),
    (("train/A/1.png", "train/a/1.png", "train/b/1.png"), "A and B look like pairs or domains"),
    (("train/1.png", "train/2.png"), "expected all images in one folder per class"),
    (("1.png", "deep/2.png"), "found 1 image directly there, deep/ .1 image."),
    (("1.png", "2.png", "cat/2.png", "dog/1.png"), "found 2 images directly there"),
    (("mine/1.png",), "all images are in one folder, mine, so it is ambiguous"),
    (("a/one/1.png", "a/two/1.png", "z/1.png"), "a has no images itself, but the folders one"),
    (("train/data/cat/1.png", "train/data/dog/1.png"), "data has no images itself"),
    (("notes.txt",), "found no images; accepted are"),
])
def test_class_folders_that_are_not_clear(tmp_path, names, message):
    for path in either(tmp_path, files(*names)):
        refused(ClassFolder, path, message)
        refused(lambda p: ClassFolder(p, on_error="skip"), path, message)


def test_classes_that_are_named_are_not_guessed(tmp_path):
    for path in either(tmp_path, files("train/1.png", "car/1.png", "A/one/1.png", "A/two/1.png")):
        source = ClassFolder(path, split=None, classes=["train", "car", "A"])
        assert list(source.labels) == [0, 1, 2, 2] and source.split is None


def test_splits_are_what_the_caller_learns(tmp_path):
    content = files("Training/cat/1.png", "Training/dog/1.png", "valid/cat/1.png", "test/dog/")
    for path in either(tmp_path, content):
        assert ClassFolder(path).split == "train" and ClassFolder(path, "Validation").split == "val"
        refused(lambda p: ClassFolder(p, "test"), path, "test: this split has no images")
        refused(lambda p: ClassFolder(p, None), path, "found the splits train, test, val; name one")
        refused(lambda p: ClassFolder(p, "extra"), path, 'no split "extra"', missing=True)
        refused(lambda p: ClassFolder(p, 7), path, "split must be a name")


def lines(*rows):
    return "\n".join(map(json.dumps, rows)).encode()


ROWS = lines({"file_name": "1.png", "text": "one"}, {"file_name": "d/2.png", "text": "two"})
CAPTIONED = {"metadata.jsonl": ROWS, "1.png": png(), "d/2.png": png()}


@pytest.mark.parametrize(("above", "split"), [
    ("", None), ("mine/", None), ("Train/", "train"), ("a/b/training/", "train"),
])
def test_captions_by_split_or_without(tmp_path, above, split):
    content = {above + name: data for name, data in CAPTIONED.items()}
    content |= {"__MACOSX/x/metadata.jsonl": b"junk", "README": b"", "other/9.png": png()}
    for path in either(tmp_path, content):
        source = CaptionFolder(path)
        assert source.captions == [["one"], ["two"]] and source.split == split
        refused(lambda p: CaptionFolder(p, split="test"), path, 'no split "test"', missing=True)


@pytest.mark.parametrize(("content", "message"), [
    ({"train/metadata.jsonl": ROWS, "metadata.jsonl": ROWS}, "ambiguous which one is meant"),
    ({"a/metadata.jsonl": ROWS, "b/metadata.jsonl": ROWS}, "ambiguous which one is meant"),
    ({"train/metadata.jsonl": ROWS, "Train/metadata.jsonl": ROWS}, "two folders for the split"),
    ({"metadata.jsonl": ROWS, "train/1.png": png(), "test/1.png": png()}, "next to the folders"),
    ({"train/1.png": png()}, "expected train/metadata.jsonl.*found no metadata.jsonl"),
    ({"metadata.csv": b"x", "1.png": png()}, "expected train/metadata.jsonl"),
])
def test_captions_that_are_not_clear(tmp_path, content, message):
    for path in either(tmp_path, content):
        refused(CaptionFolder, path, message)


def test_a_split_with_images_but_no_metadata_is_there_and_bad(tmp_path):
    content = {f"train/{name}": data for name, data in CAPTIONED.items()} | {"test/1.png": png()}
    for path in either(tmp_path, content):
        assert len(CaptionFolder(path)) == 2
        refused(lambda p: CaptionFolder(p, split="test"), path, "images but no metadata.jsonl")
        refused(lambda p: CaptionFolder(p, split=None), path, "found the splits train; name one")


@pytest.mark.parametrize("in_metadata", [nfc, nfd])
@pytest.mark.parametrize("on_disk", [nfc, nfd])
def test_names_of_metadata_and_files_in_two_forms_of_unicode(tmp_path, in_metadata, on_disk):
    rows = lines({"file_name": in_metadata("é/ü.png"), "text": "x"})
    for path in either(tmp_path, {"metadata.jsonl": rows, on_disk("é/ü.png"): png()}):
        assert CaptionFolder(path).file_names == [nfc("é/ü.png")]


def test_a_damaged_entry_of_a_captioned_zip(tmp_path):
    content = CAPTIONED | {"1.png": png(grey=77) + b"damaged"}
    path = patch(pack(tmp_path / "x.zip", content), (b"damaged", b"DAMAGED"))
    refused(CaptionFolder, path, 'line 1: the image "1.png" cannot be unpacked')
    source = CaptionFolder(path, on_error="skip")
    assert source.captions == [["two"]] and len(source.skipped) == 1
    path = pack(tmp_path / "y.zip", {"metadata.jsonl": ROWS + b" " * 8, "1.png": png()})
    refused(CaptionFolder, patch(path, (b" " * 8, b"\n" * 8)), "metadata.jsonl: cannot be unpacked")


@pytest.mark.parametrize(("line", "message"), [
    (b'{"file_name": "1.png", "text": "caf\xe9"}', "bytes are not UTF-8 .at byte 36 of the line"),
    (b'{"file_name": "1.png", "text": 7}', 'expected a caption in "text", got 7'),
    (b'{"file_name": "1.png", "texts": [7, "x"]}', "list of captions"),
    (b'{"file_name": "1.png", "text": {"a": 1}}', "got .*a"),
    (b'{"file_name": "1.png", "text": "a\\ud800"}', "contains an unpaired surrogate"),
    (b'{"file_name": "1.png", "text": "a\\u0000b"}', "contains a zero byte"),
    (b'{"file_name": "1.png", "text": "a", "text": "b"}', 'the key "text" occurs twice'),
    (b'{"file_name": "1.png", "text": "a", "captions": ["b"]}', 'both "text" and "captions"'),
    (b'{"file_name": "\\ud800.png", "text": "a"}', "is missing"),
    (b'{"file_name": "a\\u0000.png", "text": "a"}', "leaves the folder"),
    (b'{"file_name": ".x.png", "text": "a"}', "is hidden, and hidden files are not read"),
    (b'{"file_name": "C:/1.png", "text": "a"}', "leaves the folder"),
    (b"[" * 100000, "not JSON"),
    (b'{"n": ' + b"9" * 5000 + b"}", "not JSON"),
    (b'"' + b"x" * 300 + b'"', "expected a JSON object"),
    (b"{}", "line has only nothing|expected .file_name."),
])
def test_lines_that_are_no_caption(tmp_path, line, message):
    content = CAPTIONED | {"metadata.jsonl": ROWS + b"\n" + line, ".x.png": png()}
    for path in either(tmp_path, content):
        refused(CaptionFolder, path, f"metadata.jsonl, line 3: .*{message}")
        source = CaptionFolder(path, on_error="skip", check=False)
        assert len(source) == 2 and len(source.skipped) == 1


def test_bounds_of_metadata(tmp_path):
    for path in either(tmp_path, CAPTIONED):
        for limits, message in [({"line_bytes": 20}, "line 1: .* at most 20 are read"),
                                ({"metadata_bytes": 20}, "metadata.jsonl: .* at most 20 are read"),
                                ({"entries": 2}, "more than 2 files and folders")]:
            refused(lambda p, n=limits: CaptionFolder(p, limits=Limits(**n)), path, message)
    (tmp_path / "given" / "metadata.jsonl").write_bytes(ROWS.decode().encode("utf-16"))
    refused(CaptionFolder, tmp_path / "given", "a file in UTF-16; save it as UTF-8")
    huge = tmp_path / "given" / "1.png"
    with open(huge, "wb") as file:
        file.truncate(3 * 2**30)  # sparse
    (tmp_path / "given" / "metadata.jsonl").write_bytes(ROWS)
    refused(CaptionFolder, tmp_path / "given", "3,221,225,472 bytes, but at most 1,073,741,824")


@pytest.mark.parametrize(("names", "settings", "message"), [
    (("train/cat/1.png", "train/dog/1.png"), {}, "found no folders of the domains A and B, but"),
    (("train/1.png", "test/1.png"), {}, "found no folders of the domains A and B, but"),
    (("trainA/1.png", "train/B/1.png", "trainB/1.png"), {}, "two folders for B of the split train"),
    (("cat/1.png",), {"domains": ("cat", "dog")}, "found cat for cat, but no folder for dog"),
    (("A/1.png", "B/1.png"), {"domains": "AB"}, "domains must be two different names, such as"),
    (("A/1.png", "B/1.png"), {"domains": ("a", "A")}, "domains must be two different names"),
    (("A/1.png", "B/1.png"), {"domains": None}, "domains must be two different names"),
    (("A/1.png", "B/1.png"), {"domains": ("A", 1)}, "domains must be two different names"),
])
def test_domains_that_are_not_clear(tmp_path, names, settings, message):
    for path in either(tmp_path, files(*names)):
        refused(lambda p: UnpairedFolders(p, **settings), path, message)


@pytest.mark.parametrize("names", [
    ("trainA/1.png", "trainB/1.png", "trainC/1.png", "testA/1.png", "testB/1.png"),
    ("A/1.png", "B/1.png", "C/1.png"), ("a/1.png", "b/1.png", "AB/1.png", "0/1.png"),
    ("train/A/1.png", "train/B/1.png", "train/C/1.png"), ("A/1.png", "B/1.png", "2.png", "3.png"),
    ("A/train/1.png", "B/train/1.png", "C/train/1.png"),
])
def test_a_third_domain_is_not_left_out(tmp_path, names):
    """A and B are the default, so the third one is nobody's choice; cat and dog of three are."""
    for path in either(tmp_path, files(*names)):
        refused(UnpairedFolders, path, "is in neither of the two domains .*Move images")
    for path in either(tmp_path / "classes", files("cat/1.png", "dog/2.png", "fox/3.png")):
        assert len(UnpairedFolders(path, domains=("cat", "dog")).a) == 1


@pytest.mark.parametrize("names", ["AB0", ["A", "B", "AB", "0"], "abcdefgh"])
def test_a_and_b_among_other_classes(tmp_path, names):
    content = files(*(f"{name}/1.png" for name in names))
    for path in either(tmp_path, content):
        assert ClassFolder(path).class_names == sorted(names)
    content = {f"train/{name}": data for name, data in content.items()}
    content |= {f"test/{name}/2.png": png() for name in names[:2]}  # the others have no image
    for path in either(tmp_path / "splits", content):
        assert ClassFolder(path, "test").class_names == sorted(names[:2])
    for path in either(tmp_path / "two", files("test/A/1.png", "test/B/1.png")):
        refused(lambda p: ClassFolder(p, "test"), path, "A and B look like pairs or domains")


def test_domains_in_every_layout(tmp_path):
    for number, (a, b, split) in enumerate(PAIR_FOLDERS):
        content = {a.format("1.png"): png(), b.format("2.png"): png(), b.format("3.png"): png()}
        path = pack(tmp_path / f"{number}.zip", content, compression=zipfile.ZIP_DEFLATED)
        source = UnpairedFolders(path)
        assert (len(source.a), len(source.b), source.split) == (1, 2, split)
        np.testing.assert_array_equal(source.b.load(1), np.zeros([2, 2, 3]))


def test_names_that_a_caller_gives_in_another_form_of_unicode(tmp_path):
    for path in either(tmp_path, files("träin/café/1.png", "träin/ü/2.png")):
        source = ClassFolder(path, split=nfd("träin"), classes=[nfd("ü"), nfd("café")])
        assert source.class_names == [nfc("ü"), nfc("café")] and list(source.labels) == [0, 1]
        domains = UnpairedFolders(path, split=nfd("träin"), domains=(nfd("ü"), nfd("café")))
        assert len(domains.a) == len(domains.b) == 1 and domains.split == nfc("träin")


@pytest.mark.parametrize("path", [None, 7, ["a"], b"/no/such", "", "/no/such.zip"])
def test_paths_that_are_none(path):
    with pytest.raises(ZooError, match="no such folder|Expected the path of a folder"):
        ClassFolder(path)
