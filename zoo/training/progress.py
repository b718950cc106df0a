"""Progress line with rate and remaining time; plain lines if the output is not a terminal."""

import sys
import time


class Progress:
    """Counts steps and shows the progress of a run.

    Args:
        total: steps of the whole run.
        start: steps done by earlier processes.
        batch_size: images per step, for the rate.
        stream: output stream; on a terminal one line is rewritten.
        what: str, name of a step.
        unit: str, unit of the rate; "" for no rate.
        plain_every: float, seconds between the lines that `show` prints where the output is not a
            terminal; 0 for none, for callers that print lines of their own.
    """

    def __init__(self, total, start=0, batch_size=1, stream=None, what="step", unit="images",
                 plain_every=0):
        self.total, self.start, self.step = total, start, start
        self.batch_size, self.what, self.unit = batch_size, what, unit
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self._mark = None  # (time, step) when the rate's clock started
        self._paused = 0.0
        self._width = 0
        self.plain_every = plain_every
        self._printed = time.monotonic() if plain_every else 0.0

    def advance(self):
        """Counts one step. The first is not timed, because it includes tracing the graph."""
        self.step += 1
        if self._mark is None:
            self._mark = (time.monotonic(), self.step)

    def exclude(self, seconds):
        """Excludes `seconds` (of a checkpoint, of a sample grid) from the rate."""
        if self._mark is not None:
            self._paused += seconds

    @property
    def rate(self):
        """Images per second, or None before the second step."""
        if self._mark is None or self.step == self._mark[1]:
            return None
        seconds = max(time.monotonic() - self._mark[0] - self._paused, 1e-9)
        return (self.step - self._mark[1]) * self.batch_size / seconds

    def text(self, figures=None):
        """The line: step, percentage, nonzero figures, rate, remaining time."""
        share = 100 * self.step // max(self.total, 1)
        parts = [f"{self.what} {self.step}/{self.total} ({share} %)"]
        parts += [f"{name} {value:.4g}" for name, value in (figures or {}).items() if value]
        if rate := self.rate:
            left = (self.total - self.step) * self.batch_size / rate
            parts += [f"{rate:.1f} {self.unit}/s"] if self.unit else []
            parts += [f"{duration(left)} left"]
        return "  ".join(parts)

    def show(self, figures=None):
        """Rewrites the line on a terminal; elsewhere prints one every `plain_every` seconds."""
        if not self.live:
            if self.plain_every and time.monotonic() - self._printed >= self.plain_every:
                print(self.text(figures), file=self.stream, flush=True)
                self._printed = time.monotonic()
        else:
            share = self.step / max(self.total, 1)
            bar = "=" * int(20 * share)
            line = f"[{bar:<20}] {self.text(figures)}"[:_columns()]
            self.stream.write("\r" + line.ljust(self._width))
            self.stream.flush()
            self._width = len(line)

    def clear(self):
        """Clears the terminal's line, before other text is printed."""
        if self.live and self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()
            self._width = 0


def progress_bar(items, total, what, stream=None):
    """Yields the items; a terminal shows how many of `total` are done and the remaining time."""
    progress = Progress(total, stream=stream, what=what, unit="")
    try:
        for item in items:
            yield item
            progress.advance()
            progress.show()
    finally:
        progress.clear()


def duration(seconds):
    """`"1 h 05 min"`, `"3 min 20 s"`, `"45 s"`."""
    seconds = int(round(seconds))
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
    if seconds >= 60:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds} s"


def _columns():
    import shutil

    return max(shutil.get_terminal_size((100, 20)).columns - 1, 20)
