"""Behavior of all programs: one line per error, clean stops, exit status."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zoo import programs
from zoo.errors import ZooError
from zoo.training import signals

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def status(monkeypatch, tmp_path):
    """`programs.run` in this process: main -> the exit status."""
    monkeypatch.setattr(programs.tempfile, "tempdir", str(tmp_path))
    left = []
    monkeypatch.setattr(programs, "leave", left.append)

    def run(main, **kwargs):
        programs.run(main, **kwargs)
        return left.pop()

    return run


def failing(error):
    def main():
        raise error

    return main


def chained():
    try:
        raise KeyError("the first cause")
    except KeyError:
        raise ZooError("our words") from None


@pytest.mark.parametrize(("error", "line"), [
    (ZooError("a\nb  c"), "error: a b c"),
    (ZooError("bad \x1b[1mbold\x1b[0m \x07 {{function_node __inference_f_1}} end"),
     "error: bad bold \\x07 end"),
    (MemoryError("Unable to allocate 7 TiB"), "error: There is not enough memory (Unable to"),
    (OSError(errno.EROFS, "Read-only", "/x"), "error: /x: the file system is read-only."),
    (PermissionError(errno.EACCES, "Permission denied", "y"), "error: y: permission denied."),
])
def test_a_user_error_is_one_line(status, capsys, error, line):
    assert status(failing(error)) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith(line), said


def test_a_long_message_is_cut(status, capsys):
    assert status(failing(ZooError("x" * 13_000))) == 1
    said = capsys.readouterr().err
    assert len(said) < 1100 and "--verbose shows all" in said


def test_an_internal_error_is_one_line_and_its_traceback_is_kept(status, capsys, tmp_path):
    assert status(failing(ZeroDivisionError("division by zero"))) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "unexpected ZeroDivisionError: division by zero" in said
    (kept,) = tmp_path.glob("zoo-error-*.txt")
    assert str(kept) in said and "Traceback" in kept.read_text()


def test_verbose_shows_the_hidden_cause(status, capsys):
    assert status(chained, verbose=True) == 1
    said = capsys.readouterr().err
    assert "the first cause" in said and said.endswith("error: our words\n")
    assert status(chained, verbose=False) == 1
    assert capsys.readouterr().err == "error: our words\n"
    assert programs.is_verbose(["--verbose"]) and programs.is_verbose(["-verbose"])
    assert not programs.is_verbose(["--noverbose", "verbose", "--verbosity=1"])


@pytest.mark.parametrize(("main", "code"), [
    (lambda: None, 0), (lambda: 3, 3), (failing(SystemExit(2)), 2), (failing(SystemExit()), 0),
    (failing(SystemExit("words")), 1), (failing(KeyboardInterrupt()), 130),
])
def test_exit_status(status, main, code):
    assert status(main) == code


def test_signal_handlers_are_restored(status):
    before = [signal.getsignal(number) for number in programs.Watch.NUMBERS]
    assert status(lambda: 0) == 0
    assert [signal.getsignal(number) for number in programs.Watch.NUMBERS] == before


BUSY = """
import hashlib, sys, time
sys.path.insert(0, {root!r})
from zoo import programs, storage
programs.GRACE = 0.5

def native():
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha512", b"x", b"y", 60_000_000)  # a long step outside of Python

def writing():
    with storage.atomic_folder("out") as folder:
        open(folder + "/half", "w").write("x")
        print("ready", flush=True)
        time.sleep(60)

def hidden():
    with programs.quiet():
        writing()

def tracing():
    from zoo.training.signals import StopSignals
    with StopSignals():
        native()

programs.run({main})
"""


def start(main, folder):
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY.format(root=str(ROOT), main=main)], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_stop_is_acknowledged_while_native_code_is_busy(tmp_path):
    process = start("native", tmp_path)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    assert process.stderr.readline() == programs.FIRST + "\n"
    assert time.monotonic() - started < 5 and process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.stderr.read() == "stopped at once by Ctrl-C\n"
    assert process.wait(30) == 130


SIGNALS = pytest.mark.parametrize(("number", "name", "code"), [
    (signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143),
])


@SIGNALS
def test_one_signal_ends_a_training_that_has_nothing_to_save(tmp_path, number, name, code):
    process = start("tracing", tmp_path)
    time.sleep(0.2)
    process.send_signal(number)
    assert process.stderr.read() == f"{signals.UNTRAINED}\nstopped at once by {name}\n"
    assert process.wait(30) == code


@SIGNALS
@pytest.mark.parametrize("main", ["writing", "hidden"])
def test_a_stopped_program_leaves_nothing_half_written(tmp_path, main, number, name, code):
    process = start(main, tmp_path)
    process.send_signal(number)
    said = process.stderr.read()
    assert process.wait(30) == code
    assert said.splitlines() == [programs.FIRST, f"stopped by {name}"]
    assert os.listdir(tmp_path) == []


def test_a_closed_pipe_gives_no_traceback(tmp_path):
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + (
        "from zoo import programs\n"
        "programs.run(lambda: [print('x' * 1000) for _ in range(10000)] and 0)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == "" and process.wait(30) == 1
