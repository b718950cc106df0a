"""MirrorGAN's recipes: published settings, pre-training, scores and samples of STREAM."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from recipes import attn_gan, mirror_gan, stream
from tests.support.recipes import recipe_of, validate
from zoo.data import get_source
from zoo.errors import ZooError
from zoo.models.mirror_gan import CaptionPretraining
from zoo.text import CaptionTokenizer, Vocabulary
from zoo.training import pretraining
from zoo.training.samples import DescriptionSamples
from zoo.training.scores import CaptionScore, SourceSubset
from zoo.visualization.caption_page import caption_page

DATASETS = ("shapes", "emoji", "birds", "coco")


@pytest.mark.parametrize("recipe", [mirror_gan, stream])
@pytest.mark.parametrize("dataset", DATASETS)
def test_every_variant_is_valid_and_locked(recipe, dataset):
    config = recipe.get_config(dataset)
    validate(config)
    assert config.is_locked and config.dataset == dataset
    if recipe is mirror_gan:
        stages = recipe_of(config).stages
        assert [stage.name for stage in stages] == ["damsm", "stream"]
        for stage in stages:
            part = stage.config(config)
            validate(part)
            assert (part.system, part.data) == (stage.name, config.data)


def test_birds_are_the_shipped_settings():
    config = mirror_gan.get_config("birds")
    assert (config.batch_size, config.epochs, config.data.max_words) == (12, 650, 18)
    model = config.model.to_dict()
    assert (model["generator_filters"], model["discriminator_filters"]) == (32, 64)
    assert (model["stage_sizes"], model["residual_blocks"]) == ((64, 128, 256), 2)
    assert (model["caption_weight"], model["caption_reduction"]) == (10.0, "words")
    assert (model["damsm_weight"], model["ema_decay"]) == (0.0, 0.999)
    captioning = config.captioning
    assert (captioning.model.features, captioning.model.units) == (256, 512)
    assert (captioning.batch_size, captioning.optimizer.learning_rate) == (128, 0.001)
    assert (captioning.model.image_encoder, captioning.model.image_depth) == ("resnet", 152)


def first(config):
    return [stage.name for stage in pretraining.stages_to_train(recipe_of(config))]


def test_stages_without_presets_are_pretrained():
    config = mirror_gan.get_config("shapes")
    assert first(config) == ["damsm", "stream"]
    config.damsm = "somewhere"
    assert first(config) == ["stream"]
    config.stream = "somewhere"
    assert first(config) == []
    assert first(attn_gan.get_config("shapes")) == ["damsm"]
    assert first(stream.get_config("shapes")) == []


def test_frozen_encoders_need_their_weights():
    config = stream.get_config("birds")
    with pytest.raises(ZooError, match="STREAM.*frozen ResNet.*resnet152"):
        pretraining.check_weights(recipe_of(config))
    config.model.image_weights = "resnet152.pth"
    pretraining.check_weights(recipe_of(config))
    config = mirror_gan.get_config("birds")
    for group, why in (("pretraining", "DAMSM.*frozen Inception-v3.*inception_v3_google"),
                       ("captioning", "STREAM.*frozen ResNet.*resnet152")):
        with pytest.raises(ZooError, match=why) as caught:
            pretraining.check_weights(recipe_of(config))
        assert f"give --config.{group}.model.image_weights=PATH " in str(caught.value)
        config[group].model.image_weights = "weights.pth"
    pretraining.check_weights(recipe_of(config))
    pretraining.check_weights(recipe_of(mirror_gan.get_config("shapes")))


@pytest.fixture(scope="module")
def stream_setup():
    """(an untrained `CaptionPretraining`, held-out images, tokenizer)."""
    source = SourceSubset(get_source("shapes", size=16, count=10), 7, "held-out (test)")
    vocabulary = Vocabulary.build([c for row in source.captions for c in row], unknown=False)
    keras.utils.set_random_seed(0)
    encoder = {"features": 4, "filters": 2}
    model = CaptionPretraining(
        vocabulary.tokens, max_words=8, image_size=16,
        captioner={"kind": "compact", "units": 4, "encoder": encoder},
    )
    return model, source, CaptionTokenizer(vocabulary, 8)


def test_the_score_is_the_mean_over_held_out_batches(stream_setup):
    model, source, tokenizer = stream_setup
    score = CaptionScore(model, source, tokenizer, batch_size=2, crop="none")
    figures = score()
    assert set(figures) == {"loss", "accuracy"} and score.best_metric == "loss"
    np.testing.assert_allclose(figures["loss"], np.log(len(model.vocabulary)), rtol=0.1)
    losses = [float(model.losses(batch)["loss"]) for batch in score.batches]
    assert len(losses) == 3
    np.testing.assert_allclose(figures["loss"], np.mean(losses), rtol=1e-5)
    assert "6 images, held-out (test), in batches of 2" in score.protocol  # not the seventh


def test_images_are_between_captions_and_descriptions(stream_setup, tmp_path):
    model, source, tokenizer = stream_setup
    DescriptionSamples(model, source, tokenizer, "none", count=3)(tmp_path, 7)
    page = np.asarray(Image.open(tmp_path / "step_0000007.png"))
    images = np.stack([source.load(tf.constant(row)).numpy() for row in range(3)])
    captions = [captions[0] for captions in source.captions[:3]]
    want = caption_page(captions, images, model.describe(images))
    assert page.shape == want.shape and np.abs(page.astype(int) - want).max() <= 1
