"""The log names a precision that is faster on this processor, and the memory of the process."""

import pytest

from zoo.training.hardware import peak_memory, precision_advice


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
    advice = precision_advice(dtype, path)
    assert (f"--config.dtype={named} " in advice) if named else advice == ""
    assert precision_advice(dtype, tmp_path / "none") == ""
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: ["a GPU"])
    assert precision_advice(dtype, path) == ""


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
