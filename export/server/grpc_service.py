"""TensorFlow Serving's gRPC interface: Predict, GetModelMetadata, GetModelStatus, and health."""

import time

import grpc

from export import protos, tensors
from export.server.models import STATES, described
from export.server.requests import Refused
from export.server.service import signature_of
from zoo.errors import ZooError

SERVING, NOT_SERVING = 1, 2


def make_server(service, address, max_body, most):
    """(a `grpc.aio` server that is not started, its port).

    Args:
        service: `export.server.service.Service`.
        address: str, "HOST:PORT"; port 0 takes a free one.
        max_body: int, bytes of a request.
        most: int, requests at a time.

    Raises:
        ZooError: the address cannot be bound.
    """
    server = grpc.aio.server(options=[
        ("grpc.max_receive_message_length", max_body), ("grpc.max_send_message_length", -1),
        ("grpc.so_reuseport", 0),
    ], maximum_concurrent_rpcs=most)
    methods = Methods(service)
    for prefix, table in (
        (protos.PREDICTION, {
            "Predict": (methods.predict, protos.PredictRequest),
            "GetModelMetadata": (methods.metadata, protos.GetModelMetadataRequest),
        }),
        (protos.MODEL, {"GetModelStatus": (methods.status, protos.GetModelStatusRequest)}),
        (protos.HEALTH, {"Check": (methods.health, protos.HealthCheckRequest)}),
    ):
        handlers = {name: _handler(*entry) for name, entry in table.items()}
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(prefix.strip("/"), handlers),)
        )
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        port = 0
    if not port:
        raise ZooError(f"The gRPC address {address} cannot be bound: choose another --grpc_port.")
    return server, port


def _handler(method, request):
    return grpc.unary_unary_rpc_method_handler(
        method, request_deserializer=request.FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )


class Methods:
    """The methods, as coroutines of a request and its context."""

    def __init__(self, service):
        self.service = service

    async def predict(self, request, context):
        started, code, rows = time.monotonic(), "OK", 0
        name = request.model_spec.signature_name or "serving_default"
        try:
            self.service.accept()
            version = self._version(request)
            specs = signature_of(version, name)
            inputs = {n: tensors.from_proto(v, n) for n, v in request.inputs.items()}
            wanted = set(request.output_filter) or set(specs["outputs"])
            if wanted - set(specs["outputs"]):
                raise Refused("invalid", f"The outputs are {', '.join(specs['outputs'])}.")
            rows, outputs = await self.service.predict(version, name, inputs)
        except (Refused, ZooError) as error:
            refused = error if isinstance(error, Refused) else Refused("invalid", str(error))
            code = refused.grpc
            self.service.record("grpc", name, code, rows, started)
            await context.abort(grpc.StatusCode[code], str(refused))
        answer = protos.PredictResponse()
        _fill(answer.model_spec, self.service.models.name, version.number)
        answer.model_spec.signature_name = name
        for key in wanted:
            tensors.to_proto(outputs[key], answer.outputs[key])
        self.service.record("grpc", name, code, rows, started)
        return answer

    async def metadata(self, request, context):
        try:
            version = self._version(request)
        except Refused as error:
            await context.abort(grpc.StatusCode[error.grpc], str(error))
        answer = protos.GetModelMetadataResponse()
        _fill(answer.model_spec, self.service.models.name, version.number)
        answer.metadata["signature_def"].type_url = protos.SIGNATURE_TYPE
        found = described(version.signatures)
        answer.metadata["signature_def"].value = found.SerializeToString()
        return answer

    async def status(self, request, context):
        try:
            self.service.models.check_name(request.model_spec.name)
        except Refused as error:
            await context.abort(grpc.StatusCode[error.grpc], str(error))
        answer = protos.GetModelStatusResponse()
        for number, state, message in self.service.models.status():
            entry = answer.model_version_status.add(version=number, state=STATES[state])
            entry.status.error_code, entry.status.error_message = 2 if message else 0, message
        return answer

    async def health(self, request, context):
        ready = self.service.models.loaded and not self.service.draining
        return protos.HealthCheckResponse(status=SERVING if ready else NOT_SERVING)

    def _version(self, request):
        spec = request.model_spec
        number = spec.version.value if spec.HasField("version") else None
        return self.service.models.find(spec.name, number, spec.version_label)


def _fill(spec, name, version):
    spec.name, spec.version.value = name, version
