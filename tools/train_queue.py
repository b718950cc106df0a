r"""Trains the presets of this zoo one after another, in the background, for hours or days.

    python tools/train_queue.py --data=data --out=runs/queue --jobs=2
    python tools/train_queue.py --data=data --out=runs/queue --status
    python tools/train_queue.py --data=data --out=runs/queue --only=dm_gan_ms_emoji_64

The jobs are those of `tools/training_plan.py`, in its order; a job starts when the presets that it
needs are there: trained by this queue or, if not, shipped with the package. They run with the
lowest priority, one thread each, from a copy of the tree that is made when a job first starts, so
that work on the tree does not disturb them. Ctrl-C or SIGTERM stops all jobs after their current
step, with everything saved; the same command resumes them.

`OUT/JOB` is a job's run folder (or preset, of an encoder), `OUT/JOB.log` its output, `OUT/JOB.tree`
the name of its copy of the tree.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("zoo", "recipes", "setup.py", "pyproject.toml")
sys.path.insert(0, str(ROOT))

from tools.training_plan import PLAN  # noqa: E402


class Queue:
    """The jobs of a plan, in one folder.

    Args:
        plan: list of `tools.training_plan.Job`.
        out: `Path` of the folder.
        data: `Path` of the folder with the data sets.
        python: the interpreter of the jobs.
    """

    def __init__(self, plan, out, data, python=sys.executable):
        self.plan, self.out, self.data = plan, out.resolve(), data.resolve()
        self.python, self.running = python, {}
        names = [job.name for job in plan]
        for job in plan:
            unknown = [name for name in job.needs if name not in names]
            if unknown or names.count(job.name) > 1:
                raise SystemExit(f"error: the job {job.name} is there twice, or needs {unknown}.")

    def preset(self, job):
        """A job's trained preset: its path or, of one that only the package has, its name."""
        if not self.is_done(job) and _is_shipped(job):
            return job.name
        return self.trained_path(job)

    def trained_path(self, job):
        """The path of the preset that this queue trains, whether it is there or not."""
        return self.out / job.name / (f"presets/{job.preset}" if job.program == "train" else "")

    def is_done(self, job):
        """Whether a job has trained all its steps."""
        if job.program != "train":
            return (self.trained_path(job) / "metadata.json").exists()
        notes, config = (_json(self.out / job.name / name) for name in
                         ("presets.json", "config.json"))
        last = notes.get("last", {}).get("step", -1)
        return last == config.get("steps") == _steps(job, config)

    def ready(self, names=None):
        """The jobs that can start now, in the plan's order."""
        done = {job.name for job in self.plan if self.is_done(job)}
        usable = done.union(job.name for job in self.plan if _is_shipped(job))
        return [
            job for job in self.plan
            if job.name not in done and job.name not in self.running
            and usable.issuperset(job.needs)
            and (not names or job.name in names)
        ]

    def start(self, job):
        """Starts a job as a process of lowest priority."""
        tree = self._tree(job)
        command = [self.python, "-m", f"recipes.{job.program}", *job.arguments(self)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(tree)}
        with open(self.out / f"{job.name}.log", "a", encoding="utf-8") as log:
            process = subprocess.Popen(
                ["nice", "-n", "19", *command], cwd=tree, env=environment, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )
        self.running[job.name] = process
        print(f"{_now()}  {job.name}: started", flush=True)

    def run(self, jobs, names=None):
        """Runs up to `jobs` jobs at a time until none is left; returns the number of failures."""
        failed = set()
        while True:
            for name, process in list(self.running.items()):
                if process.poll() is not None:
                    del self.running[name]
                    job = next(job for job in self.plan if job.name == name)
                    if not self.is_done(job):
                        failed.add(name)
                    result = "failed, see its log" if name in failed else "done"
                    print(f"{_now()}  {name}: {result}", flush=True)
            for job in self.ready(names):
                if len(self.running) < jobs and job.name not in failed:
                    self.start(job)
            if not self.running:
                return len(failed)
            time.sleep(2)

    def stop(self):
        """Asks all running jobs to save and stop, and waits for them."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            process.wait()

    def status(self):
        """One line per job: done, running step, or waiting."""
        lines = []
        for job in self.plan:
            log = self.out / f"{job.name}.log"
            last = log.read_text("utf-8").strip().splitlines()[-1:] if log.exists() else []
            state = "done" if self.is_done(job) else (last or ["waiting"])[0]
            lines.append(f"{job.name:28}{state[:150]}")
        return "\n".join(lines)

    def _tree(self, job):
        """The copy of the tree that a job was started from; made where it has none yet."""
        mark = self.out / f"{job.name}.tree"
        if not mark.exists():
            self.out.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            files = [path for name in COPIED for path in sorted((ROOT / name).rglob("*"))
                     or [ROOT / name] if path.is_file() and "__pycache__" not in path.parts]
            for path in files:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
            tree = self.out / f"tree-{digest.hexdigest()[:12]}"
            if not tree.exists():
                part = tree.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)
                for path in files:
                    target = part / path.relative_to(ROOT)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, target)
                part.rename(tree)
            mark.write_text(tree.name)
        return self.out / mark.read_text()


def _is_shipped(job):
    return (ROOT / "zoo" / "presets" / job.name / "metadata.json").exists()


def _steps(job, config):
    """The steps that a job's settings name; without, those that its run resolved."""
    return int(job.settings.get("steps", config.get("steps", -2)))


def _json(path):
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _now():
    return time.strftime("%Y-%m-%d %H:%M")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with the data sets")
    parser.add_argument("--out", type=Path, default=Path("runs/queue"), help="folder of the runs")
    parser.add_argument("--jobs", type=int, default=2, help="jobs at a time, one thread each")
    parser.add_argument("--only", default="", help="names of jobs, by commas")
    parser.add_argument("--status", action="store_true", help="print the state of all jobs")
    options = parser.parse_args(arguments)
    names = set(filter(None, options.only.split(",")))
    if unknown := names - {job.name for job in PLAN}:
        parser.error(f"--only: there is no job {', '.join(sorted(unknown))} in the plan.")
    queue = Queue(PLAN, options.out, options.data)
    if options.status:
        print(queue.status())
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(130))
    try:
        return min(queue.run(options.jobs, names), 1)
    finally:
        queue.stop()


if __name__ == "__main__":
    sys.exit(main())
