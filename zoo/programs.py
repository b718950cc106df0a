"""Runs the main function of a program: one-line errors, signal handling and the exit status.

A user error (`ZooError`), a lack of memory and a file that cannot be written print one line and
exit with status 1; so does a bug of the program, whose traceback is saved to a file. Ctrl-C prints
one line immediately, even while native code is running, and exits with status 130; SIGTERM
likewise with 143. `--verbose` shows the whole traceback with the original cause.
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
GRACE = 3.0  # seconds to clean up after a second Ctrl-C
FIRST = "stopping; press Ctrl-C again to stop at once"
AT_EXIT = contextlib.ExitStack()  # temporary folders and the like: `leave` skips Python's `atexit`
_NOISE = re.compile(r"\{\{.*?\}\}|\x1b\[[0-9;]*m")

_print_lock = threading.Lock()  # held while descriptors are exchanged, so that no line is lost
_real_stderr = None  # descriptor of the terminal while `quiet` hides the output of native code


def run(main, verbose=None):
    """Runs a program and ends the process with its exit status.

    Args:
        main: function without arguments that returns the exit status; None means 0.
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
    except BrokenPipeError:  # the reader of the output has exited, as in `| head`
        _silence_stdout()
        status = 1
    except KeyboardInterrupt as error:
        watch.number = watch.number or next(iter(error.args), None)  # of another `Watch`
        status = 128 + (watch.number or signal.SIGINT)
        watch.report("stopped")
    except BaseException as error:
        status = 1
        report(error, verbose)
    leave(0 if status is None else status)


def leave(status):
    """Flushes the output, closes `AT_EXIT`, and ends the process immediately.

    TensorFlow's own shutdown (threads of datasets, large graphs) can take half a minute without
    doing anything useful. In a cluster, the workers still shut down regularly.
    """
    try:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is done
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BrokenPipeError:
        _silence_stdout()
        status = status or 1
    except (OSError, ValueError) as error:  # such as a full disk with `> file`
        status = status or 1
        with contextlib.suppress(OSError):
            os.write(2, f"error: the output could not be written: {reason(error)}.\n".encode())
        _silence_stdout()
    AT_EXIT.close()
    if os.environ.get("TF_CONFIG"):
        sys.exit(status)
    os._exit(status)


def report(error, verbose=False):
    """Prints an exception as one line; with `verbose` the whole traceback comes first."""
    if verbose:
        cause = error
        while cause is not None:  # also show causes that `from None` hides
            cause.__suppress_context__ = False
            cause = cause.__cause__ or cause.__context__
        traceback.print_exception(error)
    print(f"error: {one_line(explain(error, keep=not verbose))}", file=sys.stderr)


def explain(error, keep=True):
    """A sentence that says why a program failed. `keep`: save the traceback of a bug to a file."""
    if isinstance(error, ZooError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            f"There is not enough memory ({reason(error)}): request fewer or smaller images at a "
            "time."
        )
    if isinstance(error, OSError) and error.errno is not None:
        from zoo.storage import explain_os_error

        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{explain_os_error(error)}."
    path = _save_traceback(error) if keep else ""
    hint = f" The traceback is in {path}; --verbose shows it." if path else ""
    return (
        f"unexpected {type(error).__name__}: {reason(error)}. This is a bug in the program: "
        f"please report it.{hint}"
    )


def one_line(message):
    """A message on one line of readable length, without control characters."""
    text = " ".join(_NOISE.sub("", str(message)).split())
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({VERBOSE} shows all)"


def is_verbose(arguments=None):
    """Whether --verbose is on the command line; works before flags are parsed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    return any(a.lstrip("-") in ("verbose", "verbose=true") and a[:1] == "-" for a in arguments)


@contextlib.contextmanager
def quiet():
    """Discards what native code writes to descriptor 2, except with --verbose."""
    global _real_stderr
    if is_verbose():
        yield
        return
    sys.stderr.flush()
    saved, before = os.dup(2), _real_stderr
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        with _print_lock:
            _real_stderr = saved if before is None else before
            os.dup2(nowhere, 2)
        yield
    finally:
        with _print_lock:
            os.dup2(saved, 2)
            _real_stderr = before
        os.close(saved)
        os.close(nowhere)


class Watch:
    """A context that answers the first SIGINT or SIGTERM immediately with one line.

    Python handles a signal between two of its own instructions, and compiling a graph is a single
    long call of native code. The line is therefore printed by a thread that the signal wakes up.
    A second Ctrl-C, or the first signal while `urgent`, ends the process after `GRACE` seconds even
    if native code never returns. File writes are atomic, so no file is left incomplete, but a
    temporary file may remain.

    Args:
        message: str, printed at the first signal.
        handle: function of the signal's number, called by Python's handler; None raises
            KeyboardInterrupt.

    Attributes:
        number: number of the first signal, or None.
        urgent: bool, whether nothing has to be saved before the process ends.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, message, handle=None):
        self.message = message
        self.number = None
        self.urgent = False
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
            timer.cancel()  # Python has handled the second Ctrl-C: nothing hangs

    def report(self, text):
        """Prints a line that names the signal."""
        say(f"{text} by {_name(self.number)}")

    def _on_signal(self, number, _frame):
        self.number = self.number or number
        self._handle(number)

    def _watch(self, pipe):
        while received := os.read(pipe, 1):
            if received[0] not in self.NUMBERS:
                continue
            self._seen += 1
            first, urgent = self._seen == 1, self.urgent
            if first:
                say(self.message)
            if urgent if first else received[0] == signal.SIGINT:
                wait = GRACE if first or self._seen == 2 and not urgent else 0.0
                timer = threading.Timer(wait, _give_up, received[:1])
                timer.daemon = True
                self._timers.append(timer)
                timer.start()


def say(text):
    """Prints a line on the terminal, even while `quiet` hides the error stream."""
    with _print_lock, contextlib.suppress(OSError):
        descriptor = 2 if _real_stderr is None else _real_stderr
        start = "\n" if os.isatty(descriptor) else ""  # below a progress line and the echoed ^C
        os.write(descriptor, f"{start}{text}\n".encode())


def _interrupt(number):
    raise KeyboardInterrupt(number)


def _give_up(number):
    say(f"stopped at once by {_name(number)}")
    os._exit(128 + number)


def _name(number):
    return "Ctrl-C" if number in (None, signal.SIGINT) else "SIGTERM"


def _save_traceback(error):
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
