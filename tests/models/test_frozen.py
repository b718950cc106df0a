"""Tests of training with frozen layers and networks (`trainable = False`)."""

import numpy as np
import pytest

import zoo
from tests.support import tiny
from tests.support.tiny_systems import SYSTEMS
from zoo.errors import ZooError

STATISTICS = ("moving_mean", "moving_variance")


def compiled(freeze, before):
    """A DCGAN in which `freeze` (a function of the model) freezes parts, before or after
    `compile`."""
    model = SYSTEMS["dcgan"].make(compiled=False)
    model.build_for_training()
    if before:
        freeze(model)
    model.compile(generator_optimizer=tiny.adam(), discriminator_optimizer=tiny.adam())
    if not before:
        freeze(model)
    return model


def trained(model):
    """Names of the weights, without statistics, that a step changes."""
    variables = model.network_variables()
    before = tiny.snapshot(variables)
    model.train_step(SYSTEMS["dcgan"].batch(0))
    after = tiny.snapshot(variables)
    return {
        name for name in before
        if not name.endswith(STATISTICS) and not np.array_equal(before[name], after[name])
    }


@pytest.fixture(scope="module")
def all_trained():
    return trained(compiled(lambda model: None, True))


@pytest.mark.parametrize("before", [True, False], ids=["before_compile", "after_compile"])
@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_a_frozen_network_keeps_its_weights_and_the_other_trains(all_trained, name, before):
    def freeze(model):
        getattr(model, name).trainable = False

    still = (name, f"ema_{name}")
    expected = {weight for weight in all_trained if weight.split("/")[0] not in still}
    assert trained(compiled(freeze, before)) == expected


@pytest.mark.parametrize("before", [True, False], ids=["before_compile", "after_compile"])
def test_a_frozen_layer_keeps_its_weights(all_trained, before):
    def freeze(model):
        model.discriminator.convs[0].trainable = False

    expected = {weight for weight in all_trained if "discriminator/conv_1/" not in weight}
    assert trained(compiled(freeze, before)) == expected != all_trained


def test_training_with_everything_frozen_is_refused():
    def freeze(model):
        model.trainable = False

    with pytest.raises(ZooError, match="DCGAN has nothing to train: all its networks are frozen"):
        compiled(freeze, True).fit(iter([SYSTEMS["dcgan"].batch(0)]), verbose=0)


def test_trainable_is_no_argument():
    with pytest.raises(ZooError, match="DCGAN has no argument `trainable`"):
        zoo.models.DCGAN(trainable=False)
