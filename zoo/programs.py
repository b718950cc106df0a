"""What every program does around its work: one line for a mistake, a clean stop, an honest exit.

A user's mistake (`ZooError`), a full memory and a file that cannot be written are one line and exit
status 1; so is a fault of the program, whose traceback is kept in a file. Ctrl-C is one line at
once, even while native code is busy, and status 130; SIGTERM the same, and 143. `--verbose` shows
the whole traceback with the original cause.
"""

import contextlib
import os
import re
import signal
import sys
import tempfile
import threading
import traceback

from zoo.errors import ZooError, reason

VERBOSE = "--verbose"
LONGEST = 1000  # characters of a message's line
GRACE = 3.0  # seconds that a second Ctrl-C leaves the program to clean up
FIRST = "stopping; press Ctrl-C again to stop at once"
_NOISE = re.compile(r"\{\{.*?\}\}|\x1b\[[0-9;]*m")

_speaking = threading.Lock()  # around the change of descriptors, so that no line is lost in it
_real_stderr = None  # a descriptor of the terminal while `quiet` hides what native code says


def run(main, verbose=None):
    """Run a program and end the process with its exit status.

    Args:
        main: function without arguments; what it returns is the exit status, None being 0.
        verbose: bool; None looks for --verbose on the command line.
    """
    if verbose is None:
        verbose = is_verbose()
    for stream in (sys.stdout, sys.stderr):  # a file's name need not be UTF-8
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")
    watch = Watch(FIRST)
    try:
        with watch:
            status = main() or 0
    except SystemExit as error:
        status = error.code
        if isinstance(status, str):
            print(status, file=sys.stderr)
            status = 1
    except BrokenPipeError:  # whoever read our output has gone, as in `| head`
        _silence_stdout()
        status = 1
    except KeyboardInterrupt:
        status = 128 + (watch.number or signal.SIGINT)
        watch.report("stopped")
    except BaseException as error:
        status = 1
        report(error, verbose)
    leave(0 if status is None else status)


def leave(status):
    """End the process now, with everything written.

    TensorFlow's own end (threads of datasets, large graphs) can take half a minute, and nothing is
    left to be done in it. The workers of a cluster still say goodbye to each other.
    """
    try:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to stop
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BrokenPipeError:
        _silence_stdout()
        status = status or 1
    except (OSError, ValueError) as error:  # such as a full disk behind `> file`
        status = status or 1
        with contextlib.suppress(OSError):
            os.write(2, f"error: the output could not be written: {reason(error)}.\n".encode())
        _silence_stdout()
    if os.environ.get("TF_CONFIG"):
        sys.exit(status)
    os._exit(status)


def report(error, verbose=False):
    """Print an exception as one line, with `verbose` after the whole traceback."""
    if verbose:
        shown = error
        while shown is not None:  # what `from None` hides, too
            shown.__suppress_context__ = False
            shown = shown.__cause__ or shown.__context__
        traceback.print_exception(error)
    print(f"error: {one_line(explain(error, keep=not verbose))}", file=sys.stderr)


def explain(error, keep=True):
    """Why a program failed, as a sentence. `keep`: write the traceback of a fault to a file."""
    if isinstance(error, ZooError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            f"There is not enough memory ({reason(error)}): ask for fewer or smaller images at a "
            "time."
        )
    if isinstance(error, OSError) and error.errno is not None:
        from zoo.storage import explain_os_error

        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{explain_os_error(error)}."
    kept = _kept_traceback(error) if keep else ""
    kept = f" The traceback is in {kept}; --verbose shows it." if kept else ""
    return (
        f"unexpected {type(error).__name__}: {reason(error)}. This is a fault of the program: "
        f"please report it.{kept}"
    )


def one_line(message):
    """A message as one line of readable length: no line breaks, no control characters."""
    text = " ".join(_NOISE.sub("", str(message)).split())
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({VERBOSE} shows all)"


def is_verbose(arguments=None):
    """Whether --verbose stands on the command line, before anything is parsed."""
    given = sys.argv[1:] if arguments is None else arguments
    return any(a.lstrip("-") in ("verbose", "verbose=true") and a[:1] == "-" for a in given)


@contextlib.contextmanager
def quiet():
    """Send what native code writes to descriptor 2 nowhere; with --verbose it still speaks."""
    global _real_stderr
    if is_verbose():
        yield
        return
    sys.stderr.flush()
    saved, before = os.dup(2), _real_stderr
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        with _speaking:
            _real_stderr = saved if before is None else before
            os.dup2(nowhere, 2)
        yield
    finally:
        with _speaking:
            os.dup2(saved, 2)
            _real_stderr = before
        os.close(saved)
        os.close(nowhere)


class Watch:
    """A context in which the first SIGINT or SIGTERM is answered by a line at once.

    Python handles a signal between two of its own steps, and a graph that is being compiled is one
    long step of native code. So the line comes from a thread, which the signal itself wakes up.
    A second Ctrl-C ends the process after `GRACE` seconds even if native code never returns; files
    are written whole or not at all, so none is half-written then, but a temporary one may stay.

    Args:
        message: str, what the first signal prints.
        handle: function of the signal's number, called by Python's handler; None raises
            KeyboardInterrupt.

    Attributes:
        number: of the first signal, or None.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, message, handle=None):
        self.message = message
        self.number = None
        self._handle = handle or _interrupt
        self._before = {}
        self._pipe = None
        self._seen = 0
        self._timers = []

    def __enter__(self):
        if threading.current_thread() is not threading.main_thread():
            return self
        self._pipe = os.pipe()
        os.set_blocking(self._pipe[1], False)
        for number in self.NUMBERS:
            self._before[number] = signal.signal(number, self._on_signal)
        self._old_fd = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._watch, args=self._pipe[:1], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        if self._pipe is None:
            return
        signal.set_wakeup_fd(self._old_fd)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._pipe[1])  # ends the thread
        self._thread.join()
        os.close(self._pipe[0])
        self._pipe = None
        for timer in self._timers:
            timer.cancel()  # Python has heard the second Ctrl-C: nothing hangs

    def report(self, text):
        """Print a line that says which signal it was."""
        name = "Ctrl-C" if self.number in (None, signal.SIGINT) else "SIGTERM"
        say(f"{text} by {name}")

    def _on_signal(self, number, _frame):
        self.number = self.number or number
        self._handle(number)

    def _watch(self, pipe):
        while received := os.read(pipe, 1):
            if received[0] not in self.NUMBERS:
                continue
            self._seen += 1
            if self._seen == 1:
                say(self.message)
            elif received[0] == signal.SIGINT:
                timer = threading.Timer(GRACE if self._seen == 2 else 0.0, _give_up)
                timer.daemon = True
                self._timers.append(timer)
                timer.start()


def say(text):
    """A line for the person at the terminal, also while `quiet` hides the error stream."""
    with _speaking, contextlib.suppress(OSError):
        descriptor = 2 if _real_stderr is None else _real_stderr
        start = "\n" if os.isatty(descriptor) else ""  # below a progress line and the echoed ^C
        os.write(descriptor, f"{start}{text}\n".encode())


def _interrupt(_number):
    raise KeyboardInterrupt


def _give_up():
    say("stopped at once by Ctrl-C")
    os._exit(128 + signal.SIGINT)


def _kept_traceback(error):
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="zoo-error-", suffix=".txt", delete=False, encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(text)
        return file.name
    except OSError:
        return ""


def _silence_stdout():
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
