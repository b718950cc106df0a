"""What both protocols do with a request: validate, batch, count and log."""

import logging
import time

from export.server.requests import Refused, check_inputs

LOG = logging.getLogger("export.serve")


class Service:
    """One model's server, independent of the protocol.

    Args:
        models: `export.server.models.Models`.
        batcher: `export.server.batching.Batcher`.
        metrics: `export.server.metrics.Metrics`.
        timeout: float, seconds that a request may wait before it is computed.

    Attributes:
        draining: bool. Whether the server stops: it answers what it accepted, and accepts nothing.
    """

    def __init__(self, models, batcher, metrics, timeout):
        self.models, self.batcher, self.metrics = models, batcher, metrics
        self.timeout, self.draining = timeout, False

    def accept(self):
        """Raises `Refused` if the server stops."""
        if self.draining:
            raise Refused("busy", "The server is stopping.")

    async def predict(self, version, signature, inputs):
        """dict of output arrays of one request.

        Args:
            version: `export.server.models.Version`.
            signature: str.
            inputs: dict of arrays.

        Raises:
            Refused: with the reason.
        """
        specs = signature_of(version, signature)
        rows = check_inputs(inputs, specs["inputs"])
        outputs = await self.batcher.submit(version, signature, inputs, rows, self.timeout)
        return rows, outputs

    def record(self, protocol, signature, code, rows, started):
        """Counts and logs an answered request that began at `started` (`time.monotonic`)."""
        if not any(signature in v.signatures for v in self.models.loaded.values()):
            signature = "unknown"  # a label of the metrics for every name would fill the memory
        self.metrics.answered(protocol, signature, code, rows, started)
        LOG.info("request", extra={
            "protocol": protocol, "signature": signature, "code": code, "rows": rows,
            "ms": round(1000 * (time.monotonic() - started), 1),
        })


def signature_of(version, name):
    """The signature's specs. Raises `Refused` if there is none of this name."""
    if name not in version.signatures:
        known = ", ".join(sorted(version.signatures))
        raise Refused("invalid", f"There is no signature {name!r:.60}; there are {known}.")
    return version.signatures[name]
