"""Downloads from a server on this machine: resumed, checked, unpacked safely."""

import hashlib
import http.server
import io
import os
import shutil
import tarfile
import threading
import zipfile
from types import SimpleNamespace

import pytest

from zoo.data import download as downloads
from zoo.data.known import Archive, KnownData
from zoo.data.unpack import unpack
from zoo.errors import ZooError
from zoo.listing import Limits


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`, with ranges; `server.cut` bytes per connection if it is set."""

    def do_GET(self):
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = 0
        wanted, mark = self.headers.get("Range"), self.headers.get("If-Range")
        self.server.ranges.append(wanted)
        if wanted and self.server.with_ranges and mark in (None, self.server.tag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", self.server.tag)
        self.end_headers()
        end = start + self.server.cut if self.server.cut else len(content)
        self.wfile.write(content[start:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.files, made.ranges, made.cut, made.with_ranges, made.tag = {}, [], 0, True, '"1"'
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def archive_of(server, name, content, **settings):
    server.files[f"/{name}"] = content
    return Archive(f"http://127.0.0.1:{server.server_address[1]}/{name}", **settings)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def tar(names, kind="w:gz", link=None):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=kind) as file:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            file.addfile(info, io.BytesIO(name.encode()))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            file.addfile(info)
    return buffer.getvalue()


def zipped(names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, name)
    return buffer.getvalue()


def files_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


CONTENT = bytes(range(256)) * 40
pytestmark = pytest.mark.usefixtures("pauses")


def test_a_cut_download_goes_on_where_it_stopped(server, tmp_path):
    server.cut = 3000
    archive = archive_of(server, "a.zip", CONTENT, bytes=len(CONTENT), sha256=digest(CONTENT))
    lines = []
    path = downloads.fetch(archive, tmp_path / "a.zip", lines.append)
    assert path.read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=3000-", "bytes=6000-", "bytes=9000-"]
    assert sum("connection was cut" in line for line in lines) == 3
    assert os.listdir(tmp_path) == ["a.zip"]  # no part is left
    downloads.fetch(archive, path)
    assert len(server.ranges) == 4  # what is complete is not downloaded again


def test_a_later_call_continues_and_another_version_starts_again(server, tmp_path):
    archive = archive_of(server, "a.zip", CONTENT)
    part, mark = tmp_path / "a.zip.part", tmp_path / "a.zip.part.version"
    part.write_bytes(CONTENT[:5000])
    mark.write_text('"1"')
    assert downloads.fetch(archive, tmp_path / "a.zip").read_bytes() == CONTENT
    assert server.ranges == ["bytes=5000-"]
    (tmp_path / "a.zip").unlink()
    part.write_bytes(b"x" * 5000)
    mark.write_text('"0"')  # of an earlier version of the file
    assert downloads.fetch(archive, tmp_path / "a.zip").read_bytes() == CONTENT
    (tmp_path / "a.zip").unlink()
    part.write_bytes(CONTENT[:5000])
    server.with_ranges = False
    assert downloads.fetch(archive, tmp_path / "a.zip").read_bytes() == CONTENT


def test_a_server_that_gives_up_keeps_the_part(server, tmp_path, monkeypatch):
    server.cut = 3000
    archive = archive_of(server, "a.zip", CONTENT, bytes=len(CONTENT))
    monkeypatch.setattr(downloads, "ATTEMPTS", 1)
    monkeypatch.setitem(server.files, "/a.zip", CONTENT)

    def log(line):
        if "was cut" in line:
            server.server_close()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        downloads.fetch(archive, tmp_path / "a.zip", log)
    assert (tmp_path / "a.zip.part").read_bytes() == CONTENT[:3000]
    with pytest.raises(ZooError, match="could not be downloaded: .*3,000 bytes are kept"):
        downloads.fetch(archive, tmp_path / "a.zip")


@pytest.mark.parametrize(("settings", "message"), [
    ({"bytes": 10}, "offers 10,240 bytes, but the official a.zip has 10"),
    ({"sha256": "0" * 64}, "its SHA-256 is .* instead of 000"),
])
def test_another_file_is_refused_and_not_kept(server, tmp_path, settings, message):
    archive = archive_of(server, "a.zip", CONTENT, **settings)
    with pytest.raises(ZooError, match=message):
        downloads.fetch(archive, tmp_path / "a.zip")
    assert not [name for name in os.listdir(tmp_path) if not name.endswith(".version")]


def test_an_address_without_a_file(server, tmp_path):
    archive = archive_of(server, "a.zip", CONTENT)
    server.files.clear()
    with pytest.raises(ZooError, match="could not be downloaded: HTTP Error 404.*0 bytes are kept"):
        downloads.fetch(archive, tmp_path / "a.zip")


def test_a_data_set_is_unpacked_and_renamed(server, tmp_path, monkeypatch):
    first = archive_of(server, "a.tar.gz", tar(["mine/train/1.jpg", "mine/._1.jpg"]), drop=1)
    second = archive_of(server, "b.zip", zipped(["x/2.jpg"]), into="test", drop=1)
    known = KnownData(1, "pairs", archives=(first, second))
    monkeypatch.setitem(downloads.DATA_SETS, "mine", known)
    out = tmp_path / "data" / "mine"
    downloads.download("mine", str(out), lambda line: None)
    assert files_below(out) == ["test/2.jpg", "train/1.jpg"]
    assert (out / "train" / "1.jpg").read_text() == "mine/train/1.jpg"
    assert os.listdir(tmp_path / "data") == ["mine"]  # the archives are removed
    asked = len(server.ranges)
    with pytest.raises(ZooError, match="is not empty: if it is the data set, zoo data --check"):
        downloads.download("mine", str(out), lambda line: None)
    assert len(server.ranges) == asked and files_below(out) == ["test/2.jpg", "train/1.jpg"]


def test_it_joins_a_folder_that_has_other_files(server, tmp_path, monkeypatch):
    known = KnownData(1, "captions", by_hand="Fetch the text.", archives=(
        archive_of(server, "a.zip", zipped(["b/1.jpg"])),))
    monkeypatch.setitem(downloads.DATA_SETS, "mine", known)
    (tmp_path / "mine" / "text").mkdir(parents=True)
    downloads.download("mine", str(tmp_path / "mine"), lambda line: None)
    assert sorted(os.listdir(tmp_path / "mine")) == ["b", "text"]
    with pytest.raises(ZooError, match="already has b: remove or rename"):
        downloads.download("mine", str(tmp_path / "mine"), lambda line: None)


def test_a_small_disk_is_named_before_the_download(server, tmp_path, monkeypatch):
    monkeypatch.setitem(downloads.DATA_SETS, "mine", KnownData(1, "pairs", archives=(
        archive_of(server, "a.zip", b"", bytes=10**18),)))
    with pytest.raises(ZooError, match="GB free, but the archives and their content take 2,200,"):
        downloads.download("mine", str(tmp_path / "mine"))


def test_what_has_arrived_needs_no_space(server, tmp_path, monkeypatch):
    content = zipped(["x/1.jpg"]) + bytes(10_000)  # zeros after the end of a .zip do no harm
    size = len(content)
    archives = tuple(archive_of(server, f"{name}.zip", content, into=name, bytes=known)
                     for name, known in (("a", size), ("b", size), ("c", 0)))
    monkeypatch.setitem(downloads.DATA_SETS, "mine", KnownData(1, "pairs", archives=archives))
    work = tmp_path / "mine.download"
    work.mkdir()
    (work / "a.zip").write_bytes(content)
    (work / "b.zip.part").write_bytes(content[:3000])
    (work / "c.zip").write_bytes(content)  # its size is unknown, so that it is not counted
    (work / "unpacked").mkdir()  # of a call that was interrupted
    space = int(2.2 * 2 * size) + 1 - size - 3000

    def usage(folder):
        return SimpleNamespace(free=0 if (work / "unpacked").exists() else space)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    downloads.download("mine", str(tmp_path / "mine"), lambda line: None)
    assert files_below(tmp_path / "mine") == ["a/x/1.jpg", "b/x/1.jpg", "c/x/1.jpg"]
    assert server.ranges == ["bytes=3000-"]


def test_a_continued_download_that_does_not_fit_says_what_is_still_needed(
        server, tmp_path, monkeypatch):
    monkeypatch.setitem(downloads.DATA_SETS, "mine", KnownData(1, "pairs", archives=(
        archive_of(server, "a.zip", b"", bytes=10**18),)))
    (tmp_path / "mine.download").mkdir()
    with open(tmp_path / "mine.download" / "a.zip.part", "wb") as file:
        file.truncate(2 * 10**9)  # a sparse file
    with pytest.raises(ZooError, match=r"take 2,199,999,998\.0 GB, besides the 2\.0 GB that have"):
        downloads.download("mine", str(tmp_path / "mine"))


def test_an_unknown_name():
    with pytest.raises(ZooError, match='--download must be one of birds.*Did you mean "facades"'):
        downloads.download("facade", "x")
    assert {"birds", "coco", "cifar10", "facades", "maps"} <= set(downloads.names())


@pytest.mark.parametrize("content", [
    tar(["ok/1.jpg", "../out.jpg"]), tar(["ok/1.jpg", "/etc/out.jpg"]),
    tar(["ok/1.jpg"], link="ok/2.jpg"), tar(["ok/1.jpg", "ok/./1.jpg"]),
])
def test_a_hostile_tar_writes_nothing_outside(tmp_path, content):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(ZooError, match='contains "..".*|absolute path|is a link|two entries'):
        unpack(tmp_path / "a.tar.gz", tmp_path / "in" / "side")
    outside = [name for name in files_below(tmp_path) if not name.startswith("in/side/ok/")]
    assert outside == ["a.tar.gz"]


def test_a_hostile_zip_writes_nothing(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(["ok/1.jpg", "../out.jpg"]))
    with pytest.raises(ZooError, match='contains "..'):
        unpack(tmp_path / "a.zip", tmp_path / "inside")
    assert files_below(tmp_path) == ["a.zip"]


@pytest.mark.parametrize("content", [b"", b"no archive", tar(["a/1.jpg"] * 1)[:40]])
def test_a_damaged_tar(tmp_path, content):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(ZooError, match="cannot be unpacked|found no files"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "inside")


def test_limits_are_checked_first(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(tar(["a/1.jpg", "a/2.jpg"]))
    for limits in (Limits(entries=1), Limits(file_bytes=2), Limits(archive_bytes=8)):
        with pytest.raises(ZooError, match="It was not unpacked"):
            unpack(tmp_path / "a.tar.gz", tmp_path / "inside", limits=limits)
    assert not (tmp_path / "inside").exists()
