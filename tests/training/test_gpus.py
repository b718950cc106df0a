"""What is calculated for named GPUs."""

import types

import pytest

from zoo.training.cost import Cost, time_text
from zoo.training.gpus import BANDWIDTH, COMPUTE, GPUS, OVERHEAD, describe_gpus

V100, A100, H100, H200 = GPUS


def test_the_peaks_of_the_data_sheets():
    assert [gpu.bandwidth for gpu in GPUS] == [900e9, 2039e9, 3350e9, 4800e9]
    assert V100.flops["float32"] == 15.7e12 and A100.flops["TF32"] == 156e12
    assert A100.flops["bfloat16"] == 312e12 and H100.flops == H200.flops
    assert [gpu.memory for gpu in GPUS] == [32e9, 80e9, 80e9, 141e9]


def test_the_precision_that_a_run_has():
    assert [gpu.precision("float32") for gpu in GPUS] == ["float32", "TF32", "TF32", "TF32"]
    assert [gpu.precision("mixed_bfloat16") for gpu in (V100, A100)] == ["float32", "bfloat16"]


def test_seconds_follow_from_the_assumptions():
    step = Cost(flops=1e12, traffic=1e9, operations=100, memory=1e9)
    expected = 1e12 / (COMPUTE * 156e12) + 1e9 / (BANDWIDTH * 2039e9) + 100 * OVERHEAD
    assert A100.machine("float32").seconds(step) == pytest.approx(expected)


def test_a_line_per_gpu():
    step = Cost(flops=15.7e12, traffic=0, operations=0, memory=30e9, variables=10e9)
    config = types.SimpleNamespace(dtype="float32", steps=7200)
    lines = describe_gpus(step, config).splitlines()
    assert lines[0].startswith("calculated, not measured")
    assert lines[1] == (
        "  V100 32 GB, float32: 2.5 s per step, 5.0 h in all, 40 GB, which it does not have")
    assert "A100 80 GB, TF32" in lines[2] and lines[2].endswith("40 GB")
    assert len(lines) == 1 + len(GPUS)


def test_times_in_words():
    assert [time_text(s) for s in (90, 7200, 86400 * 30)] == ["1.5 min", "2.0 h", "30.0 days"]
