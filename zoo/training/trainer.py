"""The training loop of every system, on one device, several devices, or several machines.

Step n uses batch n and noise n, which depend on the seed and n alone. A checkpoint therefore needs
no data position other than the step, and resuming a run that was killed at any moment is bit-exact
(on the same machine with the same number of threads).
"""

import functools
import math
import time

import tensorflow as tf

from zoo import storage
from zoo.errors import ZooError
from zoo.training.cluster import JointStop, lost_workers_explained
from zoo.training.hardware import peak_memory
from zoo.training.progress import Progress, duration
from zoo.training.replica_batches import distribute
from zoo.training.run_data import check_meaning, has_meaning, meaning_notes
from zoo.training.sample_grids import SampleGrids
from zoo.training.signals import StopSignals


class Trainer:
    """Runs an `Experiment` to `config.steps` in a `RunFolder`.

    Args:
        experiment: see `Experiment`.
        config: resolved settings (`steps`, `batch_size`, `*_every`, `jit_compile`).
        folder: a `zoo.training.run_folder.RunFolder`.
        strategy: the strategy in whose scope the model was built.
    """

    def __init__(self, experiment, config, folder, strategy=None):
        self.experiment, self.model = experiment, experiment.model
        self.config, self.folder = config, folder
        self.strategy = strategy or tf.distribute.get_strategy()
        replicas = self.strategy.num_replicas_in_sync
        self.parts = getattr(self.model, "batch_parts", 1) if replicas > 1 else 1
        if config.batch_size % (replicas * self.parts):
            parts = f" x {self.parts} parts of a batch" if self.parts > 1 else ""
            raise ZooError(
                f"config.batch_size must be a multiple of the {replicas} replicas{parts}, got "
                f"{config.batch_size}."
            )
        if replicas > 1 and config.jit_compile:
            raise ZooError(
                f"config.jit_compile is for one device, but there are {replicas} replicas: leave "
                "it out, or train with --config.strategy=none."
            )
        self.step = 0
        self.seconds = 0.0  # training time of earlier processes, up to the last checkpoint
        self.evaluated = 0  # the last step whose sample grid and score are complete
        self._started = 0.0
        self.progress = Progress(config.steps, 0, config.batch_size)
        self._pending = []  # logs of the steps since the last log line, still on the device
        self._figures = {}
        self._writer = None
        minutes = config.get("sample_minutes", 0) if config.sample_every else 0
        self.grids = SampleGrids(experiment, minutes, folder.samples)

    def run(self):
        """Trains. Returns True when the run is complete, False when a signal stopped it early.

        Raises:
            ZooError: if a loss or a weight becomes NaN or infinite (the last checkpoint is kept),
                the disk is full, or the checkpoint does not match the model.
        """
        total = self.config.steps
        self._started = time.monotonic()
        self.step = self._resume()
        if self.step >= total and not self._evaluation_is_missing():
            self.folder.log(f"step {self.step} of {total} is already done.")
            self._save_preset("last")
            return True
        self.progress = Progress(total, self.step, self.config.batch_size)
        if self.folder.writer:
            self._writer = tf.summary.create_file_writer(str(self.folder.events))
        try:
            with StopSignals() as signals, lost_workers_explained(self.strategy, self._kept):
                return self._loop(total, JointStop(self.strategy, signals))
        finally:
            self.progress.clear()
            if self._writer is not None:
                self._writer.close()

    # --- the loop -----------------------------------------------------------------------------
    def _loop(self, total, stop):
        train_step = self._compile()
        iterator = iter(self._batches())
        if self.step == 0 and self.config.sample_every and self.folder.writer:
            self._say("drawing the sample grid of step 0")
            self._sample()
        elif self._evaluation_is_missing():
            self._evaluate()
        self._say("tracing the training step, which takes seconds to a minute; Ctrl-C ends it at "
                  "once, and nothing is lost")
        every = self.config.log_every  # steps after which workers may stop together
        while self.step < total and not stop(self.step % every == 0):
            self._pending.append(train_step(iterator, self.step))
            self.step += 1
            stop.trained()
            self.progress.advance()
            self.progress.show(self._figures)
            if self.step == self.progress.start + 1:
                self._flush()
                self._say(f"{self.progress.text(self._figures)}  (the first step, with tracing, "
                          f"took {duration(self._elapsed())}; {peak_memory()})")
            self._after_step(self.step == total)
        if self.step < total:
            self._flush()
            self._save_checkpoint()
            self._save_preset("last")
            self._say(f"stopped by {stop.requested} at step {self.step} of {total}; everything is "
                      "saved; run the same command again to resume.")
            return False
        self._save_preset("last")
        self._say(f"done: {total} steps. Preset: {self.folder.preset('last')}")
        return True

    def _batches(self):
        batches, strategy = self.experiment.batches, self.strategy
        if strategy.num_replicas_in_sync == 1:
            return batches(self.step)
        return distribute(batches, self.step, strategy, self.config.batch_size, self.parts)

    def _after_step(self, last):
        def due(every):
            return last or (every and self.step % every == 0)

        config = self.config
        checkpoint = due(config.checkpoint_every)
        sample = config.sample_every and due(config.sample_every)
        if due(config.log_every) or checkpoint or sample:
            self._flush(line=due(config.log_every))
        started = time.monotonic()
        if checkpoint:
            self._save_checkpoint()
        if sample and self.folder.writer:
            self._evaluate()
        elif self.grids.is_late() and self.folder.writer:
            self._sample()
        self.progress.exclude(time.monotonic() - started)

    def _evaluation_is_missing(self):
        """Whether the run was killed between the checkpoint of this step and its evaluation."""
        every, total = self.config.sample_every, self.config.steps
        due = self.step and every and (self.step % every == 0 or self.step == total)
        return bool(due and self.folder.writer and self.evaluated < self.step)

    def _elapsed(self):
        return time.monotonic() - self._started  # seconds since `run` was called

    def _sample(self):
        """Writes a sample grid, with a word in the log if its images look broken."""
        with self._writer.as_default(step=self.step):
            warning = self.grids.write(self.step)
        if warning:
            self._say(warning)

    def _compile(self):
        strategy = self.strategy
        step = tf.autograph.experimental.do_not_convert(self.model.train_step)
        if self.config.jit_compile:
            step = tf.function(step, autograph=False, jit_compile=True)

        @functools.cache
        def function(**arguments):
            """The compiled step for the arguments from `System.step_arguments`."""

            @tf.function(autograph=False)
            def train_step(iterator):
                logs = strategy.run(step, (next(iterator),), arguments)
                return {
                    name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
                    for name, value in logs.items()
                }

            return train_step

        return lambda iterator, number: function(**self.model.step_arguments(number))(iterator)

    # --- figures ------------------------------------------------------------------------------
    def _flush(self, line=False):
        """Fetches and checks the pending logs; with `line`, logs the means since the last log line.

        The model's trackers hold these means, so the newest log has them. A tracker that received
        a NaN stays NaN, so the first log with a NaN identifies the step.
        """
        first = self.step - len(self._pending) + 1
        for step, logs in enumerate(self._pending, start=first):
            row = {name: float(value) for name, value in logs.items()}
            broken = [f"{name} is {value}" for name, value in row.items()
                      if not math.isfinite(value)]
            if broken:
                self._stop_broken(step, ", ".join(broken))
            self._figures = row
        self._pending = []
        if line:
            for tracker in self.model.metrics:
                tracker.reset_state()
            self._scalars(self._figures)
            if self.progress.rate:
                self._scalars({"images_per_second": self.progress.rate})
            self._say(self.progress.text(self._figures))

    def _scalars(self, figures):
        if self._writer is not None:
            with self._writer.as_default(step=self.step):
                for name, value in figures.items():
                    tf.summary.scalar(name, value)
            self._writer.flush()

    def _stop_broken(self, step, what):
        message = (
            f"Training diverged at step {step}: {what}; {self._kept()} in {self.folder.path}. Try "
            "a lower learning rate or float32 in a new --workdir."
        )
        self.progress.clear()
        self.folder.log(message, console=False)
        raise ZooError(message)

    def _say(self, text):
        self.progress.clear()
        self.folder.log(text)

    # --- saving -------------------------------------------------------------------------------
    def _resume(self):
        if not self.folder.checkpoint.exists():
            return 0
        path, meaning = str(self.folder.checkpoint), self.experiment.meaning
        if meaning:
            notes = storage.read_notes(path)
            check_meaning(path, notes, meaning)
            if not has_meaning(notes):
                self.folder.log(
                    "the checkpoint was written by an older version that did not record words, "
                    "classes and data, so they were not checked; the next checkpoint records them"
                )
        self.model.load_checkpoint(path)
        step = int(self.model.iteration.numpy())
        saved = self._saved()
        self.seconds = float(saved.get("seconds", 0.0))
        self.evaluated = saved.get("evaluated", step)
        self.folder.log(f"resumed at step {step}")
        return step

    def _kept(self):
        kept = self._saved().get("step")
        return f"the checkpoint of step {kept} is kept" if kept else "there is no checkpoint yet"

    def _saved(self):
        return self.folder.read_json("checkpoints/last.json") or {}

    def _save_checkpoint(self):
        broken = _broken_weights(self.model)
        if broken:
            self._stop_broken(self.step, f"the weights of {broken} are not finite")
        if self.folder.writer:
            self.folder.checkpoint.parent.mkdir(parents=True, exist_ok=True)
            notes = meaning_notes(self.experiment.meaning)
            self.model.save_checkpoint(str(self.folder.checkpoint), notes=notes)
            self.folder.write_json("checkpoints/last.json", {
                "step": self.step,
                "evaluated": self.evaluated,
                "seconds": round(self.seconds + self._elapsed(), 1),
                "figures": self._figures,
            })
            self._save_preset("last")

    def _evaluate(self):
        self._sample()
        if (score := self.experiment.score) is not None:
            figures = score()
            group = "held_out" if score.images.startswith("held-out") else "scores"
            self._scalars({f"{group}/{name}": value for name, value in figures.items()})
            self._say(f"{score.images} at step {self.step}: " + "  ".join(
                f"{name} {value:.4g}" for name, value in figures.items()
            ))
            if self._is_best(figures.get(score.best_metric, math.inf), score.images):
                self._save_preset("best", figures)
        self.evaluated = self.step
        saved = self._saved()
        if saved.get("step") == self.step:
            saved["evaluated"] = self.step
            self.folder.write_json("checkpoints/last.json", saved)

    def _is_best(self, value, images):
        """Whether a score beats that of the best preset so far, measured on the same images."""
        best = (self.folder.read_json("presets.json") or {}).get("best")
        if not math.isfinite(value) or best is None:
            return math.isfinite(value)
        before = best.get("images", images)
        if before != images:
            self._say(f"the best preset so far was selected on other images ({before}), so its "
                      "score is discarded")
            return True
        return value < best.get("score", math.inf)

    def _save_preset(self, which, figures=None):
        """Saves the preset, unless the folder already has that of this step."""
        if not self.folder.writer:
            return
        notes = self.folder.read_json("presets.json") or {}
        if notes.get(which, {}).get("step") == self.step and self.folder.preset(which).exists():
            return
        metadata = dict(self.experiment.metadata)
        metadata["training"] = {"step": self.step, **metadata.get("training", {})}
        score = self.experiment.score
        metadata["results"] = [
            {"metric": name, "value": value, "protocol": score.protocol}
            for name, value in (figures or {}).items()
        ]
        self.folder.preset(which).parent.mkdir(parents=True, exist_ok=True)
        self.model.save_to_preset(str(self.folder.preset(which)), metadata=metadata)
        notes[which] = {"step": self.step}
        if figures:
            notes[which].update(figures, score=figures[score.best_metric],
                                metric=score.best_metric, images=score.images)
        self.folder.write_json("presets.json", notes)


def _broken_weights(model):
    """Paths of up to three weights that contain a NaN or an infinity; "" if all are finite."""
    broken = []
    for name, weight in model.checkpoint_variables().items():
        value = tf.convert_to_tensor(weight)
        if value.dtype.is_floating and not bool(tf.reduce_all(tf.math.is_finite(value))):
            broken.append(name)
    return ", ".join(broken[:3])
