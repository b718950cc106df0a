"""A run's folder: one training, its settings, its log, its checkpoints and its presets.

    config.json            the resolved settings; the folder belongs to them
    log.txt                what the console said, with the time of day
    events/                TensorBoard
    samples/               sample grids and attention pictures
    checkpoints/last.h5    networks, optimizers, moving averages and the step
    checkpoints/last.json  that step, the seconds that training took, the last figures
    presets/last, best     what `zoo.from_preset` loads; best.json says which step and why
"""

import fcntl
import json
import os
import sys
import time
from pathlib import Path

from recipes.configs import differing_keys, flatten, to_plain
from zoo.errors import ZooError


class RunFolder:
    """Opens (or makes) the folder for a config and guards it.

    Args:
        directory: the folder; made when it does not exist.
        config: resolved settings. A folder made by other settings is refused, with the names of
            the keys that differ; `recipes.configs.RUNTIME_KEYS` may differ.
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
        """The content of the JSON file `name` in the folder, or None where there is none."""
        try:
            return json.loads((self.path / name).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise ZooError(
                f"{self.path / name} is not JSON: delete it, or use another --workdir."
            ) from None

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
        with open(self.path / "log.txt", "a", encoding="utf-8") as file:
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
        if old != config:
            self.write_json("config.json", config)
            if old is not None:
                before, now = flatten(old), flatten(config)
                self.log("changed: " + ", ".join(
                    f"{key} {before.get(key)} -> {now[key]}"
                    for key in now if before.get(key) != now[key]
                ))
        self.log("$ " + " ".join(["python", *sys.argv]), console=False)


def check_owner(directory, config):
    """Raise `ZooError` where `directory` is a file, foreign, or belongs to another config."""
    path = Path(directory)
    if not path.exists():
        return
    if not path.is_dir():
        raise ZooError(f"--workdir {path} is a file: give a folder.")
    try:
        old = json.loads((path / "config.json").read_text("utf-8"))
        if not isinstance(old, dict):
            raise ValueError
    except FileNotFoundError:
        names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        if names:
            raise ZooError(
                f'--workdir {path} holds "{names[0]}" but no config.json, so it is not a run '
                "folder: give a new or an empty one."
            ) from None
        return
    except ValueError:
        raise ZooError(
            f"{path / 'config.json'} is not a config: give another --workdir."
        ) from None
    differing = differing_keys(old, config)
    if differing:
        before, now = flatten(old), flatten(to_plain(config))
        shown = [f"{key} ({before.get(key, 'absent')} there, {now.get(key, 'absent')} now)"
                 for key in differing[:4]]
        more = f" and {len(differing) - 4} more" if len(differing) > 4 else ""
        raise ZooError(
            f"--workdir {path} belongs to another config. Different: {', '.join(shown)}{more}. "
            "Give another folder, or the old settings to go on with that run."
        )
