"""Checks an export, or a server of it, and prints a table: the conformance test of the signatures.

    python -m export.verify served/attn_gan/1
    python -m export.verify --url=http://localhost:8501 --model=attn_gan
    python -m export.verify --grpc=localhost:8500 --model=attn_gan

A folder is loaded in a process that can import neither this package's `zoo` nor `keras` (Keras only
where the export needs TensorFlow Text, which imports it), and its images are compared with those of
a second such process. With a folder and a URL, the server's PNG files must be those of the folder,
in one request and as requests of one row at the same time, which a server joins: one value of 255
is tolerated and counted, because another size of a batch may change the last bit. The limits that
are checked are those that the folder carries; those of a server without a folder are the default
ones, or `--max_batch`, `--max_pixels` and `--max_caption_bytes`. Exit status 0 if every check
passes, otherwise 1.
"""

import contextlib
import dataclasses

from export import cli, request_limits
from export.transports import MOST_SECONDS, check_seconds
from zoo import programs
from zoo.conditions.records import LIMITS
from zoo.errors import ZooError


def parse(arguments=None):
    """The parsed command line, an `argparse.Namespace`."""
    parser = cli.Parser("verify", __doc__.splitlines()[0])
    parser.add_argument("directory", nargs="?", help="one version of an export, such as served/a/1")
    parser.add_argument("--url", help="REST interface of a server, such as http://localhost:8501")
    parser.add_argument("--grpc", help="gRPC interface of a server, such as localhost:8500")
    parser.add_argument("--model", help="the model's name on the server")
    parser.add_argument(
        "--timeout", type=cli.seconds(MOST_SECONDS), default=120.0, help="seconds per request"
    )
    request_limits.add_flags(parser)
    return parser.parse_args(arguments)


def verify(directory=None, url=None, grpc=None, model=None, timeout=120.0, limits=None):
    """Runs the checks.

    Args:
        directory: str or None. One version of an export.
        url, grpc: str or None. Interfaces of a server.
        model: str, the model's name on the server.
        timeout: float, seconds per request.
        limits: dict of name -> value, limits that differ from those that the folder carries, or
            without a folder from the defaults; or None.

    Returns:
        list of `export.verification.checks.Result`.

    Raises:
        ZooError: nothing to check, or it cannot be loaded or reached.
    """
    from export.client import Client
    from export.verification import checks, files, local

    check_seconds("timeout", timeout)
    if not (directory or url or grpc):
        raise ZooError("Give a folder, --url or --grpc to verify.")
    if (url or grpc) and not model:
        raise ZooError("A server needs --model, the model's name.")
    results, reference, expected = [], None, LIMITS
    if directory:
        results += files.check_files(directory)
        expected = request_limits.read_limits(directory)
    expected = dataclasses.replace(expected, **limits or {})
    request_limits.check_limits(expected)
    if directory:
        with local.Process(directory, timeout) as first:
            with contextlib.closing(local.Process(directory, timeout)) as second:
                results += checks.run("folder", first, second, expected)
            reference = checks.answers(first, expected)
            results += files.report_process(first)
    addresses = {"REST": url, "gRPC": grpc and f"grpc://{grpc.removeprefix('grpc://')}"}
    for kind, address in addresses.items():
        if address:
            client, other = (Client(address, model, timeout=timeout) for _ in range(2))
            results += checks.run(kind, client, other, expected)
            if reference is not None:
                results += checks.compare(kind, reference, checks.answers(client, expected))
                joined = checks.answers_at_once(
                    lambda a=address: Client(a, model, timeout=timeout), client.signatures(),
                    expected,
                )
                results += checks.compare(kind, reference, joined, "rows at the same time")
    return results


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    def work():
        options = parse(arguments)
        results = verify(
            options.directory, options.url, options.grpc, options.model, options.timeout,
            request_limits.values_of(options),
        )
        width = max(len(result.check) for result in results)
        for result in results:
            mark = "ok  " if result.passed else "FAIL"
            print(f"{mark}  {result.target:6}  {result.check:{width}}  {result.detail}")
        failed = sum(not result.passed for result in results)
        print(f"{len(results) - failed} of {len(results)} checks passed")
        return 1 if failed else 0

    return cli.run(work, arguments)


if __name__ == "__main__":
    programs.run(main)
