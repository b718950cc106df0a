"""Prometheus metrics of the server."""

import time


class Metrics:
    """Counters and histograms, in a registry of their own.

    Attributes:
        queue: gauge, rows that wait or are computed.
        batch: histogram, rows of a computed batch.
    """

    def __init__(self):
        import prometheus_client as prometheus

        self._text = prometheus.generate_latest
        self.content_type = prometheus.CONTENT_TYPE_LATEST
        self.registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self.registry)
        options = {"registry": self.registry}
        self.requests = prometheus.Counter(
            "zoo_requests", "Answered requests", ["protocol", "signature", "code"], **options
        )
        self.seconds = prometheus.Histogram(
            "zoo_request_seconds", "Seconds from the whole request to its answer", ["protocol"],
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30), **options,
        )
        self.rows = prometheus.Counter("zoo_rows", "Rows of answered requests", **options)
        self.queue = prometheus.Gauge("zoo_queue_rows", "Rows that wait or are computed", **options)
        self.batch = prometheus.Histogram(
            "zoo_batch_rows", "Rows of a computed batch", buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            **options,
        )
        self.version = prometheus.Gauge("zoo_model_version", "The version served", **options)
        self.failed = prometheus.Counter(
            "zoo_failed_versions", "Versions that could not be loaded", **options
        )

    def text(self):
        """bytes, the metrics in Prometheus' text format."""
        return self._text(self.registry)

    def answered(self, protocol, signature, code, rows, started):
        """Counts a request that began at `started` (`time.monotonic`)."""
        self.requests.labels(protocol, signature, str(code)).inc()
        self.seconds.labels(protocol).observe(time.monotonic() - started)
        if str(code) in ("200", "OK"):
            self.rows.inc(rows)
