"""The log names a precision that is faster on this processor, and the memory of the process."""

import json
import subprocess
import sys

import pytest
import tensorflow as tf

from recipes import attn_gan, dcgan
from tests.support.recipes import train
from tests.support.runs import ROOT, environment
from zoo.training.config import to_plain
from zoo.training.hardware import automatic_precision, peak_memory, precision_line
from zoo.training.run_folder import as_begun


@pytest.mark.parametrize(
    ("dtype", "text", "named"),
    [
        ("mixed_bfloat16", "processor\t: 0\nflags\t\t: fpu avx avx2\n", "float32"),
        ("mixed_bfloat16", "processor\t: 0\nflags\t\t: fpu avx2 avx512_bf16\n", ""),
        ("mixed_bfloat16", "Features\t: fp asimd bf16\n", ""),
        ("mixed_bfloat16", "Features\t: fp asimd\n", "float32"),
        ("mixed_bfloat16", "nothing known\n", ""),
        ("float32", "flags\t\t: fpu avx avx2\n", ""),
        ("float32", "flags\t\t: fpu avx2 amx_bf16\n", "mixed_bfloat16"),
        ("mixed_float16", "flags\t\t: fpu avx2 amx_bf16\n", ""),
    ],
)
def test_a_faster_precision_is_named(tmp_path, monkeypatch, dtype, text, named):
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    path = tmp_path / "cpuinfo"
    path.write_text(text, "utf-8")

    def advice(path):
        return precision_line(dtype, dtype, path)

    assert (f"--config.dtype={named} " in advice(path)) if named else advice(path) == ""
    assert advice(tmp_path / "none") == ""
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: ["a GPU"])
    assert advice(path) == ""


@pytest.mark.parametrize(
    ("flags", "chosen", "why"),
    [
        ("avx2 avx512_bf16", "mixed_bfloat16", "this processor has instructions for it"),
        ("avx2", "float32", "auto is bfloat16 only without"),
    ],
)
def test_auto_is_the_faster_precision(tmp_path, monkeypatch, flags, chosen, why):
    devices = []
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: devices)
    path = tmp_path / "cpuinfo"
    path.write_text(f"flags\t: fpu {flags}\n", "utf-8")
    assert automatic_precision(path) == chosen
    line = precision_line("auto", chosen, path)
    assert line.startswith(f"dtype: {chosen}; {why}")
    devices.append("a GPU")
    assert automatic_precision(path) == "float32"
    assert automatic_precision(tmp_path / "none") == "float32"


def test_a_run_that_began_with_auto_keeps_its_precision(tmp_path, monkeypatch):
    """Also where the other would be faster, such as on another machine."""
    other = {"float32": "mixed_bfloat16", "mixed_bfloat16": "float32"}
    config = dcgan.get_config("shapes")
    config.update({"steps": 1, "batch_size": 4, "data": {"count": 16}, "dtype": "auto"})
    here = automatic_precision()
    assert train(config, tmp_path / "run")
    monkeypatch.setattr("zoo.training.launch.automatic_precision", lambda: other[here])
    monkeypatch.setattr("zoo.training.launch.precision_line", lambda *_: "another would be faster")
    config.steps = 2
    assert train(config, tmp_path / "run")
    log = (tmp_path / "run" / "log.txt").read_text()
    assert log.count(f"dtype: {here}; ") == 1 and "faster" not in log
    assert json.loads((tmp_path / "run" / "config.json").read_text())["dtype"] == here


def test_a_run_from_before_auto_keeps_its_precision(tmp_path):
    """That of its pre-training too."""
    config = attn_gan.get_config("emoji")
    assert config.dtype == config.pretraining.dtype == "auto"
    begun = to_plain(config)
    begun["dtype"] = begun["pretraining"]["dtype"] = "float32"
    (tmp_path / "config.json").write_text(json.dumps(begun))
    now = as_begun(config, tmp_path)
    assert (now.dtype, now.pretraining.dtype) == ("float32", "float32")


def test_peak_memory_grows_with_what_a_process_takes(monkeypatch):
    def taken():
        amount, unit, *_ = peak_memory().split()
        assert unit == "GB"
        return float(amount)

    before = taken()
    block = bytearray(b"x") * 700_000_000
    assert taken() > before or len(block) < before * 1e9  # an earlier peak may have been higher
    monkeypatch.setattr("tensorflow.config.list_logical_devices", lambda kind: [Device("GPU:0")])
    monkeypatch.setattr("tensorflow.config.experimental.get_memory_info",
                        lambda name: {"current": 1, "peak": 2_500_000_000})
    assert peak_memory().endswith(", 2.5 GB of a GPU's")


class Device:
    """A device of TensorFlow with a name."""

    def __init__(self, name):
        self.name = name


def test_threads_are_set_before_tensorflow_starts():
    program = (
        "from zoo.training.hardware import set_threads; import tensorflow as tf; "
        "print([set_threads(1)], tf.config.threading.get_intra_op_parallelism_threads()); "
        "tf.zeros(1); print(set_threads(1), set_threads(0), set_threads(2))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment(), text=True,
                          capture_output=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "[''] 1"
    assert second.strip().startswith("config.threads=2 has no effect: TensorFlow has started")


def test_the_log_names_threads_that_came_too_late(tmp_path):
    tf.zeros(1)
    config = dcgan.get_config("shapes")
    config.threads = 3
    config.steps = 1
    config.sample_every = 0
    config.data.count = 32
    config.model.filters = 4
    assert train(config, tmp_path / "run")
    assert "config.threads=3 has no effect" in (tmp_path / "run" / "log.txt").read_text()
