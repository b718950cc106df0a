"""The training loop: bit-exact resume, stops, non-finite values, presets."""

import json
import os
import signal
import types

import numpy as np
import pytest
import tensorflow as tf

from tests.training.fakes import Score, TinySystem, config, experiment
from zoo.errors import ZooError
from zoo.training import launch
from zoo.training.cluster import make_strategy
from zoo.training.run_folder import RunFolder
from zoo.training.trainer import Trainer


def run(directory, model=None, settings=None, **kwargs):
    model = model or TinySystem()
    settings = settings or config()
    folder = RunFolder(directory, settings, quiet=True)
    try:
        done = Trainer(experiment(model, **kwargs), settings, folder).run()
    finally:
        folder.close()
    return model, done


def state(model):
    return {name: np.asarray(v) for name, v in model.checkpoint_variables().items()}


def assert_same(a, b):
    for name, value in state(a).items():
        np.testing.assert_array_equal(value, state(b)[name], err_msg=name)


def test_resumed_run_equals_uninterrupted_run(tmp_path):
    whole, done = run(tmp_path / "whole")
    assert done and int(whole.iteration.numpy()) == 10
    run(tmp_path / "parts", settings=config(steps=4))
    parts, _ = run(tmp_path / "parts")
    assert_same(whole, parts)
    assert np.abs(np.asarray(whole.w)).max() > 0


def test_work_after_the_last_checkpoint_is_repeated(tmp_path):
    whole, _ = run(tmp_path / "whole")

    class Killed(BaseException):
        pass

    def kill(_, step):
        if step:
            raise Killed

    with pytest.raises(Killed):  # at step 5; the last checkpoint is of step 3
        run(tmp_path / "parts", samples=kill)
    parts, _ = run(tmp_path / "parts")
    assert "resumed at step 3" in (tmp_path / "parts" / "log.txt").read_text()
    assert_same(whole, parts)


def test_finished_run_does_nothing(tmp_path):
    first, _ = run(tmp_path)
    second, done = run(tmp_path)
    assert done
    assert_same(first, second)
    assert "is already done" in (tmp_path / "log.txt").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_saves_and_resumes(tmp_path, number):
    whole, _ = run(tmp_path / "whole")

    def interrupt(_, step):
        if step:
            os.kill(os.getpid(), number)

    stopped, done = run(tmp_path / "parts", samples=interrupt)
    assert not done and int(stopped.iteration.numpy()) == 5
    assert f"stopped by {number.name} at step 5" in (tmp_path / "parts" / "log.txt").read_text()
    parts, done = run(tmp_path / "parts")
    assert done
    assert_same(whole, parts)
    assert signal.getsignal(number) is not None  # the handler is restored
    assert getattr(signal.getsignal(number), "__name__", "") != "_handle"


def test_nan_stops_and_keeps_the_checkpoint(tmp_path):
    with pytest.raises(ZooError, match="step 8: loss is nan; the checkpoint of step 6 is kept"):
        run(tmp_path, model=TinySystem(nan_at=7))
    kept = TinySystem()
    kept.load_checkpoint(str(tmp_path / "checkpoints" / "last.h5"))
    assert int(kept.iteration.numpy()) == 6 and np.isfinite(np.asarray(kept.w)).all()
    assert "diverged" in (tmp_path / "log.txt").read_text()


def test_broken_weights_are_not_saved(tmp_path):
    model = TinySystem()
    model.w.assign([float("inf"), 0, 0])
    settings = config(log_every=100)
    folder = RunFolder(tmp_path, settings, quiet=True)
    trainer = Trainer(experiment(model), settings, folder)
    with pytest.raises(ZooError, match="weights of w are not finite"):
        trainer._save_checkpoint()
    folder.close()
    assert not (tmp_path / "checkpoints" / "last.h5").exists()


def test_full_disk_keeps_the_previous_checkpoint(tmp_path):
    with pytest.raises(ZooError, match="no space left"):
        run(tmp_path, model=TinySystem(fail_save_at=6))
    kept = TinySystem()
    kept.load_checkpoint(str(tmp_path / "checkpoints" / "last.h5"))
    assert int(kept.iteration.numpy()) == 3


def test_best_preset_is_the_lowest_score(tmp_path):
    settings = config(steps=15)
    run(tmp_path, settings=settings, score=Score([3.0, 1.0, 2.0], "held-out (val)"))
    assert "held-out (val) at step 10: score 1" in (tmp_path / "log.txt").read_text()
    with RunFolderNotes(tmp_path) as notes:
        assert notes["best"] == {
            "step": 10, "score": 1.0, "metric": "score", "images": "held-out (val)"}
        assert notes["last"] == {"step": 15}
    assert '"value": 1.0' in (tmp_path / "presets" / "best" / "metadata.json").read_text()


@pytest.mark.parametrize("step", [6, 12])
def test_a_kill_between_a_checkpoint_and_its_score_changes_no_preset(tmp_path, step):
    """`presets/best` and the scalars of TensorBoard are then those of an uninterrupted run."""
    settings = config(steps=12, checkpoint_every=3, sample_every=3)
    values = {3: 3.0, 6: 1.0, 9: 2.0, 12: 0.5 if step == 12 else 2.0}

    class Killed(BaseException):
        pass

    class Scored(Score):
        def __init__(self, model, kill):
            super().__init__([], "held-out (test)")
            self.model, self.kill, self.steps = model, kill, []

        def __call__(self):
            now = int(self.model.iteration)
            if self.kill and now == step:
                raise Killed
            self.steps.append(now)
            return {"score": values[now]}

    def part(folder, kill=False):
        model = TinySystem()
        score = Scored(model, kill)
        run(folder, model, settings, score=score)
        return score.steps

    assert part(tmp_path / "whole") == [3, 6, 9, 12]
    with pytest.raises(Killed):
        part(tmp_path / "parts", kill=True)
    with RunFolderNotes(tmp_path / "parts") as notes:
        assert notes["last"] == {"step": step}  # a preset of every checkpoint
    assert part(tmp_path / "parts") == [later for later in (3, 6, 9, 12) if later >= step]
    assert part(tmp_path / "parts") == []
    whole, parts = (
        (tmp_path / name / "presets.json").read_text() for name in ("whole", "parts"))
    assert whole == parts
    saved = json.loads((tmp_path / "parts/checkpoints/last.json").read_text())
    assert saved["figures"] and (saved["step"], saved["evaluated"]) == (12, 12)


def test_scores_of_other_images_are_not_compared(tmp_path):
    run(tmp_path, settings=config(steps=5), score=Score([1.0], "training"))
    run(tmp_path, settings=config(steps=10), score=Score([2.0], "held-out (test)"))
    with RunFolderNotes(tmp_path) as notes:
        assert notes["best"]["step"] == 10 and notes["best"]["images"] == "held-out (test)"
    log = (tmp_path / "log.txt").read_text()
    assert "training at step 5: score 1" in log and "selected on other images (training)" in log


MEANING = {"vocabulary": ["<end>", "cat", "dog"], "classes": ["a", "b"], "seed": 3,
           "fingerprint": "f00", "beside": {"damsm": "1234"}}


@pytest.mark.parametrize(("change", "message"), [
    ({"vocabulary": ["<end>", "cat", "wolf"]}, 'word 2 was "dog" and is now "wolf"'),
    ({"vocabulary": ["<end>", "cat", "dog", "owl"]}, r'word 3, "owl", is new \(3 there, 4 now'),
    ({"vocabulary": ["<end>", "dog"]}, r'word 1 was "cat" and is now "dog" \(3 there, 2 now'),
    ({"classes": ["b", "a"]}, 'class 0 was "a" and is now "b"'),
    ({"classes": None}, 'class 0, "a", is missing'),
    ({"seed": 4}, "its seed was 3, but config.seed is 4"),
    ({"fingerprint": "ba5"}, "it was trained on other images, captions or classes"),
    ({"beside": {"damsm": "99"}}, "its DAMSM had other weights"),
    ({"beside": {}}, "its DAMSM had other weights"),
])
def test_a_checkpoint_of_another_meaning_is_rejected(tmp_path, change, message):
    run(tmp_path, settings=config(steps=3), meaning=MEANING)
    with pytest.raises(ZooError, match=f"does not belong to this run: {message}"):
        run(tmp_path, settings=config(steps=6), meaning={**MEANING, **change})
    again, done = run(tmp_path, settings=config(steps=6), meaning=MEANING)
    assert done and int(again.iteration.numpy()) == 6


def test_a_checkpoint_without_a_meaning_resumes_and_gets_one(tmp_path):
    run(tmp_path, settings=config(steps=3))
    run(tmp_path, settings=config(steps=6), meaning=MEANING)
    assert "were not checked" in (tmp_path / "log.txt").read_text()
    with pytest.raises(ZooError, match="its seed was 3"):
        run(tmp_path, settings=config(steps=9), meaning={**MEANING, "seed": 0})


class RunFolderNotes:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        import json

        return json.loads((self.path / "presets.json").read_text())

    def __exit__(self, *_):
        pass


def test_scalars_reach_tensorboard(tmp_path):
    run(tmp_path)
    records = [
        (event.step, value.tag, float(tf.make_ndarray(value.tensor)))
        for file in (tmp_path / "events").glob("*")
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value if value.tag == "loss"
    ]
    assert [step for step, _, _ in records] == [2, 4, 6, 8, 10]
    assert all(np.isfinite(value) for _, _, value in records)


def test_batch_must_be_divisible_by_replicas(tmp_path):
    class Two:
        num_replicas_in_sync = 3

    with pytest.raises(ZooError, match="batch_size must be a multiple of the 3 replicas, got 4"):
        Trainer(experiment(TinySystem()), config(), None, Two())


def test_batch_must_be_divisible_by_the_parts_of_every_replica():
    model = TinySystem()
    model.batch_parts = 2
    strategy = types.SimpleNamespace(num_replicas_in_sync=4)
    with pytest.raises(ZooError, match="multiple of the 4 replicas x 2 parts of a batch, got 4"):
        Trainer(experiment(model), config(), None, strategy)


def test_xla_is_for_one_device():
    strategy = types.SimpleNamespace(num_replicas_in_sync=2)
    with pytest.raises(ZooError, match="jit_compile is for one device, but there are 2 replicas"):
        Trainer(experiment(TinySystem()), config(jit_compile=True), None, strategy)


@pytest.mark.parametrize(("workdir", "strategy", "message"), [
    (None, None, "workdir must be the path of a run folder, got None"),
    ("", None, "workdir must be the path of a run folder, got ''"),
    ("runs/x", "mirrored", "strategy must be a tf.distribute strategy, or None .*got 'mirrored'"),
])
def test_arguments_of_run(workdir, strategy, message):
    with pytest.raises(ZooError, match=message):
        launch.run("dcgan:shapes", workdir, strategy=strategy)


def test_cluster_without_description(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ZooError, match="TF_CONFIG"):
        make_strategy("multiworker")
