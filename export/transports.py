"""REST and gRPC requests to a server of models, with time-outs and retries.

Neither needs TensorFlow; gRPC needs grpcio.
"""

import contextlib
import dataclasses
import http.client
import json
import numbers
import random
import time
import urllib.parse

import numpy as np

from export import protos, tensors
from export.request_limits import check_number
from zoo.errors import ZooError

BUSY = (429, 503)
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0  # seconds between attempts, doubled each time
MOST_BYTES = 2**30  # of an answer
MOST_SECONDS, MOST_RETRIES = 86_400, 1_000_000
MOST_VERSION = 2**63 - 1  # TensorFlow Serving reads a version as int64


@dataclasses.dataclass(frozen=True)
class Spec:
    """An input or output: NumPy dtype (object for strings) and shape, -1 for any length."""

    dtype: np.dtype
    shape: tuple

    def text(self):
        """The shape as in messages, "(batch, 3)"."""
        sides = ["batch", *("any" if side < 0 else str(side) for side in self.shape[1:])]
        return f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"


class Busy(Exception):
    """The server refuses a request for now; the message is its reason."""


def connect(url, model, version=None, timeout=60.0, retries=5):
    """A `Rest` or `Grpc` for a URL.

    Raises:
        ZooError: another URL, a number out of range, or grpcio is not installed.
    """
    if version is not None:
        check_number("version", version, MOST_VERSION)
    check_number("retries", retries, MOST_RETRIES, least=0)
    check_seconds("timeout", timeout)
    try:
        parts = urllib.parse.urlsplit(url)
        kind = {"http": Rest, "https": Rest, "grpc": Grpc}.get(parts.scheme)
        valid = kind is not None and parts.hostname and (parts.port or parts.scheme != "grpc")
    except ValueError:
        valid = False
    if not valid:
        raise ZooError(
            f"Expected a URL such as http://localhost:8501 or grpc://localhost:8500, got {url!r}."
        )
    return kind(parts, model, version, timeout, retries)


def check_seconds(name, value):
    """Raises `ZooError` unless `value` is a number, more than 0 and at most `MOST_SECONDS`."""
    number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not number or not 0 < value <= MOST_SECONDS:
        raise ZooError(
            f"{name} must be more than 0 and at most {MOST_SECONDS} seconds, got {value!r}."
        )


class _Transport:
    def __init__(self, parts, model, version, timeout, retries):
        self.parts, self.model, self.version = parts, model, version
        self.timeout, self.retries = timeout, retries
        self.url = urllib.parse.urlunsplit(parts)

    def _repeated(self, attempt):
        """The result of `attempt()`, which is repeated with back-off while it raises `Busy`."""
        wait = FIRST_WAIT
        for remaining in range(self.retries, -1, -1):
            try:
                return attempt()
            except Busy as busy:
                if not remaining:
                    raise ZooError(f"{self.url} does not answer: {busy}.") from None
            time.sleep(wait * (0.5 + random.random()))
            wait = min(2 * wait, LONGEST_WAIT)


class Rest(_Transport):
    """TensorFlow Serving's REST interface. One connection, so not for several threads."""

    _connection = None

    def signatures(self):
        """See `export.client.Client.signatures`."""
        answer = self._call("GET", "/metadata")
        try:
            described = answer["metadata"]["signature_def"]["signature_def"]
            return {
                name: {
                    side: {n: _json_spec(info) for n, info in (value.get(side) or {}).items()}
                    for side in ("inputs", "outputs")
                }
                for name, value in described.items() if not name.startswith("__")
            }
        except (KeyError, TypeError, ValueError):
            raise ZooError(f"{self.url} describes no signatures of {self.model}.") from None

    def predict(self, inputs, signature, outputs):
        """Output arrays of a request with input arrays; `outputs` are the signature's specs."""
        body = {
            "signature_name": signature,
            "inputs": {name: tensors.to_json(value) for name, value in inputs.items()},
        }
        found = self._call("POST", ":predict", json.dumps(body).encode())["outputs"]
        if len(outputs) == 1 and not (isinstance(found, dict) and set(found) == set(outputs)):
            found = {next(iter(outputs)): found}
        return {
            name: tensors.from_json(found[name], name, spec.dtype, len(spec.shape))
            for name, spec in outputs.items()
        }

    def _call(self, method, suffix, body=None):
        version = "" if self.version is None else f"/versions/{self.version}"
        model = urllib.parse.quote(self.model, safe="")
        path = f"{self.parts.path.rstrip('/')}/v1/models/{model}{version}{suffix}"
        status, data = self._repeated(lambda: self._attempt(method, path, body))
        try:
            answer = json.loads(data)
        except ValueError:
            answer = {"error": f"status {status} and no JSON"}
        if status != 200:
            error = answer.get("error") if isinstance(answer, dict) else None
            raise ZooError(f"{self.url} refused the request: {error or f'status {status}'}")
        return answer

    def _attempt(self, method, path, body):
        try:
            if self._connection is None:
                kind = http.client.HTTPConnection
                if self.parts.scheme == "https":
                    kind = http.client.HTTPSConnection
                self._connection = kind(
                    self.parts.hostname, self.parts.port, timeout=self.timeout
                )
            headers = {"Content-Type": "application/json"} if body else {}
            if self._connection.sock is None:
                self._connection.connect()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._connection.request(method, path, body, headers)
            # a server that refuses a body while it is sent has answered all the same
            answer = self._connection.getresponse()
            data = answer.read(MOST_BYTES)
        except TimeoutError:
            self._close()
            raise ZooError(f"{self.url} did not answer within {self.timeout:g} s.") from None
        except (OSError, http.client.HTTPException) as error:
            self._close()
            raise Busy(f"{error or type(error).__name__}") from None
        if answer.status in BUSY:
            raise Busy(f"status {answer.status}: {data[:200].decode(errors='replace')}")
        return answer.status, data

    def _close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Grpc(_Transport):
    """TensorFlow Serving's gRPC interface."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        grpc = import_grpc()
        options = [
            ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)
        ]
        self._channel = grpc.insecure_channel(f"{self.parts.hostname}:{self.parts.port}", options)

    def signatures(self):
        """See `export.client.Client.signatures`."""
        request = protos.GetModelMetadataRequest(metadata_field=["signature_def"])
        answer = self._call("GetModelMetadata", request, protos.GetModelMetadataResponse)
        found = protos.SignatureDefMap.FromString(answer.metadata["signature_def"].value)
        return {
            name: {
                side: {n: _proto_spec(info) for n, info in getattr(value, side).items()}
                for side in ("inputs", "outputs")
            }
            for name, value in found.signature_def.items() if not name.startswith("__")
        }

    def predict(self, inputs, signature, outputs):
        """As `Rest.predict`."""
        request = protos.PredictRequest()
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            tensors.to_proto(value, request.inputs[name])
        answer = self._call("Predict", request, protos.PredictResponse)
        return {name: tensors.from_proto(answer.outputs[name], name) for name in outputs}

    def _call(self, method, request, answer):
        grpc = import_grpc()
        request.model_spec.name = self.model
        if self.version is not None:
            request.model_spec.version.value = self.version
        call = self._channel.unary_unary(
            protos.PREDICTION + method,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )

        def attempt():
            try:
                return call(request, timeout=self.timeout)
            except grpc.RpcError as error:
                code, reason = error.code(), error.details()
            too_large = "larger than max" in (reason or "")  # of a message, by either side
            if code == grpc.StatusCode.UNAVAILABLE or (
                code == grpc.StatusCode.RESOURCE_EXHAUSTED and not too_large
            ):
                raise Busy(reason)
            if code == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise ZooError(f"{self.url} did not answer within {self.timeout:g} s.")
            raise ZooError(f"{self.url} refused the request: {reason}")

        return self._repeated(attempt)


def import_grpc():
    """The module grpc. Raises `ZooError` if grpcio is not installed."""
    try:
        import grpc
    except ImportError:
        raise ZooError('gRPC needs grpcio: pip install "conditional-gan-zoo[serve]".') from None
    return grpc


def _json_spec(info):
    dims = info["tensor_shape"].get("dim") or []
    shape = tuple(int(dim["size"]) for dim in dims)
    return Spec(tensors.DTYPES[info["dtype"]][1], shape)


def _proto_spec(info):
    return Spec(tensors.NUMBERS[info.dtype], tuple(dim.size for dim in info.tensor_shape.dim))
