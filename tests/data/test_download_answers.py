"""Answers that are not the rest of the file: what has arrived is kept, and attempts have pauses."""

import hashlib
import http.server
import os
import threading

import pytest

from zoo.data import download as downloads
from zoo.data.known import Archive
from zoo.errors import ZooError

CONTENT = bytes(range(256)) * 40
PAGE = b"<html>Please log in</html>"
LAST = len(CONTENT) - 5000
pytestmark = pytest.mark.usefixtures("pauses")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers a request with the next of `server.answers`: status, headers, body."""

    def do_GET(self):
        self.server.ranges.append(self.headers.get("Range"))
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.ranges = [], []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path):
    """A folder with the first 5,000 bytes of an archive."""
    (tmp_path / "a.zip.part").write_bytes(CONTENT[:5000])
    (tmp_path / "a.zip.part.version").write_text('"1"')
    return tmp_path


def fetch(server, folder, log=lambda line: None, **settings):
    archive = Archive(f"http://127.0.0.1:{server.server_address[1]}/a.zip", **settings)
    return downloads.fetch(archive, folder / "a.zip", log)


def whole(content, length=None):
    return 200, {"Content-Length": length or len(content), "ETag": '"2"'}, content


def rest(start):
    return 206, {"Content-Length": len(CONTENT) - start, "ETag": '"1"'}, CONTENT[start:]


def assert_kept(folder):
    """The part and its version are as before, and nothing else was left."""
    assert sorted(os.listdir(folder)) == ["a.zip.part", "a.zip.part.version"]
    assert (folder / "a.zip.part").read_bytes() == CONTENT[:5000]
    assert (folder / "a.zip.part.version").read_text() == '"1"'


KNOWN = {"bytes": len(CONTENT)}


@pytest.mark.parametrize(("answers", "settings", "message"), [
    ([whole(PAGE)], KNOWN, "offers 26 bytes, but the official a.zip has 10,240.*5,000 bytes are k"),
    ([(200, {}, PAGE)], KNOWN, "offers 26 bytes, .* check the network and run the same command ag"),
    ([whole(PAGE)], {}, "offers 26 bytes, .* at least the 5,000 .*remove .*a.zip.part to start ag"),
    ([(200, {}, PAGE)], {}, "offers 26 bytes, but the official a.zip has at least the 5,000 that"),
    ([(206, {"Content-Length": 9}, b"x" * 9)], KNOWN, "offers 5,009 bytes, but .* has 10,240"),
    ([whole(b"x" * len(CONTENT))], {"sha256": hashlib.sha256(CONTENT).hexdigest()},
     "its SHA-256 is .*It has been removed: run the command again"),
    ([(416, {}, b""), whole(PAGE)], KNOWN, "offers 26 bytes, but the official a.zip has 10,240"),
    ([(416, {}, b""), (416, {}, b"")], KNOWN, "HTTP Error 416.* 5,000 bytes are kept"),
])
def test_another_file_costs_nothing_that_has_arrived(server, folder, answers, settings, message):
    server.answers = [*answers, rest(5000)]
    with pytest.raises(ZooError, match=message):
        fetch(server, folder, **settings)
    assert_kept(folder)
    assert fetch(server, folder, **settings).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=5000-"


@pytest.mark.parametrize("settings", [KNOWN, {}])
def test_a_whole_file_that_is_cut_does_not_replace_the_part(server, folder, settings):
    server.answers = [whole(CONTENT[:8000], len(CONTENT))] * downloads.ATTEMPTS
    with pytest.raises(ZooError, match="the server closes the connection. 5,000 bytes are kept"):
        fetch(server, folder, **settings)
    assert_kept(folder)


@pytest.mark.parametrize("answers", [
    [whole(CONTENT)], [(200, {}, CONTENT)], [whole(CONTENT[:8000], len(CONTENT)), whole(CONTENT)],
    [(416, {}, b""), whole(CONTENT)],
])
def test_a_whole_file_replaces_the_part_when_it_is_complete(server, folder, answers):
    server.answers = answers
    (folder / "a.zip.part").write_bytes(b"x" * 5000)  # of another version
    assert fetch(server, folder).read_bytes() == CONTENT
    assert os.listdir(folder) == ["a.zip"] and not server.answers


def test_ctrl_c_in_a_whole_file_keeps_the_part(server, folder, monkeypatch):
    server.answers = [whole(CONTENT)]

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "check_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(server, folder, **KNOWN)
    assert_kept(folder)


def test_temporary_errors_of_the_server_are_tried_again_after_pauses(server, folder, pauses):
    server.answers = [(503, {}, b""), (429, {}, b""), (500, {}, b""), (502, {}, b""), rest(5000)]
    lines = []
    assert fetch(server, folder, lines.append, **KNOWN).read_bytes() == CONTENT
    assert pauses == [1, 2, 4, 8]
    assert lines[1] == "HTTP Error 503: Service Unavailable; trying again in 1 s"
    assert "trying again in 8 s" in lines[4]


def test_errors_that_stay_end_the_download(server, folder, pauses):
    server.answers = [(503, {}, b"")] * downloads.ATTEMPTS
    with pytest.raises(ZooError, match="HTTP Error 503: .*5,000 bytes are kept; the same command"):
        fetch(server, folder, **KNOWN)
    assert_kept(folder)
    assert pauses == [1, 2, 4, 8] and not server.answers


def test_a_missing_file_is_not_tried_again(server, folder, pauses):
    server.answers = [(404, {}, b"")]
    with pytest.raises(ZooError, match="HTTP Error 404"):
        fetch(server, folder, **KNOWN)
    assert pauses == []


def test_new_bytes_make_the_pauses_short_again(server, folder, pauses):
    cut = 206, {"Content-Length": LAST, "ETag": '"1"'}, CONTENT[5000:6000]
    server.answers = [(503, {}, b""), (503, {}, b""), cut, (503, {}, b""), rest(6000)]
    assert fetch(server, folder, **KNOWN).read_bytes() == CONTENT
    assert pauses == [1, 2, 1, 1]


@pytest.mark.parametrize(("header", "pause"), [
    ("7", 7), ("0", 1), ("99", 99), ("3600", 1), ("9" * 5000, 1), ("-5", 1), ("", 1),
    ("Wed, 21 Oct 2026 07:28:00 GMT", 1),
])
def test_a_short_retry_after_is_respected(server, folder, pauses, header, pause):
    server.answers = [(503, {"Retry-After": header}, b""), rest(5000)]
    assert fetch(server, folder, **KNOWN).read_bytes() == CONTENT
    assert pauses == [pause]


def test_ctrl_c_in_a_pause_keeps_the_part(server, folder, monkeypatch):
    server.answers = [(503, {}, b""), rest(5000)]

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(server, folder, **KNOWN)
    assert_kept(folder)
    assert len(server.ranges) == 1
