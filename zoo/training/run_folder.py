"""A run's folder: one training, its settings, its log, its checkpoints and its presets.

    config.json            the resolved settings; the folder belongs to them
    log.txt                what the console said, with the time of day
    events/                TensorBoard
    samples/               sample grids and attention images
    checkpoints/last.h5    networks, optimizers, moving averages and the step
    checkpoints/last.json  that step, the seconds that training took, the last figures
    presets/last, best     what `zoo.from_preset` loads; best.json says which step and why
"""

import fcntl
import os
import sys
import time
from numbers import Integral, Real
from pathlib import Path

from zoo.data.splits import FRACTION
from zoo.errors import ZooError
from zoo.training.config import (
    DEFAULTS_OF_OLD_RUNS,
    differing_keys,
    flatten,
    kept,
    to_plain,
)
from zoo.training.setting_rules import shown

COUNT = (Integral, "a whole number from 0 on")
NUMBER = (Real, "a finite number")
TEXT = (str, "text")
NAMES = (list, "a list of names")
FORMS = {  # file in a run folder -> what it holds, see `check_form`
    "checkpoints/last.json": {"step": COUNT, "seconds": NUMBER, "figures": {}},
    "presets.json": {"last": {"step": COUNT}, "best": {"step": COUNT, "score": NUMBER}},
}


def check_form(content, form, name=""):
    """What is wrong with a file's content, or "".

    Args:
        content: what the JSON file holds.
        form: dict of key -> dict, for an object inside, or `COUNT`, `NUMBER`, `TEXT` or `NAMES`.
            A key may be missing, or null where an object or a list belongs; others may be there.
    """
    what = f'"{name}"' if name else "it"
    if isinstance(form, dict):
        if content is None and name:
            return ""
        if not isinstance(content, dict):
            return f"{what} should hold a JSON object, but holds {shown(content)}"
        inner = (check_form(content[key], form[key], key) for key in form if key in content)
        return next(filter(None, inner), "")
    kind, words = form
    if form is NAMES and content is None:
        return ""
    fits = isinstance(content, kind) and not isinstance(content, bool)
    if fits and kind in (Integral, Real):
        fits = abs(content) < 1e300 and (form is NUMBER or content >= 0)
    if not fits:
        return f"{what} should be {words}, but is {shown(content)}"
    return ""


class RunFolder:
    """Opens (or makes) the folder for a config and guards it.

    Args:
        directory: the folder; made when it does not exist.
        config: resolved settings. A folder made by other settings is refused, with the names of
            the keys that differ; `zoo.training.config.RUNTIME_KEYS` may differ.
        writer: False on workers that only read (every worker of a cluster but the chief).
        quiet: True keeps `log` off the console.
    """

    def __init__(self, directory, config, writer=True, quiet=False):
        self.path = Path(directory)
        self.writer = writer
        self.quiet = quiet
        self._lock = None
        if writer:
            self._open(to_plain(config))

    # --- places -------------------------------------------------------------------------------
    @property
    def checkpoint(self):
        return self.path / "checkpoints" / "last.h5"

    @property
    def events(self):
        return self.path / "events"

    @property
    def samples(self):
        return self.path / "samples"

    def preset(self, which):
        """Directory of the preset `which`: "last" or "best"."""
        return self.path / "presets" / which

    # --- notes --------------------------------------------------------------------------------
    def read_json(self, name):
        """The content of the JSON file `name` in the folder, or None where there is none.

        Raises:
            ZooError: it holds no JSON object, or one of another form than `FORMS` says.
        """
        return read_object(self.path / name, FORMS.get(name, {}))

    def write_json(self, name, content):
        """Write a JSON file into the folder atomically; does nothing on a read-only worker."""
        if self.writer:
            from zoo.storage import write_json

            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            write_json(self.path / name, content)

    def log(self, text, console=True):
        """One line for the console and for log.txt."""
        if not self.writer:
            return
        if console and not self.quiet:
            print(text, flush=True)
        with open(
            self.path / "log.txt", "a", encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

    def close(self):
        """Give the folder back to other processes."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # --- opening ------------------------------------------------------------------------------
    def _open(self, config):
        check_owner(self.path, config)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.path / ".lock", "w")  # noqa: SIM115 - held for the whole run
        except OSError as error:
            raise ZooError(
                f"--workdir {self.path} cannot be used: {os.strerror(error.errno)}."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise ZooError(f"Another process is training in {self.path}.") from None
        old = self.read_json("config.json")
        config = kept(config, old)
        if old != config:
            self.write_json("config.json", config)
            if old is not None:
                before, now = flatten(old), flatten(config)
                self.log("changed: " + ", ".join(
                    f"{key} {before.get(key)} -> {now[key]}"
                    for key in now if before.get(key) != now[key]
                ))
        self.log("$ " + " ".join(["python", *sys.argv]), console=False)


def read_object(path, form):
    """The JSON object in a file of a run folder, or None where there is none; see `check_form`."""
    from zoo.storage import read_strict_json

    if not os.path.lexists(path):
        return None
    remedy = "Delete it, or use another --workdir."
    try:
        content = read_strict_json(path)
    except ZooError as error:
        raise ZooError(f"{error} {remedy}") from error
    if problem := check_form(content, form):
        raise ZooError(f"{path} was not written by a training: {problem}. {remedy}")
    return content


def read_config(directory):
    """The settings of the run in a folder, a dict; None where there is none."""
    path = Path(directory) / "config.json"
    try:
        return read_object(path, {})
    except ZooError as error:
        raise ZooError(f"{path} is not a config: give another --workdir.") from error


def check_owner(directory, config):
    """Raise `ZooError` where `directory` is a file, foreign, or belongs to another config."""
    path = Path(directory)
    if not path.exists():
        return
    if not path.is_dir():
        raise ZooError(f"--workdir {path} is a file: give a folder.")
    old = read_config(path)
    if old is None:
        names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        if names:
            raise ZooError(
                f'--workdir {path} holds "{names[0]}" but no config.json, so it is not a run '
                "folder: give a new or an empty one."
            )
        return
    differing = differing_keys(old, config)
    if differing:
        before, now = flatten(old), flatten(to_plain(config))
        listed = [f"{key} ({before.get(key, 'absent')} there, {now.get(key, 'absent')} now)"
                  for key in differing[:4]]
        more = f" and {len(differing) - 4} more" if len(differing) > 4 else ""
        raise ZooError(
            f"--workdir {path} belongs to another config. Different: {', '.join(listed)}{more}. "
            "Give another folder, or the old settings to go on with that run."
        )


def as_begun(config, directory):
    """A copy for a run that may have been begun before a setting was: the setting is as it was.

    Two settings have other defaults than what was in effect before them: a run that was begun
    without `data.held_out_fraction` goes on with all images of a set that has no held-out split,
    one without `data.words` with the words that it had.
    """
    result = config.copy_and_resolve_references()
    begun = read_config(directory) if os.path.isdir(directory) else None
    if begun is None:
        return result
    for name, default in (("held_out_fraction", FRACTION), ("words", "unicode")):
        key = f"data.{name}"
        if key not in flatten(begun) and result.get("data", {}).get(name) == default:
            result.data[name] = DEFAULTS_OF_OLD_RUNS[key]
    return result
