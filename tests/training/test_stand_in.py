"""`--dry_run` of a paper's data set that is not there."""

from types import SimpleNamespace

from recipes import attn_gan, dcgan, dm_gan, drit, pix2pix, stackgan_v2, xmc_gan
from zoo.training import caption_experiment, image_experiment
from zoo.training.recipe import Recipe
from zoo.training.stand_in import captions, needs_encoder, open_stand_in, stands_in


def recipe(module, dataset, **data):
    found = Recipe.of_module(module, module.get_config(dataset))
    found.config.data.update(data)
    return found


def test_only_a_paper_s_data_set_that_is_missing_is_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert stands_in(recipe(attn_gan, "birds").config)
    assert stands_in(recipe(pix2pix, "facades").config)
    assert not stands_in(recipe(pix2pix, "facades", directory="my_facades").config)
    assert not stands_in(recipe(attn_gan, "shapes").config)
    assert not stands_in(recipe(attn_gan, "birds", directory="data/bird").config)  # a typing error
    assert stands_in(recipe(attn_gan, "emoji").config)
    assert stands_in(recipe(dm_gan, "birds_ms").config)
    assert not stands_in(recipe(drit, "emoji").config)  # two styles, whose numbers are others
    assert not stands_in(recipe(dcgan, "folder").config)
    (tmp_path / "data" / "birds").mkdir(parents=True)
    assert not stands_in(recipe(attn_gan, "birds").config)


def test_it_has_the_numbers_of_the_data_set():
    data = open_stand_in(recipe(dm_gan, "birds"))
    assert len(data) == 8855 and len(data.vocabulary()) == 5450
    assert "the data is not here (data/birds): this describes a run on 8,855 images" in (
        data.notes[-1])
    assert len(open_stand_in(recipe(attn_gan, "emoji")).vocabulary()) == 1229
    assert len(open_stand_in(recipe(dcgan, "cifar10")).source.class_names) == 10
    assert len(open_stand_in(recipe(pix2pix, "maps"))) == 1096
    assert len(open_stand_in(recipe(drit, "cat2dog"))) == 1264


def test_it_is_neither_scored_nor_drawn_from():
    """Held-out images would be read, and grids prepared: a fifth of the time of a dry run."""
    data = open_stand_in(recipe(dcgan, "cifar10"))
    assert data.is_stand_in and open_stand_in(recipe(attn_gan, "birds")).is_stand_in
    assert not recipe(dcgan, "shapes").open_data(recipe(dcgan, "shapes").config).is_stand_in
    others = SimpleNamespace(is_stand_in=True, batches=lambda *_, **__: "batches")
    config = SimpleNamespace(samples=None)
    for found in (image_experiment(config, others, "model"),
                  caption_experiment(config, others, "model", None)):
        assert (found.model, found.batches) == ("model", "batches")
        assert found.score is found.samples is None


def test_embeddings_have_the_features_of_the_papers():
    data = open_stand_in(recipe(stackgan_v2, "birds_msgan"))
    assert data.features == 1024 and data.tokenizer(None) is None


def test_bert_is_replaced_only_where_nothing_names_a_module(monkeypatch, tmp_path):
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)
    xmc = recipe(xmc_gan, "coco")
    assert needs_encoder(xmc.config) and not needs_encoder(recipe(attn_gan, "birds").config)
    assert not needs_encoder(recipe(dcgan, "cifar10").config)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    assert not needs_encoder(xmc.config)
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    xmc.config.text_encoder.update(preprocess="p", encoder="e")
    assert not needs_encoder(xmc.config)


def test_every_word_occurs_and_is_different():
    texts = captions(200, 77, 5)
    assert len(texts) == 200 and len({w for row in texts for w in row[0].split()}) == 77

