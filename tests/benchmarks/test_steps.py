"""The benchmark of all systems: what it makes, and how its figures become a table."""

import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.benchmarks import document, step_peers, step_subjects, step_tables, steps
from zoo.training import cost

CALL = {"wall": 0.5, "cpu": 0.8, "faults": 1000, "memory": 2_000_000}
COST = {"flops": 1e11, "traffic": 1e9, "operations": 100, "memory": 1e9, "variables": 1.0,
        "gradients": 1.0}
SPEEDS = [{"flops": 1e11, "bandwidth": 1e10, "overhead": 1e-5},
          {"flops": 4e11, "bandwidth": 5e9, "overhead": 1e-6}]
FACTS = "- Date: 2026-11-20\n- Machine: quick, 2 cores\n- Versions: keras 3.15\n"


def side(factor=1.0, calls=("step", "generate"), flops=1e11):
    """Figures of a side that takes `factor` of the time of others."""
    samples = [{**CALL, "wall": factor * wall, "cpu": factor * CALL["cpu"]} for wall in (0.5, 0.7)]
    costs = {what: {**COST, "flops": flops} for what in calls}
    facts = {"batch": 10, "costs": costs, "memory": 1_000_000, "layout": "NCHW"}
    return {"facts": facts, "machine": SPEEDS, **{what: samples for what in calls}}


FOUND = {
    "float32": side(), "mixed_bfloat16": side(0.5), "seeking": side(1.5, ["step"], 1.25e11),
    "torch": side(2.0), "torch_kept": side(1.6),
}


def cells(line):
    return [cell.strip() for cell in line.split("|")][1:-1]


def test_every_column_of_every_table_is_filled():
    rows = step_tables.rows("dcgan", "cpu", FOUND)
    assert [len(lines) for lines in rows.values()] == [4, 2, 1]
    for table, lines in rows.items():
        for line in lines:
            assert len(cells(line)) == len(step_tables.COLUMNS[table]) and all(cells(line))


def test_figures_of_the_zoo_take_the_best_speeds():
    step, half, generate, _ = step_tables.rows("dcgan", "cpu", FOUND)[step_tables.OURS]
    assert cells(step)[2:-1] == [
        "training step", "float32", "10", "500.0 / 600.0", "16.7", "800.0", "100.00", "50%",
        "350.1", "1,000", "2,000", "1",
    ]
    assert cells(half)[-2] == "0.50 (0.50 - 0.50)" and cells(generate)[-3] == "1,000"


@pytest.mark.parametrize(("factor", "name"), [(0.5, "mixed_bfloat16"), (2, "float32")])
def test_the_faster_precision(factor, name):
    assert step_tables.faster({"float32": side(), "mixed_bfloat16": side(factor)}) == name


def test_ratios_are_of_neighboring_calls():
    step, generate = step_tables.rows("dcgan", "cpu", FOUND)[step_tables.PYTORCH]
    same = [f"{value:.2f} ({value:.2f} - {value:.2f})" for value in (0.5, 0.625, 0.25)]
    assert cells(step)[2:-1] == [
        "training step", "600.0 (16.7)", "300.0 (33.3)", "1200.0 (8.3) NCHW",
        *(text for text in same for _ in range(2)), "1,000 / 1,000 / 1,000",
    ]
    assert cells(generate)[2] == "generate"
    ours, theirs = (
        {"step": [{"wall": wall} for wall in walls]} for walls in ((1, 1, 5), (2, 1, 1))
    )
    assert step_tables.ratio("step", "wall", ours, theirs) == "1.00 (0.75 - 3.00)"


def test_mode_seeking_next_to_its_arithmetic():
    (row,) = step_tables.rows("dcgan", "cpu", FOUND)[step_tables.SEEKING]
    assert cells(row)[2:-1] == ["600.0", "900.0", *["1.50 (1.50 - 1.50)"] * 2, "1.25", "1.18"]


def test_without_pytorch_and_of_a_reference_that_only_generates():
    alone = {name: FOUND[name] for name in ("float32", "mixed_bfloat16")}
    rows = step_tables.rows("damsm", "cpu", alone)
    assert not rows[step_tables.PYTORCH] and not rows[step_tables.SEEKING]
    only = {**alone, **{name: side(calls=["generate"]) for name in ("torch", "torch_kept")}}
    (row,) = step_tables.rows("attn_gan", "paper", only)[step_tables.PYTORCH]
    assert cells(row)[2] == "generate"


def test_rows_of_other_systems_stay_on_the_page(tmp_path):
    path = tmp_path / "page.md"
    document.write_part(path, "metrics", "## Metrics")

    def write(system, scale="cpu", facts=FACTS):
        rows = step_tables.rows(system, scale, FOUND)
        step_tables.write(path, facts, system, scale, rows)
        lines = document.read_part(path, "steps").split("\n")
        return [cells(line)[:2] for line in lines if line.startswith(("| d", "| p"))]

    write("pix2pix")
    write("dcgan", "paper")
    found = write("dcgan")
    assert write("dcgan") == found and len(found) == 3 * 7
    order = [["dcgan", "cpu"], ["pix2pix", "cpu"], ["dcgan", "paper"]]
    assert found[:12] == [key for key in order for _ in range(4)]
    later = FACTS.replace("11-20", "11-21")
    assert write("dcgan", facts=later) == found and later in path.read_text()
    slow = FACTS.replace("quick", "slow")
    assert step_tables.drops(path, later) == "" == step_tables.drops(tmp_path / "new.md", slow)
    assert re.match("The 21 rows of .* will be dropped .*quick.*slow.*--out=FILE",
                    step_tables.drops(path, slow))
    assert len(write("dcgan", facts=slow)) == 7
    assert "## Metrics" in path.read_text()


def test_sides_take_turns():
    facts = {"a": {"calls": ["step", "generate"]}, "b": {"calls": ["machine", "step"]}}
    asked = []
    found = steps.take_turns(
        {"a": 1, "b": 2}, facts, 0, ask=lambda child, what: asked.append((child, what)) or {}
    )
    first = [(2, "machine"), (1, "step"), (2, "step"), (1, "generate")]
    assert asked == first + [(2, "machine"), (2, "step"), (1, "step"), (1, "generate")]
    assert {name: len(calls) for name, calls in found["a"].items()} == {"step": 2, "generate": 2}


@pytest.mark.parametrize("end, hint", [
    ("sys.exit(3)", "ended with status 3.$"),
    ("os.kill(os.getpid(), 9)", "ended with status -9: killed, most likely for want of memory"),
])
def test_a_side_that_ends_early(end, hint):
    child = subprocess.Popen([sys.executable, "-c", f"import os, sys; {end}"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with child, pytest.raises(RuntimeError, match=hint):
        steps._answer(child)


def test_arguments(capsys):
    options = steps.parse(["--systems=dcgan,drit", "--scale=cpu"])
    assert options.systems == ["dcgan", "drit"] and options.scale == ["cpu"]
    with pytest.raises(SystemExit):
        steps.parse(["--systems=nothing"])
    assert "attn_gan" in capsys.readouterr().err


def test_which_sides_are_compared(monkeypatch):
    monkeypatch.setattr(step_peers, "has_peer", lambda system: system != "damsm")
    assert steps.sides("dcgan", "cpu") == (
        "float32", "mixed_bfloat16", "seeking", "torch", "torch_kept"
    )
    assert "seeking" not in steps.sides("dcgan", "paper")
    assert steps.sides("damsm", "cpu") == ("float32", "mixed_bfloat16")


@pytest.mark.parametrize("system", ["dcgan", "drit"])
def test_a_subject_trains_at_the_recipes_size(system, request):
    model, batch = step_subjects.make(system, "cpu")
    dataset = step_subjects.RECIPES[system][0]
    config = step_subjects.recipe(system, dataset)
    assert model.get_config()["latent_dim"] == config.model.latent_dim
    assert len(next(iter(batch.values()))) == config.batch_size
    if system == "dcgan" or request.config.getoption("--large"):  # DRIT's graph takes long
        assert cost.step_cost(model, batch).flops > 1e9


def test_drit_has_a_batch_that_it_can_halve():
    assert step_subjects.RECIPES["drit"][-1] % 2 == 0


def test_a_subject_with_mode_seeking():
    model, _ = step_subjects.make("dcgan", "cpu", seeking=True)
    assert model.latents_per_condition == 2
    assert step_subjects.make("dcgan", "cpu")[0].latents_per_condition == 1


def test_conditions_of_a_batch():
    rng = np.random.default_rng(0)
    batch = {
        "tokens": tf.constant([[2, 3, 0]]), "lengths": tf.constant([2]),
        "labels": tf.constant([7]), "source": tf.constant([[[[-1.0, 0.0, 1.0]]]]),
        "words": tf.constant(rng.normal(size=(1, 3, 2))), "sentence": tf.constant([[1.0]]),
    }
    assert step_subjects.conditions("dm_gan", batch) == ["w2 w3"]
    assert step_subjects.conditions("dcgan", batch) == [7]
    assert step_subjects.conditions("pix2pix", batch).tolist() == [[[[0, 128, 255]]]]
    assert set(step_subjects.conditions("xmc_gan", batch)) == {"words", "sentence", "lengths"}
