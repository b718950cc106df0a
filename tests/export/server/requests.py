"""Raw requests to a server, valid and wrong."""

import contextlib
import http.client
import json
import socket
import time
import urllib.parse

import grpc
import numpy as np

from export import protos, tensors


def call(addresses, path, body=None, headers=(), timeout=60):
    """(status, answer as JSON or text) of a REST request; `body`: dict, bytes or their parts."""
    parts = urllib.parse.urlsplit(addresses["rest"])
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused while it is sent
        connection.request("GET" if body is None else "POST", path, data, dict(headers))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text) if text.startswith("{") else text


def call_grpc(addresses, model, inputs, timeout=60):
    """(name of the status, details) of a gRPC request with arrays."""
    request = protos.PredictRequest()
    request.model_spec.name = model
    for name, value in inputs.items():
        tensors.to_proto(np.asarray(value), request.inputs[name])
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(addresses["grpc"], options) as channel:
        method = channel.unary_unary(
            protos.PREDICTION + "Predict",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=protos.PredictResponse.FromString,
        )
        try:
            method(request, timeout=timeout)
        except grpc.RpcError as error:
            return error.code().name, error.details()
    return "OK", ""


def send_slowly(addresses, path, bytes_sent, pause):
    """The first line of the answer to a body that arrives byte by byte; "" without an answer."""
    parts = urllib.parse.urlsplit(addresses["rest"])
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as sock:
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
        sock.sendall(head.encode())
        sock.settimeout(pause)
        for _ in range(bytes_sent):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(b"{")
            try:
                answer = sock.recv(1000)
            except TimeoutError:
                continue
            return answer.split(b"\r\n")[0].decode()
    return ""


def wait_for(condition, seconds=60):
    """Waits until `condition()` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
