"""The calculated table of many GPUs, and the check for a machine with a GPU."""

import pytest

from tests.benchmarks import accelerator, scaling
from zoo.training.cost import Cost, data_parallel_seconds

COST = Cost(flops=1e12, traffic=1e9, operations=1000, memory=1.0, gradients=4e8)
GPU = scaling.GPUS["H100 80 GB"]


def cells(line):
    return [cell.strip() for cell in line.split("|")][1:-1]


def test_rows_are_those_of_the_cost_model():
    one, eight, many, most = (cells(row) for row in scaling.rows("a:b", 16, COST, GPU))
    assert [row[2] for row in (one, eight, many, most)] == ["1", "8", "64", "512"]
    assert one[3] == "0" and eight[3] == "700" and most[3] == "798"  # 2 (n - 1) / n of 400 MB
    seconds = data_parallel_seconds(COST, GPU.machine("mixed_bfloat16"), 8, GPU.link(8))
    assert float(eight[4]) == pytest.approx(1e3 * seconds, abs=0.1)
    assert float(eight[6].replace(",", "")) == pytest.approx(8 * 16 / seconds, abs=1)
    assert float(many[4]) > float(eight[4]) > float(one[4])  # the net is slower than a node
    assert scaling.head(GPU).strip().split("\n")[-2].count("|") == 8 == len(one) + 1


def test_without_a_gpu_the_check_says_so(monkeypatch):
    monkeypatch.setattr("zoo.command_line.start_tensorflow", lambda: None)
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    with pytest.raises(SystemExit, match="finds no GPU here"):
        accelerator.check_devices(cpu=False)
    assert accelerator.check_devices(cpu=True) == 0


def test_a_line_per_run():
    trained = {"result": "trained", "rate": 100.0, "first": 1.0, "last": 2.0}
    line = cells(accelerator.row("dcgan:shapes", "XLA", trained, {"last": 3.0}))
    assert line == ["dcgan:shapes", "XLA", "trained", "100", "1", "2", "3"]
    failed = accelerator.row("dcgan:shapes", "XLA", {"result": "failed: why"}, trained)
    assert cells(failed)[2] == "failed: why"
    assert failed.count("|") == accelerator.HEAD.split("\n")[0].count("|")
