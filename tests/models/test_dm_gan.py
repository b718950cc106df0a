"""DM-GAN as a system: differences from AttnGAN (see test_attn_gan.py, test_every_system.py)."""

import numpy as np
import pytest

from tests.support import tiny
from zoo.models.dm_gan import DMGAN
from zoo.models.dm_gan.generator import MemoryStage


def train(model, steps):
    return tiny.steps(model, map(tiny.batch, range(steps)))


def test_discriminators_are_spectrally_normalized_and_have_no_batch_norm():
    model = tiny.reused(tiny.dm_gan)
    names = [n for n in model.network_variables() if n.startswith("discriminator")]
    assert not [n for n in names if "norm" in n or "moving" in n]
    for size in tiny.SIZES:
        assert f"discriminator_{size}/conditional/joint/conv/u" in names
        assert f"discriminator_{size}/down_1/conv/v" in names
        assert f"discriminator_{size}/conditional/logit/kernel" in names
        assert f"discriminator_{size}/conditional/logit/u" not in names
        network = getattr(model, f"discriminator_{size}")
        trained = sum(np.prod(v.shape) for v in network.trainable_variables)
        assert model.parameter_counts()[f"discriminator_{size}"] == trained  # without u and v


def test_mean_of_the_samples_doubles_mode_seeking_against_the_rest(monkeypatch):
    """The first step sees the same images, so the terms differ by the factor only."""
    logs = {}
    for reduction in ("sum", "mean"):
        model = tiny.reused(tiny.dm_gan)
        monkeypatch.setattr(model, "mode_seeking_weight", 1.0)
        monkeypatch.setattr(model, "sample_reduction", reduction)
        logs[reduction] = train(model, 1)
    for term in ("word_loss", "sentence_loss", "kl_loss"):
        np.testing.assert_allclose(logs["sum"][term], 2 * logs["mean"][term], rtol=1e-4)
    for term in ("mode_seeking", "image_distance", "latent_distance"):
        np.testing.assert_allclose(logs["sum"][term], logs["mean"][term], rtol=1e-5)
    with pytest.raises(ValueError, match="sample_reduction"):
        tiny.dm_gan(sample_reduction="both")


def test_details_show_the_gates():
    model = tiny.reused(tiny.dm_gan, compiled=False)
    images, details = model.generate(
        ["a red circle", "big blue square on white"], images_per_caption=2, return_details=True
    )
    rows, side = 4, tiny.SIZES[0]
    assert images.shape == (rows, 32, 32, 3)
    assert details["attention"].shape == (rows, side, side, model.max_words)
    assert details["writing_gate"].shape == (rows, model.max_words)
    assert details["response_gate"].shape == (rows, side, side)
    for gate in ("writing_gate", "response_gate"):
        assert 0 < details[gate].min() and details[gate].max() < 1
    np.testing.assert_allclose(details["attention"].sum(-1), 1, atol=1e-5)
    assert details["attention"][:2, ..., 3:].max() == 0


@pytest.mark.parametrize("gate", ["writing_gate", "response_gate"])
def test_a_memory_without_a_gate(gate, tmp_path):
    model = tiny.dm_gan(mode_seeking_weight=0.0, **{gate: False})
    gates, prefix = {"writing_gate", "response_gate"}, "generator/refinement_1/memory/"
    layers = {name.removeprefix(prefix).split("/")[0] for name in model.network_variables()
              if name.startswith(prefix)}
    absent = {"writing_gate": {"word_gate", "image_gate", "image_memory"},
              "response_gate": {"response"}}
    there = {"word_memory", "key", "value"} | absent[(gates - {gate}).pop()]
    assert layers == there
    before = [variable.numpy() for variable in model.generator.trainable_variables]
    train(model, 2)
    for old, variable in zip(before, model.generator.trainable_variables, strict=True):
        assert (old != variable.numpy()).any(), variable.path  # nothing is left untrained
    model.save_to_preset(str(tmp_path / "preset"))
    loaded = DMGAN.from_preset(str(tmp_path / "preset"))
    images, details = loaded.generate("a red circle", return_details=True)
    np.testing.assert_array_equal(images, model.generate("a red circle"))
    assert gates & set(details) == gates - {gate}


def test_without_gates_memory_is_of_words_and_lies_beside_the_features():
    stage = MemoryStage(4, 0, writing_gate=False, response_gate=False)
    rng = np.random.default_rng(0)
    features, words = (rng.normal(size=shape).astype("float32") for shape in ((2, 8, 8, 4),
                                                                              (2, 3, 5)))
    got, details = stage(features, words)
    fused, inner = stage.memory(features, words)
    np.testing.assert_array_equal(fused, features)
    kernel, bias = (v.numpy() for v in stage.memory.word_memory.weights)
    memory = np.maximum(words @ kernel + bias, 0)
    np.testing.assert_allclose(inner["memory"], memory, atol=1e-5)
    beside = np.concatenate([features, inner["read"]], axis=-1)
    np.testing.assert_allclose(got, stage.double(beside), atol=1e-5)
    assert set(details) == {"attention"}


def test_conditioning_noise_has_a_seed_of_its_own():
    model = tiny.reused(tiny.dm_gan, compiled=False)
    same, other = (
        model.generate("a red circle", seed=7, noise_seed=n, return_details=True) for n in (7, 8)
    )
    np.testing.assert_array_equal(same[0], model.generate("a red circle", seed=7))
    assert (same[0] != other[0]).any()
    np.testing.assert_allclose(same[1]["mu"], other[1]["mu"], rtol=1e-5)


def test_padding_does_not_matter():
    """More padded words, or neighbors in the batch, change no image."""
    model = tiny.reused(tiny.dm_gan, compiled=False)
    alone = model.generate("a red circle", seed=3).astype(int)
    together = model.generate(["a red circle", "big blue square on white"], seed=3).astype(int)
    assert np.abs(alone[0] - together[0]).max() <= 1
    wider = tiny.dm_gan(compiled=False, max_words=9)
    for mine, its in zip(wider.ema_generator.variables, model.ema_generator.variables, strict=True):
        mine.assign(its)
    for mine, its in zip(wider.text_encoder.variables, model.text_encoder.variables, strict=True):
        mine.assign(its)
    assert np.abs(wider.generate("a red circle", seed=3).astype(int) - alone).max() <= 1


def test_preset_round_trip(tmp_path):
    model = tiny.reused(tiny.dm_gan, compiled=False)
    model.save_to_preset(str(tmp_path / "preset"))
    loaded = DMGAN.from_preset(str(tmp_path / "preset"))
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(loaded.generate("a red circle"), model.generate("a red circle"))
