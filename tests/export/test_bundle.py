"""The bundle of an export: every file parses, and says what was measured."""

import json
import os
import shlex
import shutil
import subprocess

import numpy as np
import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from export import bundle, saved_model
from export.bundle import card, configs, measure
from export.transports import Spec
from zoo.conditions.records import LIMITS, Limits
from zoo.errors import ZooError

STRING, FLOAT, INT64 = np.dtype(object), np.dtype(np.float32), np.dtype(np.int64)
SEED = {"seed": Spec(INT64, (-1,))}
OUTPUT = {"image_bytes": Spec(STRING, (-1,))}
# Fields of tensorflow_serving's configuration messages that the bundle may use, with their types.
SCHEMA = {
    "Int64Value": ["value: int64"],
    "BoolValue": ["value: bool"],
    "BatchingParameters": [
        "max_batch_size: Int64Value", "batch_timeout_micros: Int64Value",
        "max_enqueued_batches: Int64Value", "num_batch_threads: Int64Value",
        "enable_large_batch_splitting: BoolValue", "max_execution_batch_size: Int64Value",
        "allowed_batch_sizes: repeated int64", "pad_variable_length_inputs: bool",
    ],
    "PrometheusConfig": ["enable: bool", "path: string"],
    "MonitoringConfig": ["prometheus_config: PrometheusConfig"],
    "Latest": ["num_versions: int64"],
    "Policy": ["latest: Latest"],
    "Label": ["key: string", "value: int64"],
    "ModelConfig": [
        "name: string", "base_path: string", "model_platform: string",
        "model_version_policy: Policy", "version_labels: repeated Label",
    ],
    "ModelConfigList": ["config: repeated ModelConfig"],
    "ModelServerConfig": ["model_config_list: ModelConfigList"],
}


@pytest.fixture(scope="module")
def messages():
    """dict of a name in `SCHEMA` -> its message class."""
    types = {n.removeprefix("TYPE_").lower(): k
             for n, k in descriptor_pb2.FieldDescriptorProto.Type.items()}
    file = descriptor_pb2.FileDescriptorProto(name="bundle.proto", package="b", syntax="proto3")
    for name, fields in SCHEMA.items():
        message = file.message_type.add(name=name)
        for number, text in enumerate(fields, 1):
            key, _, kind = text.partition(": ")
            repeated, kind = kind.startswith("repeated "), kind.removeprefix("repeated ")
            field = message.field.add(name=key, number=number, label=3 if repeated else 1)
            if kind in types:
                field.type = types[kind]
            else:
                field.type, field.type_name = types["message"], f".b.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = message_factory.GetMessageClassesForFiles([file.name], pool)
    return {name.removeprefix("b."): kind for name, kind in found.items()}


def measured(**changes):
    sizes = tuple(
        measure.Size(rows, 10.0 * rows, rate, rows * 2**20)
        for rows, rate in ((1, 50.0), (2, 96.0), (4, 100.0))
    )
    values = {
        "loading": 2.0, "loaded": 600 * 2**20, "first": 900.0, "sizes": sizes, "rows": 2,
        "threads": 2, "rates": {1: 96.0, 2: 150.0}, "machine": "a machine, 2 cores", "others": 0.25,
    }
    return measure.Measured(**{**values, **changes})


def facts(inputs=None, limits=LIMITS, **changes):
    inputs = {"captions": Spec(STRING, (-1,))} if inputs is None else inputs
    signatures = {"serving_default": {"inputs": {**inputs, **SEED}, "outputs": OUTPUT}}
    return card.Facts("a_model", 3, "a_preset", limits, (1, 4), signatures, measured(**changes))


def parsed(messages, kind, text):
    return text_format.Parse(text, messages[kind]())


# --- each file ------------------------------------------------------------------------------------


def test_batching_parameters(messages):
    found = parsed(messages, "BatchingParameters", configs.batching(facts()))
    assert found.max_batch_size.value == LIMITS.max_batch
    assert found.enable_large_batch_splitting.value and found.max_execution_batch_size.value == 2
    assert found.num_batch_threads.value == 2 and found.batch_timeout_micros.value == 0
    seconds = found.max_enqueued_batches.value * 2 / 150
    assert 9 < seconds < 11 and not found.pad_variable_length_inputs
    small = configs.batching(facts(limits=Limits(max_batch=2)))
    found = parsed(messages, "BatchingParameters", small)
    assert not found.enable_large_batch_splitting.value and found.max_batch_size.value == 2
    assert not found.HasField("max_execution_batch_size")


def test_every_value_of_the_batching_parameters_has_a_reason():
    before = ""
    for line in configs.batching(facts()).splitlines():
        if line and not line.startswith("#"):
            assert before.startswith("#") or before.startswith("enable_large_batch"), line
        before = line


def test_versions_and_labels(messages):
    text = configs.models(facts())
    found, = parsed(messages, "ModelServerConfig", text).model_config_list.config
    assert (found.name, found.base_path) == ("a_model", "/models/a_model")
    assert {label.key: label.value for label in found.version_labels} == {"stable": 3, "canary": 3}
    assert found.model_version_policy.latest.num_versions == 2
    module = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2", reason="needs tensorflow-serving-api"
    )
    config, = text_format.Parse(text, module.ModelServerConfig()).model_config_list.config
    assert dict(config.version_labels) == {"stable": 3, "canary": 3}
    assert config.model_platform == "tensorflow"


def test_monitoring(messages):
    found = parsed(messages, "MonitoringConfig", configs.monitoring()).prometheus_config
    assert found.enable and found.path.startswith("/")


def test_compose():
    service = yaml.safe_load(configs.compose(facts()))["services"]["serving"]
    assert service["image"] == f"tensorflow/serving:{configs.SERVING}"
    assert configs.SERVING.count(".") == 2  # pinned to one release
    files = [flag.rpartition("/")[2] for flag in service["command"] if "_file=" in flag]
    assert files == ["models.config", "batching_parameters.txt", "monitoring.config"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["volumes"] == [".:/models/a_model:ro"]
    assert service["mem_limit"] == "1280m"  # twice 604 MiB, in steps of 256
    assert "/v1/models/a_model " in service["healthcheck"]["test"][-1]
    assert all(isinstance(value, str) for value in service["environment"].values())


def test_the_card_starts_the_server_with_the_flags_of_compose():
    service = yaml.safe_load(configs.compose(facts()))["services"]["serving"]
    run = card.readme(facts()).partition("docker run")[2].partition("```")[0]
    flags = shlex.split(run.replace("\\\n", " ").partition("serving:" + configs.SERVING)[2])
    assert flags == service["command"]
    for flag in ("--model_config_file_poll_wait_seconds=30",
                 "--enable_grpc_healthcheck_service=true"):
        assert flag in flags


# --- the card -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("inputs", "words"), [
    ({"captions": Spec(STRING, (-1,))}, '"captions": "grinning face"'),
    ({"labels": Spec(INT64, (-1,))}, '"labels": 0'),
    ({"image_bytes": Spec(STRING, (-1,))}, 'base64.b64encode(open("photo.png", "rb").read())'),
    ({"embeddings": Spec(FLOAT, (-1, 8))}, 'numpy.load("embeddings.npy")'),
    ({"words": Spec(FLOAT, (-1, 3, 8)), "lengths": Spec(np.dtype(np.int32), (-1,))},
     '{"lengths": numpy.load("lengths.npy"), "words": numpy.load("words.npy")}'),
    ({}, '{"seed": 7}'),
])
def test_examples_for_every_condition(inputs, words):
    text = card.readme(facts(inputs))
    assert words in text and "$" not in text.replace("$PWD", "").replace("$(base64", "")
    blocks = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "README.md", "exec")
    assert ("import numpy" in blocks[0]) == ("numpy" in blocks[0].replace("import numpy", ""))


def test_the_card_names_what_an_operator_needs():
    text = card.readme(facts())
    for words in ("docker run", "docker compose up", "curl", "grpc://", "labels/stable",
                  "export.verify", "--overwrite", "| 2 | 20.0 | 96.0 | 2 |", "600 MiB",
                  "of 1 and 4 rows", "150.0 images/s with 2 at a time", "used 25%",
                  "16384 bytes", "`a_preset`"):
        assert words in text, words


def test_its_request_and_the_health_check_are_answered(tmp_path, monkeypatch):
    pytest.importorskip("starlette", reason="needs the extra serve")
    from tests.export.server.fake import running, write_version

    write_version(tmp_path, 3)
    text = card.readme(facts()).replace("models/a_model", "models/fake")
    code = text.split("```python\n")[1].partition("```")[0]
    with running(tmp_path, monkeypatch) as (addresses, _, _):
        monkeypatch.chdir(tmp_path)
        exec(code.replace("http://localhost:8501", addresses["rest"]), {})
        service = yaml.safe_load(configs.compose(facts()))["services"]["serving"]
        _, *check = service["healthcheck"]["test"]
        check[-1] = check[-1].replace("8501", addresses["rest"].rpartition(":")[2])
        assert subprocess.run(check, timeout=10).returncode != 0  # it has no such model
        check[-1] = check[-1].replace("a_model", "fake")
        assert subprocess.run(check, timeout=10).returncode == 0
    assert (tmp_path / "00000.png").read_bytes() == b"3:grinning face:7"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_its_command_sends_a_photo(tmp_path, monkeypatch):
    """Of more bytes than one argument of a program may have."""
    pytest.importorskip("starlette", reason="needs the extra serve")
    from tests.export.server.fake import FakeVersion, running, write_version

    inputs, photo = {"image_bytes": Spec(STRING, (-1,))}, bytes(range(250)) * 600
    found = facts(inputs)
    monkeypatch.setattr(FakeVersion, "signatures", found.signatures)
    monkeypatch.setattr(
        FakeVersion, "predict", lambda self, signature, inputs: inputs["image_bytes"] == photo and {
            "image_bytes": np.array([b"%d" % seed for seed in inputs["seed"]], object)})
    write_version(tmp_path, 3)
    (tmp_path / "photo.png").write_bytes(photo)
    ask = card.readme(found).partition("## Ask\n\n```\n")[2].partition("```")[0]
    with running(tmp_path, monkeypatch) as (addresses, _, _):
        ask = ask.replace("http://localhost:8501", addresses["rest"]).replace("a_model", "fake")
        done = subprocess.run(["bash", "-c", ask], cwd=tmp_path, capture_output=True, timeout=60)
    assert json.loads(done.stdout) == {"predictions": [{"b64": "Nw=="}]}, done.stderr


# --- writing it -----------------------------------------------------------------------------------


def test_a_bundle_is_measured_and_written(exported, tmp_path, messages):
    path = shutil.copytree(exported, tmp_path / "tiny" / "3")
    limits = Limits(max_batch=4)
    written = bundle.write_bundle(str(path), limits, seconds=0.02)
    assert set(written) == set(os.listdir(tmp_path / "tiny")) - {"3"}
    text = (tmp_path / "tiny" / "batching_parameters.txt").read_text()
    found = parsed(messages, "BatchingParameters", text)
    assert 1 <= found.num_batch_threads.value <= measure.cores_of_process()
    readme = (tmp_path / "tiny" / "README.md").read_text()
    assert "# tiny, version 3" in readme and "| 4 | " in readme and "| 8 | " not in readme
    config = tmp_path / "tiny" / bundle.MODELS
    edited = config.read_text().replace('"stable" value: 3', '"stable" value: 2')
    config.write_text(edited)
    monitoring = tmp_path / "tiny" / "monitoring.config"
    monitoring.unlink()
    with pytest.MonkeyPatch.context() as patch:
        signatures = facts().signatures
        patch.setattr(measure, "measure", lambda *_: (measured(), signatures))
        assert bundle.MODELS not in bundle.write_bundle(str(path), limits)
    assert config.read_text() == edited and monitoring.exists()


@pytest.mark.parametrize("name", ["a b", "a:b", "-a", "ä"])
def test_folders_that_name_no_model(name, tmp_path):
    with pytest.raises(ZooError, match="names the model after its folder"):
        bundle.check_name(tmp_path / name)
    arguments = ["--preset=p", f"--out={tmp_path / name}", "--bundle"]
    assert saved_model.main(arguments) == 1
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(("value", "words"), [
    ("", "numbers of rows such as 1,4,16"), ("1;4", "numbers of rows"), ("0", "from 1 to 64"),
    ("65", "each size of warmup must be a whole number from 1 to 64, got 65"),
    (",".join(map(str, range(1, 18))), "1 to 16 sizes, got 17"),
])
def test_sizes_of_warm_up_requests_that_are_refused(value, words, capsys):
    assert saved_model.main(["--preset=p", "--out=x", f"--warmup={value}"]) == 1
    assert words in capsys.readouterr().err


def test_sizes_of_warm_up_requests():
    options = saved_model.parse(["--preset=p", "--out=x", "--warmup=2,8,2"])
    assert options.warmup == (2, 8)
    assert saved_model.parse(["--preset=p", "--out=x"]).warmup == saved_model.WARMUP
