"""XMC-GAN's recipe: released settings, text encoders from TensorFlow Hub, cached vectors."""

from types import SimpleNamespace

import numpy as np
import pytest

from recipes import xmc_gan
from tests.support.recipes import build, open_data, recipe_of, validate
from tests.support.tiny_hub_module import tiny_modules
from zoo.data.text_cache_writer import write_cache
from zoo.errors import ZooError
from zoo.training.pretraining import check_pretraining, stages_to_train
from zoo.training.text import open_cache

DATASETS = ("shapes", "emoji", "coco")


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_variant_is_valid_and_locked(dataset):
    config = xmc_gan.get_config(dataset)
    validate(config)
    assert config.is_locked and config.dataset == dataset
    recipe = recipe_of(config)
    check_pretraining(recipe)
    expected = ["damsm"] if dataset == "shapes" else []
    assert [stage.name for stage in stages_to_train(recipe)] == expected


def test_coco_is_the_released_code():
    config = xmc_gan.get_config("coco")
    assert (config.batch_size, config.epochs, config.data.max_words) == (2 * 56, 500, 17)
    assert (config.data.crop, config.data.flip, config.text) == ("unfiltered", True, "hub")
    assert config.model.to_dict() == {
        "image_size": 128, "generator_filters": 96, "discriminator_filters": 96, "latent_dim": 128,
        "discriminator_steps": 2, "word_weight": 1.0, "sentence_weight": 1.0, "image_weight": 1.0,
        "network_weight": 1.0, "negatives": "replica", "mode_seeking_weight": 0.0,
        "ema_decay": 0.999, "ema_statistics": "current", "ema_warmup": False,
    }
    assert config.optimizer.to_dict() == {
        "generator_rate": 1e-4, "discriminator_rate": 4e-4, "beta_1": 0.5, "beta_2": 0.999,
        "epsilon": 1e-8,
    }
    assert config.text_encoder.sentence == "all_places" and config.image_network == "resnet50"


def tiny_config(**changes):
    """Procedural images, read by a tiny module."""
    config = xmc_gan.get_config("shapes")
    with config.unlocked():
        config.text = "hub"
        config.text_encoder.update(tiny_modules())
        config.batch_size = 4
        config.data.update({"count": 12, "held_out_count": 4, "max_words": 9})
        config.model.update({"generator_filters": 2, "discriminator_filters": 2, "latent_dim": 4})
        config.samples.update({"captions": ("a red circle",), "images_per_caption": 2})
        config.update(changes)
    return config


@pytest.fixture(scope="module")
def data():
    return open_data(tiny_config())


def test_training_from_a_cache_is_training_with_the_encoder(data, tmp_path):
    experiment = build(tiny_config(), data)
    encoder = experiment.model.hub_encoder
    cache = str(tmp_path / "cache")
    write_cache(data.source, encoder, cache)
    cached = build(tiny_config(text_cache=cache), data)
    batches = [next(iter(e.batches(3))) for e in (experiment, cached)]
    assert set(batches[1]) - set(batches[0]) == {"words", "sentence"}
    np.testing.assert_array_equal(batches[0]["pieces"], batches[1]["pieces"])
    exact = encoder({name: batches[0][name] for name in ("pieces", "lengths")})
    np.testing.assert_allclose(batches[1]["words"], exact["words"], rtol=2**-10, atol=1e-5)
    logs = cached.model.train_step(batches[1])
    assert np.isfinite([float(value) for value in logs.values()]).all()
    cached.samples(str(tmp_path), 1)
    assert (tmp_path / "step_0000001.png").exists()
    with pytest.raises(ZooError, match="its sentence is all_places"):
        build(tiny_config(text_cache=cache, text_encoder={"sentence": "words"}), data)
    own = {name: getattr(encoder, name) for name in ("digests", "max_tokens", "sentence")}
    for changes, match in (
        ({"max_tokens": 8}, "max_tokens is 9"),
        ({"digests": {**own["digests"], "encoder": "0" * 64}}, "its sha256"),
    ):
        model = SimpleNamespace(hub_encoder=SimpleNamespace(**{**own, **changes}))
        with pytest.raises(ZooError, match=match):
            open_cache(tiny_config(text_cache=cache), model)


def test_settings_that_cannot_be_used(data):
    for changes, match in (
        ({"text_encoder": {"preprocess": "/no", "encoder": "/no"}}, 'no folder "/no"'),
    ):
        with pytest.raises(ZooError, match=match):
            build(tiny_config(**changes), data)
    with pytest.raises(ZooError, match="image_weights"):
        xmc_gan.check_weights(tiny_config(image_network="vgg19"))
    xmc_gan.check_weights(tiny_config())
