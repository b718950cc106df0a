"""Settings of recipes: the numbers of the papers, strict keys, comparison."""

import importlib
import json
from pathlib import Path

import pytest

from recipes import attn_gan, damsm, dm_gan, stackgan_v2
from tests.support.recipes import validate
from zoo.errors import ZooError
from zoo.training import config as configs
from zoo.training import variants

DATASETS = ("shapes", "emoji", "birds", "coco")


@pytest.mark.parametrize("recipe", [attn_gan, damsm, dm_gan, stackgan_v2])
@pytest.mark.parametrize("dataset", DATASETS)
def test_every_variant_is_valid_and_locked(recipe, dataset):
    config = recipe.get_config(dataset)
    validate(config)
    assert config.is_locked
    with pytest.raises(AttributeError):
        config.generator_filter = 3


ADAM = {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8}
COMMON = {  # settings of `model` that all papers' birds share
    "stage_sizes": (64, 128, 256), "residual_blocks": 2, "latent_dim": 100,
    "mode_seeking_weight": 0.0, "ema_decay": 0.999, "ema_statistics": "average",
    "ema_warmup": False,
}
GUIDED = {
    **COMMON, "condition_dim": 100, "damsm_weight": 5.0, "sample_reduction": "sum",
    "mask_tiling": "per_sample",
}


@pytest.mark.parametrize("recipe,batch,epochs,model", [
    (attn_gan, 20, 600, {
        **GUIDED, "generator_filters": 32, "discriminator_filters": 64, "single_image": False,
    }),
    (dm_gan, 10, 800, {
        **GUIDED, "generator_filters": 64, "discriminator_filters": 32, "writing_gate": True,
        "response_gate": True,
    }),
    (stackgan_v2, 24, 600, {
        **COMMON, "generator_filters": 64, "discriminator_filters": 64, "condition_dim": 128,
        "unconditional_weight": 1.0, "kl_weight": 2.0, "color_weight": 0.0,
        "adversarial_form": "logits",
    }),
])
def test_birds_are_the_papers_settings(recipe, batch, epochs, model):
    config = recipe.get_config("birds")
    assert (config.batch_size, config.epochs, config.data.max_words) == (batch, epochs, 18)
    assert config.model.to_dict() == model
    assert config.optimizer.to_dict() == ADAM
    assert (config.data.crop, config.data.flip) == ("paper", True)


@pytest.mark.parametrize("recipe,batch,epochs,filters", [
    (attn_gan, 14, 120, (48, 96)), (dm_gan, 16, 200, (64, 32)),
])
def test_coco_is_the_papers_settings(recipe, batch, epochs, filters):
    config = recipe.get_config("coco")
    assert (config.batch_size, config.epochs, config.data.max_words) == (batch, epochs, 12)
    model = config.model
    assert (model.generator_filters, model.discriminator_filters) == filters
    assert (model.residual_blocks, model.damsm_weight) == (3, 50.0)


@pytest.mark.parametrize("dataset,epochs,words", [("birds", 200, 18), ("coco", 100, 15)])
def test_damsm_papers_settings(dataset, epochs, words):
    config = damsm.get_config(dataset)
    assert (config.batch_size, config.epochs, config.data.max_words) == (48, epochs, words)
    assert config.optimizer.learning_rate == 0.002 and config.model.clip_norm == 0.25
    assert config.model.epoch_schedule
    assert (config.model.image_encoder, config.model.image_size) == ("inception_v3", 299)


def test_unknown_dataset_names_the_nearest():
    with pytest.raises(ZooError, match='"emojis".*shapes, emoji.*mean "emoji"'):
        attn_gan.get_config("emojis")


@pytest.mark.parametrize("key,nearest", [
    ("batchsize", "batch_size"), ("model.latent_dims", "model.latent_dim"),
    ("latent_dim", "model.latent_dim"), ("modle.latent_dim", "model.latent_dim"),
])
def test_unknown_key_names_the_nearest(key, nearest):
    with pytest.raises(ZooError, match=f'Unknown config key "{key}".*Did you mean "{nearest}"'):
        configs.check_known_keys([key], attn_gan.get_config("shapes"))


def test_known_keys_pass():
    configs.check_known_keys(
        ["steps", "model", "model.stage_sizes", "pretraining.model.features"],
        attn_gan.get_config("shapes"),
    )


@pytest.mark.parametrize("key,value,message", [
    ("batch_size", 0, "config.batch_size must be at least 1, got 0"),
    ("steps", -1, "config.steps must be at least 0"),
    ("strategy", "mirored", 'one of none, mirrored, multiworker.*Did you mean "mirrored"'),
    ("dtype", "bfloat16", "mixed_bfloat16"),
    ("text", "embedding", 'captions, embeddings, hub, none.*Did you mean "embeddings"'),
])
def test_bad_values(key, value, message):
    config = stackgan_v2.get_config("shapes")
    config[key] = value
    with pytest.raises(ZooError, match=message):
        validate(config)


def test_missing_steps_and_epochs_are_an_error():
    config = attn_gan.get_config("shapes")
    config.steps = config.epochs = 0
    with pytest.raises(ZooError, match="both 0"):
        validate(config)


def test_differing_keys():
    old = configs.to_plain(attn_gan.get_config("shapes"))
    new = attn_gan.get_config("shapes")
    assert configs.differing_keys(old, new) == []  # tuples and lists are the same
    new.steps, new.log_every = 5, 1  # may differ
    assert configs.differing_keys(old, new) == []
    new.model.latent_dim, new.seed = 7, 3
    del old["dtype"]
    assert configs.differing_keys(old, new) == ["dtype", "model.latent_dim", "seed"]


def test_a_number_of_images_that_was_without_effect_may_be_left_out():
    for variant, key, same in (("emoji", "count", True), ("emoji", "held_out_count", False),
                               ("shapes", "count", False)):
        old, new = (attn_gan.get_config(variant) for _ in range(2))
        old.data[key] = 7
        assert configs.differing_keys(old, new) == ([] if same else [f"data.{key}"])


def test_a_path_in_another_spelling_is_the_same():
    for before, now, same in (("data/mine", "./data/mine/", True), ("data/mine", "data/m", False),
                              ("/data//mine", "/data/mine", True), ("", "./", False)):
        old, new = {"data": {"directory": before}}, {"data": {"directory": now}}
        assert configs.differing_keys(old, new) == ([] if same else ["data.directory"])


def test_a_variant_is_strict():
    config = variants.common_config("mine", "a", ["a"])
    config.data = {"flip": True}
    with pytest.raises(ZooError, match='key "data.flips".*Did you mean "data.flip"'):
        variants.with_variant(config, {"data": {"flips": True}})
    assert not variants.with_variant(config, {"data": {"flip": False}}).data.flip


def test_runs_begun_before_a_setting_existed_can_be_resumed():
    """A setting that recipes got since has a value for older runs, in `DEFAULTS_OF_OLD_RUNS`."""
    first = json.loads((Path(__file__).parent / "settings_of_runs.json").read_text("utf-8"))
    exempt, forgotten = {*configs.DEFAULTS_OF_OLD_RUNS, *configs.RUNTIME_KEYS}, {}
    for name, keys in first.items():
        recipe = importlib.import_module(f"recipes.{name}")
        now = {key for dataset in recipe.VARIANTS
               for key in configs.flatten(configs.to_plain(recipe.get_config(dataset)))}
        if new := now - set(keys) - exempt:
            forgotten[name] = sorted(new)
    assert not forgotten
