"""Tests that a model's `dtype` is that of all its networks, whenever they are created."""

import json

import keras
import pytest

import zoo
from tests.support.precision import computing_in
from tests.support.tiny import adam
from tests.support.tiny_systems import SYSTEMS
from zoo.errors import ZooError


def precisions(model):
    """dict of name -> policy of every layer of the model."""
    return {
        f"{name}/{layer.path}/{number}": layer.dtype_policy.name
        for name, network in model.networks.items()
        for number, layer in enumerate(network._flatten_layers())
    }


def counted_loss_scales(model):
    optimizers = [getattr(model, name) for name in model.optimizer_names]
    return sum(isinstance(one, keras.optimizers.LossScaleOptimizer) for one in optimizers)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_the_argument_equals_keras_own_policy(name, dtype):
    make = SYSTEMS[name].make
    with computing_in(dtype):
        expected = make()
    model = make(dtype=dtype)
    assert precisions(model) == precisions(expected)
    assert dtype in precisions(model).values()
    assert counted_loss_scales(model) == counted_loss_scales(expected)
    assert bool(counted_loss_scales(model)) == (dtype == "mixed_float16")
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_step_in_the_precision_of_the_argument(name):
    example = SYSTEMS[name]
    model = example.make(dtype="mixed_bfloat16")
    logs = model.train_step(example.batch(0))
    assert all(float(value) == float(value) for value in logs.values())


def test_networks_made_later_have_the_precision_of_a_loaded_preset():
    model = zoo.from_preset("dcgan_ms_cifar10_32", dtype="mixed_float16")
    model.compile(generator_optimizer=adam(), discriminator_optimizer=adam())
    policies = {name: network.dtype_policy.name for name, network in model.networks.items()}
    assert policies == dict.fromkeys(("generator", "ema_generator", "discriminator"),
                                     "mixed_float16")
    assert counted_loss_scales(model) == 2


def test_a_loss_scale_of_the_users_own_is_kept():
    model = SYSTEMS["dcgan"].make(compiled=False, dtype="mixed_float16")
    own = keras.optimizers.LossScaleOptimizer(adam(), initial_scale=64)
    model.compile(generator_optimizer=own, discriminator_optimizer=own)  # the second is a copy
    for name in model.optimizer_names:
        optimizer = getattr(model, name)
        assert type(optimizer.inner_optimizer) is keras.optimizers.Adam
        assert float(optimizer.dynamic_scale) == 64


def test_a_later_change_of_keras_policy_does_not_mix_precisions():
    model = SYSTEMS["dcgan"].make(compiled=False)
    with computing_in("mixed_bfloat16"):
        model.build_for_training()
    assert model.discriminator.dtype_policy.name == "float32"


def test_a_captioner_that_is_loaded_later():
    model = SYSTEMS["mirror_gan"].make(compiled=False, dtype="mixed_bfloat16")
    assert not hasattr(model, "captioner")
    model.build_captioner()
    assert model.captioner.dtype_policy.name == "mixed_bfloat16"


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_a_keras_file_keeps_the_precision(dtype, tmp_path):
    model = SYSTEMS["dcgan"].make(dtype=dtype)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert precisions(again) == precisions(model) and dtype in precisions(model).values()
    assert counted_loss_scales(again) == counted_loss_scales(model)
    assert keras.models.clone_model(model).generator.dtype_policy.name == dtype


def test_a_preset_has_no_precision_of_its_own(tmp_path):
    SYSTEMS["dcgan"].make(compiled=False, dtype="mixed_bfloat16").save_to_preset(tmp_path / "p")
    assert "dtype" not in json.loads((tmp_path / "p" / "config.json").read_text())["config"]
    assert zoo.from_preset(str(tmp_path / "p")).generator.dtype_policy.name == "float32"


def test_float64_is_for_generating():
    example = SYSTEMS["dcgan"]
    model = example.make(dtype="float64")
    assert model.generate(example.condition).std() > 0
    with pytest.raises(ZooError, match="DCGAN generates in float64, but trains in float32, mixed"):
        model.train_on_batch(example.batch(0))
