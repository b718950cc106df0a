"""TensorFlow Serving's messages, with the wire format of its files, without its package.

    from export.protos import PredictRequest

Only the fields that Predict, GetModelMetadata, GetModelStatus, health checks and the files of a
bundle need are declared; others are kept or ignored as protocol buffers do with unknown fields.
TensorFlow is not imported. Numbers are those of model.proto, predict.proto,
get_model_metadata.proto and get_model_status.proto in tensorflow_serving/apis, tensor.proto and
tensor_shape.proto in tensorflow/core/framework, meta_graph.proto in tensorflow/core/protobuf, and
grpc/health/v1/health.proto. The files of a bundle are texts, whose fields are read by name.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TYPES = {
    name.removeprefix("TYPE_").lower(): number
    for name, number in descriptor_pb2.FieldDescriptorProto.Type.items()
}
_PACKAGE = "zoo_serving"
# message -> fields "name: type = number"; "repeated", "map" (from str) and other messages as types
_MESSAGES = {
    "Dim": "size: int64 = 1; name: string = 2",
    "TensorShape": "dim: repeated Dim = 2; unknown_rank: bool = 3",
    "Tensor": (
        "dtype: int32 = 1; tensor_shape: TensorShape = 2; tensor_content: bytes = 4; "
        "float_val: repeated float = 5; double_val: repeated double = 6; "
        "int_val: repeated int32 = 7; string_val: repeated bytes = 8; "
        "int64_val: repeated int64 = 10; bool_val: repeated bool = 11"
    ),
    "Int64Value": "value: int64 = 1",
    "ModelSpec": (
        "name: string = 1; version: Int64Value = 2; signature_name: string = 3; "
        "version_label: string = 4"
    ),
    "PredictRequest": (
        "model_spec: ModelSpec = 1; inputs: map Tensor = 2; output_filter: repeated string = 3"
    ),
    "PredictResponse": "outputs: map Tensor = 1; model_spec: ModelSpec = 2",
    "GetModelMetadataRequest": "model_spec: ModelSpec = 1; metadata_field: repeated string = 2",
    "Any": "type_url: string = 1; value: bytes = 2",
    "GetModelMetadataResponse": "model_spec: ModelSpec = 1; metadata: map Any = 2",
    "TensorInfo": "name: string = 1; dtype: int32 = 2; tensor_shape: TensorShape = 3",
    "SignatureDef": (
        "inputs: map TensorInfo = 1; outputs: map TensorInfo = 2; method_name: string = 3"
    ),
    "SignatureDefMap": "signature_def: map SignatureDef = 1",
    "GetModelStatusRequest": "model_spec: ModelSpec = 1",
    "Status": "error_code: int32 = 1; error_message: string = 2",
    "ModelVersionStatus": "version: int64 = 1; state: int32 = 2; status: Status = 3",
    "GetModelStatusResponse": "model_version_status: repeated ModelVersionStatus = 1",
    "HealthCheckRequest": "service: string = 1",
    "HealthCheckResponse": "status: int32 = 1",
    "Latest": "num_versions: uint32 = 1",
    "All": "",
    "Specific": "versions: repeated int64 = 1",
    "VersionPolicy": "latest: Latest = 100; all: All = 101; specific: Specific = 102",
    "ModelConfig": (
        "name: string = 1; base_path: string = 2; model_version_policy: VersionPolicy = 7"
    ),
    "ModelConfigList": "config: repeated ModelConfig = 1",
    "ModelServerConfig": "model_config_list: ModelConfigList = 1",
    "BatchingParameters": "max_batch_size: Int64Value = 1",
}
PREDICTION, MODEL = "/tensorflow.serving.PredictionService/", "/tensorflow.serving.ModelService/"
HEALTH = "/grpc.health.v1.Health/"
SIGNATURE_TYPE = "type.googleapis.com/tensorflow.serving.SignatureDefMap"


def _add_field(message, text):
    name, _, rest = text.partition(": ")
    kind, _, number = rest.partition(" = ")
    *how, kind = kind.split()
    field = message.field.add(name=name, number=int(number), label=3 if how else 1)
    if kind in _TYPES:
        field.type = _TYPES[kind]
        return
    field.type, field.type_name = _TYPES["message"], f".{_PACKAGE}.{kind}"
    if how == ["map"]:
        entry = message.nested_type.add(
            name="".join(part.title() for part in name.split("_")) + "Entry"
        )
        entry.options.map_entry = True
        _add_field(entry, "key: string = 1")
        _add_field(entry, f"value: {kind} = 2")
        field.type_name = f".{_PACKAGE}.{message.name}.{entry.name}"


def _classes():
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in filter(None, fields.split("; ")):
            _add_field(message, text)
    pool = descriptor_pool.DescriptorPool()  # its own: TensorFlow's classes are unaffected
    pool.Add(file)
    found = message_factory.GetMessageClassesForFiles([file.name], pool)
    return {name.rpartition(".")[2]: kind for name, kind in found.items()}


_CLASSES = _classes()
for _name in _MESSAGES:
    globals()[_name] = _CLASSES[f"{_name}"]
