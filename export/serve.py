"""A local server of an exported model, for people without docker.

    python -m export.saved_model --preset=attn_gan_emoji_64 --out=served/attn_gan --version=1
    python -m export.serve --model=served/attn_gan

It speaks TensorFlow Serving's REST (port 8501) and gRPC (port 8500) interfaces: predictions,
metadata, status, health; and has Prometheus metrics at `/metrics` and a page at `/`. Requests that
wait at the same time are computed together. A new version in the model's folder is loaded, answers
its warm-up requests, and then replaces the old one; a broken version is never served. SIGTERM and
Ctrl-C answer everything that was accepted, and then stop.

It is not a replacement of TensorFlow Serving: one model, one process, no TLS and no authentication.
It listens on 127.0.0.1 unless `--host` says otherwise. Needs the extra `serve`.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import signal
import socket
import sys
import time

from export import cli
from zoo import programs
from zoo.allocator import keep_memory
from zoo.errors import ZooError

LOG = logging.getLogger("export.serve")
GRACE = 60.0  # seconds for accepted requests after SIGTERM


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    FIELDS = ("version", "reason", "protocol", "signature", "code", "rows", "ms", "rest", "grpc")

    def format(self, record):
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname, "event": record.getMessage(),
        }
        entry |= {f: getattr(record, f) for f in self.FIELDS if hasattr(record, f)}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def make_parser():
    """The parser of the command line."""
    parser = cli.Parser("serve", __doc__.splitlines()[0])
    port = cli.whole_number(0, 65_535)
    parser.add_argument("--model", required=True, help="the model's folder, with its versions")
    parser.add_argument("--name", help="the model's name in requests (default: the folder's)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=port, default=8501, help="of REST; 0 takes a free one")
    parser.add_argument("--grpc_port", type=port, default=8500, help="of gRPC; 0 takes a free one")
    parser.add_argument(
        "--label", action="append", default=[], metavar="LABEL=VERSION",
        help="also serves this version, under /labels/LABEL",
    )
    parser.add_argument(
        "--max_batch", type=int, help="most rows computed together (default and most: the export's)"
    )
    parser.add_argument(
        "--max_queue", type=int, default=256,
        help="most rows that wait, at least one batch; then 503",
    )
    parser.add_argument("--max_body", type=int, default=2**25, help="most bytes of a request")
    parser.add_argument(
        "--max_connections", type=int, default=512, help="most requests at a time; then 503"
    )
    parser.add_argument("--timeout", type=float, default=30.0, help="most seconds in the queue")
    parser.add_argument(
        "--read_timeout", type=float, default=20.0, help="seconds for a request to arrive"
    )
    parser.add_argument(
        "--poll", type=float, default=2.0, help="seconds between looks for a new version"
    )
    return parser


def parse(arguments=None):
    """The parsed command line, an `argparse.Namespace`."""
    return make_parser().parse_args(arguments)


def check(options):
    """Checks a command line; returns the dict of labels.

    Raises:
        ZooError: a number is out of range, a label has another form, or there is no such folder.
    """
    for name in ("max_batch", "max_queue", "max_body", "max_connections", "timeout",
                 "read_timeout", "poll"):
        value = getattr(options, name)
        if value is not None and not value > 0:
            raise ZooError(f"--{name} must be positive, got {value}.")
    if options.max_batch and options.max_queue < options.max_batch:
        raise ZooError("--max_queue must be at least --max_batch.")
    labels = {}
    for text in options.label:
        label, _, number = text.partition("=")
        if not label or not number.isascii() or not number.isdigit():
            raise ZooError(f"--label must be LABEL=VERSION such as stable=3, got {text!r}.")
        labels[label] = int(number)
    if options.name and not re.fullmatch(r"[\w.-]+", options.name):
        raise ZooError(f"--name must be letters, digits, dots and dashes, got {options.name!r}.")
    if not os.path.isdir(options.model):
        raise ZooError(f"There is no folder {options.model}: give the --out of the export.")
    return labels


def check_installed():
    """Raises `ZooError` if a package of the extra `serve` is missing."""
    try:
        import grpc  # noqa: F401
        import prometheus_client  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ZooError(
            f'export.serve needs {error.name}: pip install "conditional-gan-zoo[serve]".'
        ) from None


def _listen(host, port):
    """A listening socket. Raises `ZooError` if the address cannot be bound."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.socket(family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)  # connections wait until the server has started
    except OSError as error:
        raise ZooError(
            f"{host}:{port} cannot be bound: {error.strerror or error}. Choose another --port."
        ) from None
    return sock


def _web_server(application, options):
    """A uvicorn server that leaves signals to the caller."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self):
            yield

    return Server(uvicorn.Config(
        application, log_config=None, access_log=False, lifespan="off", server_header=False,
        limit_concurrency=options.max_connections, timeout_keep_alive=30,
        timeout_graceful_shutdown=int(GRACE),
    ))


async def serve(options, models, metrics, stopping=None, ready=None):
    """Serves until SIGTERM or Ctrl-C.

    Args:
        options: see `parse`.
        models: `export.server.models.Models`.
        metrics: `export.server.metrics.Metrics`.
        stopping: `asyncio.Event` that stops the server instead of the signals, or None.
        ready: function of the dict of addresses ("rest", "grpc"), called once it answers.
    """
    from export.server import batching, grpc_service, rest, service

    batcher = batching.Batcher(options.max_batch, options.max_queue, metrics)
    front = service.Service(models, batcher, metrics, options.timeout)
    sock = _listen(options.host, options.port)
    host = f"[{options.host}]" if ":" in options.host else options.host
    remote, grpc_port = grpc_service.make_server(
        front, f"{host}:{options.grpc_port}", options.max_body, options.max_connections
    )
    web = _web_server(rest.Rest(front, options.max_body, options.read_timeout).application(),
                      options)
    if stopping is None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    batcher.start()
    await remote.start()
    watcher = asyncio.create_task(_watch(models, options.poll))
    answering = asyncio.create_task(web.serve(sockets=[sock]))
    addresses = {"rest": f"http://{host}:{sock.getsockname()[1]}", "grpc": f"{host}:{grpc_port}"}
    LOG.info("ready", extra=addresses)
    if ready is not None:
        ready(addresses)
    await asyncio.wait(
        [answering, asyncio.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    LOG.info("stopping")
    front.draining = True
    watcher.cancel()
    web.should_exit = True
    await asyncio.gather(remote.stop(GRACE), answering)
    await batcher.stop()
    LOG.info("stopped")


async def _watch(models, seconds):
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(models.refresh)
        except Exception:
            LOG.exception("looking for new versions failed")


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    def work():
        options = parse(arguments)
        labels = check(options)
        check_installed()
        keep_memory()
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        LOG.handlers, LOG.propagate = [handler], False
        LOG.setLevel(logging.INFO)
        from export.server.metrics import Metrics
        from export.server.models import Models

        metrics = Metrics()
        name = options.name or os.path.basename(os.path.realpath(options.model))
        models = Models(options.model, name, labels, metrics)
        if not models.refresh():
            reasons = " ".join(message for _, message in models.failed.values())
            raise ZooError(f"{options.model} has no version that can be served. {reasons}".strip())
        asyncio.run(serve(options, models, metrics))
        return 0

    return cli.run(work, arguments)


if __name__ == "__main__":
    programs.run(main)
