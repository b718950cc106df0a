"""One listing of folders and .zip files: what is seen, what is refused, and the bounds."""

import os
import socket
import stat
import sys
import zipfile

import pytest

from tests.support.trees import NOISE, nfc, nfd, pack, patch, png, write
from zoo.data.sources.class_layout import class_place
from zoo.errors import MissingSplit, ZooError
from zoo.listing import LIMITS, Limits, open_tree

CLASSES = {
    f"{split}/{name}/{number}.png": png(grey=number)
    for split in ("train", "test") for name in ("cat", "dog", "fox") for number in range(3)
}


def both(tmp_path, files, **how):
    """The same files as a folder and as a .zip."""
    return write(tmp_path / "given", files), pack(tmp_path / "given.zip", files, **how)


def classes_of(path, split="train", **settings):
    tree = open_tree(path, **settings)
    place, names = class_place(tree, split)
    return place.split, {name: len(tree.images(f"{place.folder}/{name}")) for name in names}


THREE = {"cat": 3, "dog": 3, "fox": 3}


@pytest.mark.parametrize("above", ["", "mine/", "a/b/"])
@pytest.mark.parametrize("others", [
    {}, dict.fromkeys(NOISE, b"x"), {"README.md": b"", "LICENCE": b"", "papers/a.pdf": b""},
    {"__MACOSX/mine/train/cat/._0.png": png(), "mine.txt": b""}, {"empty/": b""},
])
def test_other_files_next_to_the_folder_change_nothing(tmp_path, above, others):
    files = {above + name: data for name, data in CLASSES.items()} | others
    for path in both(tmp_path, files, folders=True):
        assert classes_of(path) == ("train", THREE)
        assert classes_of(path, "test") == ("test", THREE)
        with pytest.raises(MissingSplit, match='no split "val", but found test, train'):
            classes_of(path, "val")


@pytest.mark.parametrize(("spelt", "split"), [
    ("Train", "train"), ("TRAINING", "train"), ("Valid", "val"), ("validation", "val"),
    ("dev", "val"), ("Testing", "test"),
])
def test_splits_by_their_usual_names(tmp_path, spelt, split):
    files = {name.replace("train/", f"{spelt}/", 1): data for name, data in CLASSES.items()
             if not (split == "test" and name.startswith("test/"))}
    for path in both(tmp_path, files):
        assert classes_of(path, split) == (split, THREE)
        assert classes_of(path, spelt) == (split, THREE)


def test_backslashes_are_separators_in_a_zip_and_refused_on_disk(tmp_path):
    packed = pack(tmp_path / "w.zip", CLASSES, backslashes=True)
    assert classes_of(packed) == ("train", THREE)
    folder = write(tmp_path / "given", CLASSES)
    open(f"{folder}/train\\cat\\9.png", "wb").close()
    with pytest.raises(ZooError, match="contains a backslash"):
        open_tree(folder)


@pytest.mark.parametrize("spell", [nfc, nfd])
def test_names_are_in_one_form_of_unicode(tmp_path, spell):
    files = {spell(f"tränen/é{number}.png"): png() for number in range(2)}
    for path in both(tmp_path, files):
        tree = open_tree(path)
        assert tree.images() == [nfc("tränen/é0.png"), nfc("tränen/é1.png")]
        assert tree.bytes("tränen/é0.png") == png() and tree.exists("tränen/é1.png")
    files = {nfc("é.png"): png(), nfd("é.png"): png()}
    os.makedirs(tmp_path / "twice")
    for path in both(tmp_path / "twice", files):
        with pytest.raises(ZooError, match="same name|two entries"):
            open_tree(path)


def test_names_in_other_encodings(tmp_path):
    def named(raw, flag):
        path = pack(tmp_path / "x.zip", {"cat/xxxx.png": png(), "dog/0.png": png()})
        patch(path, (b"cat/xxxx.png", raw))
        if flag:
            patch(path, (b"\x14\0\0\0\0\0\0\0", b"\x14\0\0\x08\0\0\0\0"))
        return path

    utf8 = "cat/éü.png".encode()
    assert open_tree(named(utf8, False)).images()[0] == "cat/éü.png"  # as macOS packs
    with pytest.raises(ZooError, match="not in UTF-8.*Pack the files again"):
        open_tree(named(b"cat/\xe9\xe9\xe9\xe9.png", False))
    bad = named(b"cat/\xe9\xe9\xe9\xe9.png", False)
    with open(bad, "rb") as file:
        data = bytearray(file.read())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place + 1] |= 8
    with open(bad, "wb") as file:
        file.write(data)
    with pytest.raises(ZooError, match="names that are not UTF-8"):
        open_tree(bad)


@pytest.mark.skipif(sys.platform != "linux", reason="file systems with names of any bytes")
def test_names_on_disk_that_are_not_utf8(tmp_path):
    folder = os.fsencode(write(tmp_path / "given", CLASSES))
    open(folder + b"/train/cat/notes\xe9.txt", "wb").close()
    assert classes_of(tmp_path / "given") == ("train", THREE)  # it is no image
    open(folder + b"/train/cat/\xff\xfe.png", "wb").close()
    with pytest.raises(ZooError, match=r"\\udcff\\udcfe.png: this name is not in UTF-8"):
        open_tree(tmp_path / "given")


@pytest.mark.parametrize(("first", "second"), [
    ("train/cat/0.png", "train/cat/0.png"), ("train/cat/0.png", "train\\cat\\0.png"),
    ("train/cat/0.png", "./train//cat/0.png"), (nfc("é/0.png"), nfd("é/1.png")),
])
def test_one_name_twice(tmp_path, first, second):
    path = pack(tmp_path / "x.zip", [(first, png(grey=1)), (second, png(grey=2))])
    with pytest.raises(ZooError, match="two entries have this name|are the same name"):
        open_tree(path)


def test_two_folders_for_one_split(tmp_path):
    for number, other in enumerate(("Train", "training")):
        files = CLASSES | {f"{other}/cat/9.png": png()}
        os.makedirs(tmp_path / str(number))
        for path in both(tmp_path / str(number), files):
            with pytest.raises(ZooError, match="are two folders for the split train") as error:
                classes_of(path)
            assert not isinstance(error.value, MissingSplit)


@pytest.mark.parametrize("name", [
    "../x.png", "/x.png", "a/../../x.png", "C:/x.png", "C:\\x.png", "\\\\server\\x.png",
    "a/\0/x.png",
])
def test_names_that_lead_out_of_a_zip(tmp_path, name):
    path = pack(tmp_path / "x.zip", {"cat/0.png": png(), name.replace("\0", "!"): png()})
    if "\0" in name:
        patch(path, (b"a/!/x.png", b"a/\0/x.png"))
    with pytest.raises(ZooError, match="the name .*expected names inside the archive"):
        open_tree(path)


def test_links_in_a_zip(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/0.png", png())
        info = zipfile.ZipInfo("cat/1.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ZooError, match="cat/1.png: a link"):
        open_tree(path)


def test_what_is_no_zip(tmp_path):
    good = tmp_path / "good.zip"
    pack(good, CLASSES)
    for name, data in {
        "text": b"hello", "empty": b"", "behind": b"#!/bin/sh\n" + good.read_bytes(),
        "two": good.read_bytes() * 2, "cut": good.read_bytes()[:-30],
        "start": good.read_bytes()[:4] + bytes(100), "png": png() + good.read_bytes(),
    }.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(data)
        with pytest.raises(ZooError, match="a folder or a .zip file|after other content"):
            open_tree(path)
    assert len(open_tree(good).images()) == len(CLASSES)
    with pytest.raises(ZooError, match="no such folder or .zip file"):
        open_tree("a\0b")


def test_damaged_and_encrypted_entries_are_named(tmp_path):
    path = pack(tmp_path / "x.zip", {"cat/0.png": png(), "cat/1.png": b"abcdefgh"})
    patch(path, (b"abcdefgh", b"abcdefgX"))
    tree = open_tree(path)
    assert tree.bytes("cat/0.png") == png()
    with pytest.raises(ZooError, match="cat/1.png: cannot be unpacked .*CRC"):
        tree.bytes("cat/1.png")
    with pytest.raises(ZooError, match="cat/2.png: no such file"):
        tree.bytes("cat/2.png")
    with open(path, "rb") as file:
        data = bytearray(file.read())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(mark) + place] |= 1
    with open(path, "wb") as file:
        file.write(data)
    with pytest.raises(ZooError, match="cat/1.png: this entry is encrypted"):
        open_tree(path).bytes("cat/1.png")


def test_bounds(tmp_path):
    for path in both(tmp_path, CLASSES | {"deep/1/2/3/4/x.txt": b"x" * 2000}):
        for limits, word in [
            ({"entries": 5}, "more than 5 files"), ({"depth": 3}, "more than 3 deep"),
        ]:
            with pytest.raises(ZooError, match=word):
                open_tree(path, limits=Limits(**limits))
        with pytest.raises(ZooError, match="x.txt: 2,000 bytes"):
            open_tree(path, limits=Limits(file_bytes=1000)).bytes("deep/1/2/3/4/x.txt")
    with pytest.raises(ZooError, match="the limit archive_bytes"):
        open_tree(tmp_path / "given.zip", limits=Limits(archive_bytes=1000))
    bomb = pack(
        tmp_path / "bomb.zip", {f"{i}.png": bytes(2**20) for i in range(70)},
        compression=zipfile.ZIP_DEFLATED,
    )
    with pytest.raises(ZooError, match="unpack to 73,400,320, more than 100 times as much"):
        open_tree(bomb)
    assert len(open_tree(bomb, limits=Limits(ratio=2000)).images()) == 70
    for bad in (0, -1, 1.5, "9", True, None):
        with pytest.raises(ZooError, match="The limit entries must be a whole number"):
            Limits(entries=bad)
    assert LIMITS == Limits()


def fifo(path):
    os.mkfifo(path)


def listener(path):
    with socket.socket(socket.AF_UNIX) as sock:
        os.chdir(os.path.dirname(path))  # the path of a socket must be short
        sock.bind(os.path.basename(path))


@pytest.mark.parametrize(("make", "kind"), [
    (fifo, "a named pipe"), (listener, "a socket"),
    (lambda path: os.symlink("/dev/zero", path), "a link to a device"),
    (lambda path: (os.mkfifo(f"{path}.pipe"), os.symlink(f"{path}.pipe", path)),
     "a link to a named pipe"),
    (lambda path: os.symlink("/etc/hostname", path), "a link to a file"),
    (lambda path: os.symlink("nowhere", path), "a link to nothing"),
    (lambda path: os.symlink(path, path), "a link to nothing"),
    (lambda path: os.symlink("/usr/share", path), "a link to a folder"),
])
def test_only_regular_files(tmp_path, monkeypatch, make, kind):
    monkeypatch.chdir(tmp_path)
    folder = write(tmp_path / "given", CLASSES)
    make(f"{folder}/train/cat/9.png")
    with pytest.raises(ZooError, match=f"9.png: {kind}"):
        open_tree(folder)


def test_special_files_that_are_no_data_are_not_seen(tmp_path):
    folder = write(tmp_path / "given", CLASSES)
    fifo(f"{folder}/pipe")
    os.symlink("/etc/hostname", f"{folder}/host.txt")
    os.symlink("/usr/share", f"{folder}/.hidden")
    os.mkfifo(f"{folder}/train/._9.png")
    assert classes_of(folder) == ("train", THREE)
    with pytest.raises(ZooError, match="host.txt: a link to a file"):
        open_tree(folder).bytes("host.txt")


@pytest.mark.parametrize("follow", [False, True])
def test_a_loop_of_links_counts_nothing_twice(tmp_path, follow):
    folder = write(tmp_path / "given", CLASSES)
    os.symlink("..", f"{folder}/train/cat/up")
    os.symlink(".", f"{folder}/train/dog/here")
    os.symlink(folder, f"{folder}/again")
    os.symlink(folder, tmp_path / "link")
    for path in (folder, tmp_path / "link"):
        assert classes_of(path, follow_links=follow) == ("train", THREE)


def test_links_are_followed_on_request_and_each_file_counts_once(tmp_path):
    outside = write(tmp_path / "outside", {"0.png": png(), "1.png": png()})
    folder = write(tmp_path / "given", CLASSES)
    os.symlink(outside, f"{folder}/train/owl")
    assert classes_of(folder, follow_links=True) == ("train", {**THREE, "owl": 2})
    tree = open_tree(folder, follow_links=True)
    assert tree.bytes("train/owl/1.png") == png()
    os.symlink(f"{outside}/0.png", f"{folder}/train/cat/other.png")
    with pytest.raises(ZooError, match="the same file as .* by a link"):
        open_tree(folder, follow_links=True)
    os.unlink(f"{folder}/train/cat/other.png")
    os.symlink(f"{folder}/train", f"{folder}/val")
    with pytest.raises(ZooError, match="the same file as .* by a link"):
        open_tree(folder, follow_links=True)


def test_hard_links_are_files_of_their_own(tmp_path):
    folder = write(tmp_path / "given", CLASSES)
    os.link(f"{folder}/train/cat/0.png", f"{folder}/train/dog/same.png")
    assert classes_of(folder)[1] == {**THREE, "dog": 4}


def test_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    folder = write(tmp_path / "given", CLASSES)
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("dog"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ZooError, match=r"train/dog: this folder cannot be listed \(Permission"):
        open_tree(folder)


def test_images_of_every_ending_are_seen(tmp_path):
    names = ["0.PNG", "1.jpeg", "2.webp", "3.TIF", "4.heic", "5.avif", "6.ppm"]
    for path in both(tmp_path, dict.fromkeys([*names, "notes.txt", "x.npy"], b"")):
        tree = open_tree(path)
        assert tree.images() == names and len(tree.files()) == len(names) + 2


def test_folders_files_and_roots(tmp_path):
    files = {"x/a/b/1.png": b"", "x/a/2.png": b"", "x/a0.txt": b"", "x/e/": b""}
    for path in both(tmp_path, files):
        tree = open_tree(path)
        assert tree.folders() == ["x"] and tree.folders("x") == ["a", "e"]
        assert tree.files("x/a") == ["x/a/2.png", "x/a/b/1.png"]
        assert tree.files("x", recursive=False) == ["x/a0.txt"] and tree.files("no") == []
        assert list(tree.roots) == ["", "x", "x/a"]
        assert tree.has_folder("x/e") and not tree.exists("x/e")
