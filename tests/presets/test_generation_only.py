"""A loaded preset holds what generates; training makes the rest, and starts from the EMA."""

import numpy as np
import pytest

import zoo
from tests.support.tiny_systems import SYSTEMS
from zoo.networks import build


@pytest.mark.parametrize("name", ["attn_gan", "pix2pix"])
def test_training_goes_on_from_the_average(name, tmp_path):
    example = SYSTEMS[name]
    model = example.make()
    for variable in model.ema_generator.variables:
        variable.assign(variable.numpy() + 0.25)
    model.save_to_preset(str(tmp_path / "p"))

    loaded = zoo.from_preset(str(tmp_path / "p"))
    images = loaded.generate(example.condition, seed=1)
    assert "generator" not in loaded.networks and "ema_generator" in loaded.networks
    assert loaded.network_variables().keys() == loaded.preset_variables().keys()

    loaded.compile(generator_optimizer="adam", discriminator_optimizer="adam")
    pairs = zip(loaded.generator.variables, model.ema_generator.variables, strict=True)
    for ours, average in pairs:
        np.testing.assert_array_equal(ours, average)
        assert ours.path.split("/")[0] == "generator"
    assert loaded.network_variables().keys() == model.network_variables().keys()
    np.testing.assert_array_equal(images, loaded.generate(example.condition, seed=1))
    loaded.train_step(example.batch(0))
    assert any(
        not np.array_equal(a, b)
        for a, b in zip(loaded.generator.variables, model.ema_generator.variables, strict=True)
    )


def test_only_the_block_puts_off():
    assert not build.builds_for_generation_only()
    with build.generation_only():
        model = SYSTEMS["dcgan"].make(compiled=False)
        assert build.builds_for_generation_only()
    assert "generator" not in model.networks
    assert "generator" in SYSTEMS["dcgan"].make(compiled=False).networks
    assert len(model.generator.variables) == len(model.ema_generator.variables)
    with build.generation_only():  # without an EMA the generator itself generates
        assert "generator" in SYSTEMS["dcgan"].make(compiled=False, ema_decay=None).networks


def test_a_system_without_a_generator_says_so():
    from zoo.models.base.conditional_gan import ConditionalGAN

    with pytest.raises(AttributeError, match="no generator"):
        getattr(ConditionalGAN(latent_dim=2), "generator")  # noqa: B009
