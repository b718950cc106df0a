"""The benchmark of all systems: what it makes, and how its figures become a table."""

import pytest

from tests.benchmarks import step_subjects, steps
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
