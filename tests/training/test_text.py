"""Text encoder of a recipe: valid combinations of settings, and the matching DAMSM."""

import pytest

from recipes import attn_gan, damsm, dm_gan, mirror_gan, stackgan_v2
from tests.support import tiny
from tests.support.recipes import build, open_data, recipe_of, validate
from tests.support.tiny_hub_module import tiny_modules
from zoo.errors import ZooError
from zoo.training.config import differing_keys, to_plain
from zoo.training.pretraining import stages_to_train
from zoo.training.setting_rules import flatten
from zoo.training.text import load_damsm

GIVEN = {"preprocess": "p", "encoder": "e"}
KEYS = ("text", "text_encoder", "text_cache")


def hub_config(recipe, handles=GIVEN, **changes):
    """The shapes, tiny, read by a hub encoder."""
    config = recipe.get_config("shapes")
    with config.unlocked():
        config.text = "hub"
        config.text_encoder.update(handles)
        config.batch_size = 4
        config.data.update({"count": 12, "held_out_count": 4, "max_words": 9})
        if recipe is not damsm:
            config.model.update({
                "stage_sizes": (16, 32), "generator_filters": 2, "discriminator_filters": 2,
                "latent_dim": 4, "condition_dim": 4,
            })
            config.pretraining.model.update({"image_size": 32, "image_filters": 2})
            config.samples.captions = ("a red circle",)
        config.update(changes)
    return config


@pytest.mark.parametrize("recipe,first", [
    (attn_gan, ["damsm"]), (dm_gan, ["damsm"]), (stackgan_v2, []), (damsm, []),
])
def test_pretraining_uses_the_same_text_encoder(recipe, first):
    config = hub_config(recipe)
    validate(config)
    stages = stages_to_train(recipe_of(config))
    assert [stage.name for stage in stages] == first
    for stage in stages:
        part = stage.config(config)
        validate(part)
        assert [part[key] for key in KEYS] == [config[key] for key in KEYS]
    assert not set(KEYS) & set(config.get("pretraining", {}))


@pytest.mark.parametrize("recipe,changes,message", [
    (mirror_gan, {}, r"text must be captions for mirror_gan, got 'hub'.*in its vocabulary"),
    (attn_gan, {"text": "embeddings"}, '"captions" or "hub" for attn_gan'),
    (attn_gan, {"text": "hubb"}, 'Did you mean "hub"'),
    (dm_gan, {"text_encoder": {"encoder": ""}},
     "text_encoder.encoder is missing: .*belong together.*preprocess was given, 'p'"),
    (attn_gan, {"text": "captions"}, "text_encoder.preprocess applies only to --config.text=hub"),
    (stackgan_v2, {"text": "none", "text_cache": "c", "text_encoder": dict.fromkeys(GIVEN, "")},
     'text_cache applies only.*config.text is "none"'),
    (stackgan_v2, {"text": "captions", "text_encoder": {**dict.fromkeys(GIVEN, ""),
                                                        "sentence": "words"}},
     "text_encoder.sentence applies only to --config.text=hub.*: leave it out"),
])
def test_settings_that_cannot_be_used(recipe, changes, message):
    with pytest.raises(ZooError, match=message):
        validate(hub_config(recipe, **changes))


def test_an_older_folder_resumes():
    config = attn_gan.get_config("shapes")
    before = flatten(to_plain(config))
    old = {k: v for k, v in before.items() if not k.startswith("text")}
    assert differing_keys(old, config) == []
    assert differing_keys(old, hub_config(attn_gan))[-1] == "text_encoder.preprocess"


def test_a_damsm_must_have_the_text_encoder_of_the_system(tmp_path):
    encoder = {"kind": "hub", **tiny_modules()}
    pieces, words = (str(tmp_path / name) for name in ("pieces", "words"))
    tiny.damsm(vocabulary=None, max_words=9, text_encoder=encoder).save_to_preset(pieces)
    tiny.damsm().save_to_preset(words)
    config = hub_config(attn_gan, tiny_modules())
    with pytest.raises(ZooError, match='reads words of a vocabulary, but config.text is "hub"'):
        load_damsm(config, words)
    for recipe in (attn_gan, stackgan_v2):
        with pytest.raises(ZooError, match='reads word pieces, but config.text is "captions"'):
            load_damsm(recipe.get_config("shapes"), pieces)
    config = hub_config(stackgan_v2)
    assert load_damsm(config, words, needed=False).vocabulary is not None  # any DAMSM can score
    changed = hub_config(attn_gan, {**tiny_modules(), "encoder": tiny_modules(seed=1)["encoder"]})
    with pytest.raises(ZooError, match="config.damsm .*not the encoder module that this model was"):
        load_damsm(changed, pieces)
    mean = hub_config(attn_gan, {**tiny_modules(), "sentence": "words"})
    with pytest.raises(ZooError, match="another text encoder than this model"):
        build(mean, open_data(mean), damsm=pieces)
