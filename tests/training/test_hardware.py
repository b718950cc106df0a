"""The log names a precision that is faster on this processor."""

import pytest

from zoo.training.hardware import precision_advice


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
