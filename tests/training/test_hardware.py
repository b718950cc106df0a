"""A precision that the processor only imitates is told of."""

import pytest

from zoo.training.hardware import bfloat16_warning


@pytest.mark.parametrize(
    ("dtype", "text", "told"),
    [
        ("mixed_bfloat16", "processor\t: 0\nflags\t\t: fpu avx avx2\n", True),
        ("mixed_bfloat16", "processor\t: 0\nflags\t\t: fpu avx2 avx512_bf16\n", False),
        ("mixed_bfloat16", "Features\t: fp asimd bf16\n", False),
        ("mixed_bfloat16", "Features\t: fp asimd\n", True),
        ("mixed_bfloat16", "nothing known\n", False),
        ("float32", "flags\t\t: fpu avx avx2\n", False),
    ],
)
def test_only_an_imitated_precision_is_noted(tmp_path, monkeypatch, dtype, text, told):
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    path = tmp_path / "cpuinfo"
    path.write_text(text, "utf-8")
    assert ("float32" in bfloat16_warning(dtype, path)) == told
    assert bfloat16_warning(dtype, tmp_path / "none") == ""
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: ["a GPU"])
    assert bfloat16_warning(dtype, path) == ""
