"""When a run writes its sample grids, and what the log says about their images."""

import time

from zoo.training.output_check import batch_images, warning_of


class SampleGrids:
    """The sample grids of an `Experiment`.

    Args:
        experiment: `zoo.training.experiment.Experiment`.
        minutes: float, a grid is late after so many; 0: never.
        directory: the folder of the grids.
    """

    def __init__(self, experiment, minutes, directory):
        self.experiment, self.minutes, self.directory = experiment, minutes, directory
        self._written = time.monotonic()
        self._real = None  # of `batch_images`, with which generated images are compared

    def is_late(self):
        """Whether a grid is due by the clock."""
        return self.minutes > 0 and time.monotonic() - self._written > 60 * self.minutes

    def write(self, step):
        """Writes the grid of a step; returns a warning about its images, or ""."""
        images = None
        if self.experiment.samples is not None:
            images = self.experiment.samples(self.directory, step)
        self._written = time.monotonic()
        if not step or images is None:
            return ""
        if self._real is None:
            self._real = batch_images(next(iter(self.experiment.batches(0))))
        parts = images if isinstance(images, tuple) else (images,)
        warnings = map(warning_of, parts, self._real)
        return next(filter(None, warnings), "")
