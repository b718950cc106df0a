"""Dynamic batching: requests that wait at the same time are computed together."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from export.server.requests import Refused, fit_together, joined


class _Pending:
    def __init__(self, version, signature, inputs, rows, deadline):
        self.version, self.signature = version, signature
        self.inputs, self.rows, self.deadline = inputs, rows, deadline
        self.future = asyncio.get_running_loop().create_future()

    def joins(self, other):
        """Whether both requests can be computed in one batch."""
        same = self.version is other.version and self.signature == other.signature
        return same and fit_together(self.inputs, other.inputs)


class Batcher:
    """Computes requests in order, in batches of up to `max_batch` rows.

    While a batch is computed, requests wait in a queue; the next batch takes from it the first
    request and all later ones that fit. A lone request therefore does not wait for others. If a
    batch fails, each of its requests is computed alone, so that an invalid one fails only itself.

    Args:
        max_batch: int, rows of a batch, at most those of the version; None for as many.
        max_queue: int, rows that may wait or be computed, at least one batch; a request beyond is
            refused as busy.
        metrics: `export.server.metrics.Metrics`.
    """

    def __init__(self, max_batch, max_queue, metrics):
        self.max_batch, self.max_queue, self.metrics = max_batch, max_queue, metrics
        self.rows = 0
        self._waiting = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._task = None

    def start(self):
        """Starts the computation in the running event loop."""
        self._task = asyncio.create_task(self._work())

    async def stop(self):
        """Stops after everything that was accepted is answered."""
        while self.rows:
            await asyncio.sleep(0.01)
        self._task.cancel()
        self._thread.shutdown()

    async def submit(self, version, signature, inputs, rows, timeout):
        """Output arrays of one request.

        Args:
            version: `export.server.models.Version`, which is kept loaded meanwhile.
            signature: str.
            inputs: dict of arrays that `check_inputs` accepted.
            rows: int.
            timeout: float, seconds until the computation must have begun.

        Raises:
            Refused: too many rows, the queue is full, the time is over, or the model refuses.
        """
        most = self._most(version)
        if rows > most:
            raise Refused("invalid", f"A request may have at most {most} rows, got {rows}.")
        queue = max(self.max_queue, most)
        if self.rows + rows > queue:
            raise Refused("busy", f"The queue of {queue} rows is full: try again later.")
        pending = _Pending(version, signature, inputs, rows, time.monotonic() + timeout)
        self.rows += rows
        self.metrics.queue.set(self.rows)
        self._waiting.append(pending)
        self._arrived.set()
        try:
            return await asyncio.shield(pending.future)
        finally:
            if not pending.future.done():  # the client is gone: the batch need not compute it
                pending.future.cancel()

    def _most(self, version):
        return min(self.max_batch or version.max_batch, version.max_batch)

    async def _work(self):
        while True:
            await self._arrived.wait()
            batch = self._take()
            if not batch:
                self._arrived.clear()
                continue
            try:
                await self._compute(batch)
            finally:
                self.rows -= sum(pending.rows for pending in batch)
                self.metrics.queue.set(self.rows)

    def _take(self):
        """The requests of the next batch, removed from the queue."""
        batch, rest, rows = [], [], 0
        for pending in self._waiting:
            fits = not batch or batch[0].joins(pending)
            if fits and rows + pending.rows <= self._most(pending.version):
                batch.append(pending)
                rows += pending.rows
            else:
                rest.append(pending)
        self._waiting = rest
        return batch

    async def _compute(self, batch):
        now = time.monotonic()
        for pending in batch:
            if now > pending.deadline:
                _finish(pending, error=Refused("late", "The request waited for too long."))
        alive = [pending for pending in batch if not pending.future.done()]
        if not alive:
            return
        self.metrics.batch.observe(sum(pending.rows for pending in alive))
        try:
            outputs = await self._run(alive)
        except Refused as error:
            if len(alive) == 1:
                _finish(alive[0], error=error)
                return
            for pending in alive:
                await self._compute_alone(pending)
            return
        start = 0
        for pending in alive:
            stop = start + pending.rows
            _finish(pending, {name: value[start:stop] for name, value in outputs.items()})
            start = stop

    async def _compute_alone(self, pending):
        try:
            _finish(pending, await self._run([pending]))
        except Refused as error:
            _finish(pending, error=error)

    async def _run(self, batch):
        first = batch[0]

        def compute():
            inputs = joined([pending.inputs for pending in batch])
            return first.version.predict(first.signature, inputs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, compute)
        except (Refused, asyncio.CancelledError):
            raise
        except Exception as error:  # the next batch must run
            raise Refused("internal", f"The batch failed: {type(error).__name__}.") from error


def _finish(pending, outputs=None, error=None):
    if pending.future.done():
        return
    if error is None:
        pending.future.set_result(outputs)
    else:
        pending.future.set_exception(error)
