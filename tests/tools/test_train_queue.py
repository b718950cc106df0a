"""The training queue: order, needs, resuming; with a stand-in for the training program."""

import sys

import pytest

from tools.train_queue import Queue
from tools.training_plan import PLAN, Job, Preset

# Takes the place of Python: `nice -n 19 PROGRAM -m recipes.train --config=... --workdir=OUT ...`.
PROGRAM = """#!{python}
import json, pathlib, sys
options = dict(a.split("=", 1) for a in sys.argv[3:])
print(" ".join(sys.argv[1:]))
folder = pathlib.Path(options.get("--workdir") or options["--out"])
folder.mkdir(parents=True, exist_ok=True)
if folder.name == "broken":
    sys.exit("it failed")
if sys.argv[2] == "recipes.train":
    steps = int(options["--config.steps"])
    (folder / "config.json").write_text(json.dumps({{"steps": steps}}))
    (folder / "presets.json").write_text(json.dumps({{"last": {{"step": steps}}}}))
else:
    (folder / "metadata.json").write_text("{{}}")
"""


@pytest.fixture
def queue(tmp_path):
    program = tmp_path / "python"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)

    def make(*plan):
        return Queue(list(plan), tmp_path / "out", tmp_path / "data", str(program))

    return make


ENCODER = Job("reader", program="train_encoder", settings={"data": "classes:DATA", "steps": 3})
GAN = Job("gan", "dcgan.py:shapes", "a.zip", {"steps": 5, "damsm": Preset("reader")}, ("reader",))


def test_jobs_run_in_order_with_the_presets_that_they_need(queue, tmp_path):
    made = queue(GAN, ENCODER)
    assert made.ready() == [ENCODER]
    assert made.run(2) == 0 and made.ready() == []
    log = (tmp_path / "out" / "gan.log").read_text()
    assert f"--config.damsm={tmp_path}/out/reader" in log and "--config.threads=1" in log
    assert f"--config.data.directory={tmp_path}/data/a.zip" in log
    assert f"--data=classes:{tmp_path}/data/emoji.zip" in (tmp_path / "out/reader.log").read_text()


def test_a_preset_that_ships_need_not_be_trained_again(queue, tmp_path):
    """But where this queue has trained it, the new one is used."""
    shipped = Job("damsm_emoji_64", program="train_encoder", settings={"steps": 3})
    gan = Job("gan", "dcgan.py:shapes", settings={"steps": 5, "damsm": Preset(shipped.name)},
              needs=(shipped.name,))
    made = queue(shipped, gan)
    assert made.ready() == [shipped, gan] and made.run(1, {"gan"}) == 0
    log = tmp_path / "out" / "gan.log"
    assert "--config.damsm=damsm_emoji_64" in log.read_text()
    made.run(1, {shipped.name})
    (tmp_path / "out" / "gan" / "presets.json").unlink()
    assert made.run(1) == 0
    assert f"--config.damsm={tmp_path}/out/damsm_emoji_64" in log.read_text()


def test_a_run_that_is_not_at_its_last_step_is_started_again(queue, tmp_path):
    made = queue(ENCODER, GAN)
    made.run(1)
    (tmp_path / "out" / "gan" / "presets.json").write_text('{"last": {"step": 4}}')
    assert made.ready() == [GAN] and "waiting" not in made.status()
    longer = Job("gan", "dcgan.py:shapes", "a.zip", {"steps": 9}, ("reader",))
    assert queue(ENCODER, longer).ready() == [longer]


def test_a_failure_does_not_stop_the_others(queue):
    broken, after = (Job(name, "x.py", settings={"steps": 1}) for name in ("broken", "after"))
    needs = Job("needs", "x.py", settings={"steps": 1}, needs=("broken",))
    made = queue(broken, needs, after)
    assert made.run(1) == 1
    assert [made.is_done(job) for job in made.plan] == [False, False, True]


def test_a_job_keeps_the_tree_it_was_started_from(queue, tmp_path):
    queue(ENCODER).run(1)
    mark = tmp_path / "out" / "reader.tree"
    tree = tmp_path / "out" / mark.read_text()
    assert (tree / "recipes" / "train.py").exists() and (tree / "zoo" / "__init__.py").exists()
    mark.write_text("tree-older")
    assert queue(ENCODER)._tree(ENCODER).name == "tree-older"


def test_a_job_needs_known_jobs(queue):
    with pytest.raises(SystemExit, match="needs \\['reader'\\]"):
        queue(GAN)


def test_the_plan_is_consistent(tmp_path):
    made = Queue(PLAN, tmp_path, tmp_path)
    for job in PLAN:
        assert all(argument.startswith("--") for argument in job.arguments(made))
    for job in PLAN:  # the members of a pair differ in mode seeking alone
        for other in PLAN:
            if other.name == job.name.replace("_ms_", "_") != job.name:
                weight = job.settings["model.mode_seeking_weight"]
                assert weight > 0 and "model.mode_seeking_weight" not in other.settings
                assert job.settings == {**other.settings, "model.mode_seeking_weight": weight}
                assert job.recipe == other.recipe
