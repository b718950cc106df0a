"""The folder of a training run: settings, log, checkpoints and presets.

    config.json            the resolved settings; the folder accepts no others
    log.txt                the console output, with timestamps
    events/                TensorBoard
    samples/               sample grids and attention images
    checkpoints/last.h5    networks, optimizers, EMA weights and the step
    checkpoints/last.json  that step, the training time in seconds, the last losses
    presets/last, best     presets for `zoo.from_preset`
    presets.json           the steps and scores of these presets
    report.html            curves, sample grids, settings and card; written at each checkpoint
    README.md              the command that started the run, and what is where
"""

import contextlib
import fcntl
import os
import time
from numbers import Integral, Real
from pathlib import Path

from zoo.data.splits import FRACTION
from zoo.errors import ZooError
from zoo.training.config import (
    DEFAULTS_OF_OLD_RUNS,
    RUNTIME_KEYS,
    differing_keys,
    flatten,
    kept,
    replace_auto,
    to_plain,
)
from zoo.training.following import following_settings
from zoo.training.run_page import write_page
from zoo.training.run_readme import NAME as README
from zoo.training.run_readme import readme, typed_command
from zoo.training.setting_rules import short_repr

COUNT = (Integral, "a whole number of at least 0")
NUMBER = (Real, "a finite number")
TEXT = (str, "text")
NAMES = (list, "a list of names")
FORMS = {  # file in a run folder -> schema of its content, see `check_form`
    "checkpoints/last.json": {
        "step": COUNT, "evaluated": COUNT, "seconds": NUMBER, "figures": {},
    },
    "presets.json": {"last": {"step": COUNT}, "best": {"step": COUNT, "score": NUMBER}},
}


def check_form(content, form, name=""):
    """Checks the content of a JSON file against a schema.

    Args:
        content: the parsed JSON.
        form: dict of key -> dict, for a nested object, or `COUNT`, `NUMBER`, `TEXT` or `NAMES`.
            Keys may be missing, objects and lists may be null, and other keys are allowed.

    Returns:
        str, the first problem, or "".
    """
    what = f'"{name}"' if name else "it"
    if isinstance(form, dict):
        if content is None and name:
            return ""
        if not isinstance(content, dict):
            return f"{what} should be a JSON object, but is {short_repr(content)}"
        inner = (check_form(content[key], form[key], key) for key in form if key in content)
        return next(filter(None, inner), "")
    kind, words = form
    if form is NAMES and content is None:
        return ""
    fits = isinstance(content, kind) and not isinstance(content, bool)
    if fits and kind in (Integral, Real):
        fits = abs(content) < 1e300 and (form is NUMBER or content >= 0)
    if not fits:
        return f"{what} should be {words}, but is {short_repr(content)}"
    return ""


class RunFolder:
    """Opens or creates the folder of a config, and locks it against other processes.

    Args:
        directory: the folder; created if it does not exist.
        config: resolved settings. A folder with other settings is rejected, and the error names
            the differing keys; `zoo.training.config.RUNTIME_KEYS` may differ.
        writer: False on workers that only read (every worker of a cluster except the chief).
        quiet: True keeps `log` off the console.
    """

    def __init__(self, directory, config, writer=True, quiet=False):
        self.path = Path(directory)
        self.writer = writer
        self.quiet = quiet
        self._lock = None
        if writer:
            self._open(to_plain(config))

    # --- paths --------------------------------------------------------------------------------
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

    # --- files --------------------------------------------------------------------------------
    def read_json(self, name):
        """The content of the JSON file `name` in the folder, or None if it does not exist.

        Raises:
            ZooError: if it is not a JSON object, or does not match its schema in `FORMS`.
        """
        return read_object(self.path / name, FORMS.get(name, {}))

    def write_json(self, name, content):
        """Writes a JSON file into the folder atomically; does nothing on a read-only worker."""
        if self.writer:
            from zoo.storage import write_json

            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            write_json(self.path / name, content)
            if name in FORMS:  # a checkpoint or a preset is new
                write_page(self.path)

    def log(self, text, console=True):
        """Writes one line to the console and to log.txt."""
        if not self.writer:
            return
        if console and not self.quiet:
            print(text, flush=True)
        with open(
            self.path / "log.txt", "a", encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

    def close(self):
        """Writes the last state to `report.html`, and releases the lock on the folder."""
        if self._lock is not None:
            with contextlib.suppress(ZooError, OSError):  # such as a full disk, which was reported
                write_page(self.path)
            self._lock.close()
            self._lock = None

    # --- opening ------------------------------------------------------------------------------
    def _open(self, config):
        check_config_matches(self.path, config)
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
            self._lock.close()
            self._lock = None
            raise ZooError(f"Another process is training in {self.path}.") from None
        from zoo.storage import write_bytes_atomically

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
        if not (self.path / README).exists():
            text = readme(self.path, config).encode("utf-8", "backslashreplace")
            write_bytes_atomically(str(self.path / README), text)
        self.log(f"$ {typed_command()}", console=False)


def read_object(path, form):
    """The JSON object in a file of a run folder, or None if there is no file; see `check_form`."""
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
    """The settings of the run in a folder, as a dict; None if there is no run."""
    path = Path(directory) / "config.json"
    try:
        return read_object(path, {})
    except ZooError as error:
        raise ZooError(f"{path} is not a training config: give another --workdir.") from error


def check_config_matches(directory, config):
    """Raises `ZooError` if `directory` is a file, no run folder, or one of another config."""
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
                f'--workdir {path} contains "{names[0]}" but no config.json, so it is not a run '
                "folder: give a new or an empty folder."
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
            "Give another folder, or the old settings to resume that run."
        )


def as_begun(config, directory, names=None, skip=()):
    """A copy of the config in which settings that are newer than the run keep their old values.

    A setting that follows from others, such as the EMA decay from the number of steps, keeps its
    value, so that a run can be continued for more steps; the steps of a stage whose length is
    given in epochs follow from these at every start. The defaults of two settings differ from the
    behavior before they were introduced: a run started without `data.held_out_fraction` continues
    with all images of a data set that has no held-out split, and one started without `data.words`
    continues with its tokenization. `dtype: "auto"` stays what it was when the run began, also on
    another machine.

    Args:
        names: list of str, the settings that follow from others; by default those of `config`. A
            resolved copy, in which nothing follows any more, has those of its original.
        skip: names of settings that keep nothing, such as the one that a sweep varies.
    """
    result = config.copy_and_resolve_references()
    begun = read_config(directory) if os.path.isdir(directory) else None
    if begun is None:
        return result
    names = following_settings(config) if names is None else names
    known = {key: value for key, value in flatten(begun).items() if key not in skip}
    in_epochs = {f"{key[:-6]}steps" for key in known if key.endswith(".epochs") and known[key]}
    for key in set(names) & known.keys() - in_epochs - set(RUNTIME_KEYS):
        value = known[key]
        result.update_from_flattened_dict({key: tuple(value) if type(value) is list else value})
    replace_auto(result, lambda key: known.get(key, "auto"))
    for name, default in (("held_out_fraction", FRACTION), ("words", "unicode")):
        key = f"data.{name}"
        if key not in known and result.get("data", {}).get(name) == default:
            result.data[name] = DEFAULTS_OF_OLD_RUNS[key]
    return result
