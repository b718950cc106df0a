"""The progress line."""

import io

from zoo.training import progress
from zoo.training.progress import Progress, duration, progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def clock(monkeypatch, times):
    values = iter(times)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(values))


def test_duration():
    assert [duration(s) for s in (45.4, 200, 3900)] == ["45 s", "3 min 20 s", "1 h 05 min"]


def test_rate_excludes_the_first_step_and_pauses(monkeypatch):
    clock(monkeypatch, [100.0, 110.0, 110.0, 110.0])
    line = Progress(total=10, start=2, batch_size=4, stream=io.StringIO())
    assert line.rate is None
    line.advance()  # the graph is built here: not timed
    line.advance()
    line.advance()
    line.exclude(6.0)
    assert line.rate == 2 * 4 / 4.0
    assert line.text({"loss": 0.5}) == (
        "step 5/10 (50 %)  loss 0.5  2.0 images/s  10 s left"
    )


def test_plain_output_has_no_progress_line():
    stream = io.StringIO()
    line = Progress(3, stream=stream)
    line.advance()
    line.show()
    line.clear()
    assert stream.getvalue() == ""


def test_a_log_file_has_a_line_every_minute(monkeypatch):
    clock(monkeypatch, [0.0, 1.0, 59.0, 61.0, 61.0, 62.0])
    stream = io.StringIO()
    line = Progress(4, stream=stream, unit="", plain_every=60)
    for _ in range(2):
        line.advance()  # the first reads the clock
        line.show({"loss": 0.5})
    assert stream.getvalue() == "step 2/4 (50 %)  loss 0.5  2 min 00 s left\n"


def test_terminal_line_is_rewritten_and_cleared():
    stream = Terminal()
    line = Progress(4, stream=stream)
    line.advance()
    line.show()
    assert stream.getvalue().startswith("\r[=====               ] step 1/4 (25 %)")
    line.clear()
    assert stream.getvalue().endswith("\r")


def test_items_are_counted_and_the_line_is_cleared():
    stream = Terminal()
    assert list(progress_bar("abc", 3, "draw", stream)) == ["a", "b", "c"]
    lines = stream.getvalue().split("\r")
    assert "draw 1/3 (33 %)" in lines[1] and "left" in lines[3] and "/s" not in lines[3]
    assert lines[-1] == "" and not lines[-2].strip()
