"""TensorFlow Serving's REST interface as an ASGI application, with metrics, health and a page."""

import asyncio
import html
import json
import re
import time
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from export import tensors
from export.server.models import described
from export.server.requests import Refused
from export.server.service import signature_of
from zoo.errors import ZooError

_PATH = re.compile(
    r"(?P<name>[^/:]+)(?:/versions/(?P<version>[0-9]{1,19})|/labels/(?P<label>[^/:]+))?"
    r"(?P<what>:predict|/metadata)?"
)
AT_ONCE = 8  # the largest bodies that are in memory at the same time


class Rest:
    """The routes of a `export.server.service.Service`.

    Args:
        service: the service.
        max_body: int, bytes of a request.
        read_timeout: float, seconds in which a request's body must arrive.

    Attributes:
        held: int, bytes of all bodies that are not answered yet, at most `AT_ONCE * max_body`.
    """

    def __init__(self, service, max_body, read_timeout):
        self.service, self.max_body, self.read_timeout = service, max_body, read_timeout
        self.held = 0

    def application(self):
        """The ASGI application."""
        return Starlette(routes=[
            Route("/", self.page),
            Route("/healthz", self.health),
            Route("/metrics", self.metrics),
            Route("/v1/models/{path:path}", self.model, methods=["GET", "POST"]),
        ])

    async def page(self, request):
        text = resources.files("export.server").joinpath("page.html").read_text("utf-8")
        return HTMLResponse(text.replace("{{model}}", html.escape(self.service.models.name)))

    async def health(self, request):
        ready = bool(self.service.models.loaded) and not self.service.draining
        return Response("ok\n" if ready else "not ready\n", 200 if ready else 503)

    async def metrics(self, request):
        metrics = self.service.metrics
        return Response(metrics.text(), media_type=metrics.content_type)

    async def model(self, request):
        """Status, metadata and predictions."""
        started, signature, rows, body = time.monotonic(), "", 0, bytearray()
        found = _PATH.fullmatch(request.path_params["path"])
        try:
            if not found or (found["what"] == ":predict") != (request.method == "POST"):
                raise Refused("missing", f"There is no {request.method} {request.url.path:.80}.")
            if found["what"] == ":predict":
                self.service.accept()
                await self._read(request, body)
                parsed = _parsed(body)
                signature = str(parsed.get("signature_name", "serving_default"))[:60]
                rows, answer = await self._predict(found, parsed)
            else:
                answer = self._described(found)
            status = 200
        except Refused as error:
            status, answer = error.http, {"error": str(error)}
        except ClientDisconnect:
            return Response(status_code=499)
        finally:
            self.held -= len(body)
        if request.method == "POST":
            self.service.record("rest", signature, status, rows, started)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        headers = {"Retry-After": "1"} if status == 503 else {}
        if status in (408, 413):
            headers["Connection"] = "close"
        return Response(text, status, headers, "application/json")

    async def _read(self, request, body):
        """Fills `body`, a bytearray, with at most `max_body` bytes within `read_timeout`."""
        self._check_size(int(request.headers.get("content-length") or 0))
        try:
            async with asyncio.timeout(self.read_timeout):
                async for part in request.stream():
                    self._check_size(len(body) + len(part))
                    body += part
                    self.held += len(part)
                    if self.held > AT_ONCE * self.max_body:
                        raise Refused("busy", "Too many large requests: try again later.")
        except TimeoutError:
            raise Refused(
                "slow", f"The request did not arrive within {self.read_timeout:g} s."
            ) from None

    def _check_size(self, size):
        if size > self.max_body:
            raise Refused("large", f"A request may have at most {self.max_body} bytes.")

    def _version(self, found):
        number = int(found["version"]) if found["version"] else None
        return self.service.models.find(found["name"], number, found["label"])

    async def _predict(self, found, body):
        version = self._version(found)
        name = body.get("signature_name", "serving_default")
        if not isinstance(name, str):
            raise Refused("invalid", "signature_name must be a string.")
        specs = signature_of(version, name)
        by_row = "instances" in body
        if by_row == ("inputs" in body):
            raise Refused("invalid", 'Expected either "inputs" or "instances".')
        inputs = _inputs(body["instances" if by_row else "inputs"], specs["inputs"], by_row)
        rows, outputs = await self.service.predict(version, name, inputs)
        columns = {key: tensors.to_json(value) for key, value in outputs.items()}
        if len(columns) == 1:  # the name is left out, as in TensorFlow Serving
            (answer,) = columns.values()
        elif by_row:
            keys = list(columns)
            answer = [dict(zip(keys, row, strict=True)) for row in zip(*columns.values())]  # noqa: B905
        else:
            answer = columns
        return rows, json.dumps({"predictions" if by_row else "outputs": answer}).encode()

    def _described(self, found):
        models = self.service.models
        if found["what"] == "/metadata":
            version = self._version(found)
            spec = {"name": models.name, "signature_name": "", "version": str(version.number)}
            signatures = _json_signatures(version.signatures)
            return {"model_spec": spec, "metadata": {
                "signature_def": {"signature_def": signatures}
            }}
        models.check_name(found["name"])
        wanted = None
        if found["version"] or found["label"]:
            wanted = self._version(found).number
        return {"model_version_status": [
            {"version": str(number), "state": state, "status": {
                "error_code": "UNKNOWN" if message else "OK", "error_message": message,
            }}
            for number, state, message in models.status() if wanted in (None, number)
        ]}


def _parsed(data):
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused("invalid", "The request is not a JSON object.")
    return body


def _inputs(value, specs, by_row):
    """dict of arrays of a request's "inputs", or of its "instances" with `by_row`."""
    if by_row:
        rows = value if isinstance(value, list) else []
        if not rows:
            raise Refused("invalid", '"instances" must be a list with at least one row.')
        if len(specs) == 1 and not isinstance(rows[0], dict):
            rows = [{next(iter(specs)): row} for row in rows]
        names = set(rows[0]) if isinstance(rows[0], dict) else None
        if names is None or any(not isinstance(r, dict) or set(r) != names for r in rows):
            raise Refused("invalid", "Every instance must be an object with the same inputs.")
        value = {name: [row[name] for row in rows] for name in names}
    elif len(specs) == 1 and not (isinstance(value, dict) and set(value) == set(specs)):
        value = {next(iter(specs)): value}
    if not isinstance(value, dict) or set(value) != set(specs):
        got = ", ".join(sorted(map(str, value))) if isinstance(value, dict) else "a list"
        raise Refused(
            "invalid", f"Expected the inputs {', '.join(sorted(specs))}, got {got or 'none':.200}."
        )
    try:
        return {
            name: tensors.from_json(value[name], name, spec.dtype, len(spec.shape))
            for name, spec in specs.items()
        }
    except ZooError as error:
        raise Refused("invalid", str(error)) from None


def _json_signatures(signatures):
    def info(entry):
        dims = [{"size": str(dim.size), "name": ""} for dim in entry.tensor_shape.dim]
        dtype = next(n for n, (number, _) in tensors.DTYPES.items() if number == entry.dtype)
        shape = {"dim": dims, "unknown_rank": False}
        return {"dtype": dtype, "tensor_shape": shape, "name": entry.name}

    return {
        name: {
            "inputs": {key: info(value) for key, value in entry.inputs.items()},
            "outputs": {key: info(value) for key, value in entry.outputs.items()},
            "method_name": entry.method_name,
        }
        for name, entry in described(signatures).signature_def.items()
    }
