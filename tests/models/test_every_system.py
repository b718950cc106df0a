"""Tests of every system: all trained variables change and no frozen one, bit-exact resume, presets.

One model and one compiled step per system, traced as in `recipes.train`, for all tests. Tests of a
single system are in its own file, without a graph.
"""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.support import tiny
from tests.support.graphs import convolution_paddings
from tests.support.tiny_systems import SYSTEMS


class Trained:
    """A system and the results of its steps.

    Attributes: `example`, `model`, `states` (the content of a checkpoint, before and after each of
    three steps), `logs` of the first two steps, `again` (the state after the third step, repeated
    from the checkpoint after the second one).
    """

    def __init__(self, example, path):
        self.example, self.model = example, example.make()
        self.step = tf.function(self.model.train_step, autograph=False)
        self.states, self.logs = [self.state()], []
        for number in range(2):
            self.model.reset_metrics()
            logs = self.step(example.batch(number))
            self.logs.append({name: float(value) for name, value in logs.items()})
            self.states.append(self.state())
        self.model.save_checkpoint(path)
        self.step(example.batch(2))
        self.states.append(self.state())
        self.step(example.batch(7))  # anything else
        self.model.load_checkpoint(path)
        self.loaded = self.state()
        self.step(example.batch(2))
        self.again = self.state()

    def state(self):
        return tiny.snapshot(self.model.checkpoint_variables())


@pytest.fixture(scope="module", params=SYSTEMS)
def trained(request, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param) / "c.h5"
    return Trained(SYSTEMS[request.param], str(path))


def test_no_convolution_of_the_step_has_explicit_padding(trained):
    """TensorFlow has no oneDNN kernel for the gradients of such a convolution: on a CPU they are
    several times slower in float32, and more than ten times slower in bfloat16."""
    step = trained.step.get_concrete_function(trained.example.batch(0))
    paddings = convolution_paddings(step)
    assert len(paddings) > 6  # forward and both gradients, of a discriminator at the least
    assert set(paddings) <= {b"SAME", b"VALID"}


def test_two_steps_change_every_trained_variable_and_nothing_frozen(trained):
    before, after = trained.states[0], trained.states[2]
    names = list(trained.model.network_variables())
    assert {name.split("/")[0] for name in names} == set(trained.model.networks)
    for name in names:
        same = np.array_equal(before[name], after[name])
        frozen = name.startswith(trained.example.frozen) if trained.example.frozen else False
        if frozen or not trained.example.still(name, before[name].shape):
            assert same == frozen, name
    assert int(after["iteration"]) == 2


def test_every_loss_is_finite_and_mode_seeking_takes_part(trained):
    for logs in trained.logs:
        assert set(logs) == set(trained.model.loss_names)
        assert np.isfinite(list(logs.values())).all()
    last = trained.logs[-1]
    assert last["mode_seeking"] > 0 and last["image_distance"] > 0


def test_a_step_from_a_checkpoint_ends_with_the_same_bits(trained):
    for saved, found in ((trained.states[2], trained.loaded), (trained.states[3], trained.again)):
        assert saved.keys() == found.keys()
        assert not [name for name in saved if not np.array_equal(saved[name], found[name])]


def test_a_graph_takes_the_step_that_python_takes(trained):
    """The second one, up to the order of sums: a value frozen by tracing the first would differ."""
    model, example = trained.model, trained.example
    for name, variable in model.checkpoint_variables().items():
        variable.assign(trained.states[1][name])
    model.reset_metrics()
    logs = model.train_step(example.batch(1))
    for name, want in trained.logs[1].items():
        np.testing.assert_allclose(float(logs[name]), want, 2e-3, 2e-4, err_msg=name)
    assert int(model.iteration) == 2


def test_the_preset_generates_the_same_images(trained, tmp_path):
    model, condition = trained.model, trained.example.condition
    images = model.generate(condition, seed=7)
    assert images.dtype == np.uint8 and len(images) == 2 and images.shape[-1] == 3
    model.save_to_preset(str(tmp_path / "p"))
    loaded = zoo.from_preset(str(tmp_path / "p"))
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(images, loaded.generate(condition, seed=7))


def test_drit_trains_by_its_schedule(trained):
    """The content discriminator alone, everything, the content discriminator alone."""
    model, states = trained.model, trained.states
    if not hasattr(model, "full_step_every"):
        pytest.skip("only DRIT has steps of two kinds")
    moved = [
        {n.split("/")[0] for n in model.network_variables() if (a[n] != b[n]).any()}
        for a, b in zip(states, states[1:], strict=False)
    ]
    only = {"content_discriminator"}
    assert moved == [only, set(model.network_names), only]
    assert int(states[3]["iteration"]) == 3
