"""The benchmark of all systems: what it makes, and how its figures become a table."""

import numpy as np
import pytest
import tensorflow as tf

from tests.benchmarks import step_peers, step_subjects, steps
from zoo.training import cost

STEP = {"wall": 0.5, "cpu": 0.8, "faults": 1000, "memory": 2_000_000}
FIGURES = {
    "cost": {"flops": 1e11, "traffic": 1e9, "operations": 100, "memory": 1e9, "variables": 1.0,
             "gradients": 1.0},
    "machine": [{"flops": 1e11, "bandwidth": 1e10, "overhead": 1e-5},
                {"flops": 4e11, "bandwidth": 5e9, "overhead": 1e-6}],
    "step": [STEP, {**STEP, "wall": 0.7}],
}


def test_a_row_takes_the_best_speeds():
    cells = [cell.strip() for cell in steps.row("dcgan", "cpu", "float32", FIGURES).split("|")]
    assert cells[1:-1] == [
        "dcgan", "cpu", "float32", "500.0 / 600.0", "800.0", "100.00", "50%", "350.1", "1,000",
        "2,000",
    ]
    assert len(cells) - 2 == steps.HEAD.split("\n")[0].count("|") - 1


@pytest.mark.parametrize(("factor", "faster"), [(0.5, "mixed_bfloat16"), (2, "float32")])
def test_the_choice_is_the_faster_one(factor, faster):
    half = {**FIGURES, "step": [{**s, "cpu": s["cpu"] * factor} for s in FIGURES["step"]]}
    text = steps.choice("dcgan", "cpu", {"float32": FIGURES, "mixed_bfloat16": half})
    assert f"dcgan, cpu: {faster} " in text and f"{factor:.2f}" in text


def test_arguments(capsys):
    options = steps.parse(["--systems=dcgan,drit", "--scale=cpu"])
    assert options.systems == ["dcgan", "drit"] and options.scale == ["cpu"]
    with pytest.raises(SystemExit):
        steps.parse(["--systems=nothing"])
    assert "attn_gan" in capsys.readouterr().err


@pytest.mark.parametrize("system", ["dcgan", "drit"])
def test_a_subject_trains_at_the_recipes_size(system, request):
    model, batch = step_subjects.make(system, "cpu")
    dataset = step_subjects.RECIPES[system][0]
    config = step_subjects.recipe(system, dataset)
    assert model.get_config()["latent_dim"] == config.model.latent_dim
    assert len(next(iter(batch.values()))) == config.batch_size
    if system == "dcgan" or request.config.getoption("--large"):  # DRIT's graph takes long
        assert cost.step_cost(model, batch).flops > 1e9


def test_ratios_are_of_neighboring_calls():
    ours = {"float32": {what: [STEP, STEP, {**STEP, "wall": 5.0}] for what in step_peers.WHAT}}
    calls = [{**STEP, "wall": wall, "cpu": 1.6} for wall in (1.0, 1.0, 5.0)]
    theirs = {"float32": {**dict.fromkeys(step_peers.WHAT, calls), "cost": {"layout": "NCHW"}}}
    step, generate = step_peers.rows("dcgan", "cpu", ours, theirs)
    cells = [cell.strip() for cell in step.split("|")][1:-1]
    assert cells == [
        "dcgan", "cpu", "float32", "training step", "500.0", "1000.0 (NCHW)",
        "0.50 (0.50 - 1.00)", "0.50 (0.50 - 0.50)",
    ]
    assert "| generate |" in generate
    assert step_peers.rows("damsm", "cpu", ours, {}) == [] and step_peers.table([]) == ""
    *_, head, _, row, _ = step_peers.table([step]).split("\n")
    assert row == step and head.count("|") == row.count("|")


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
