"""`--dry_run` of a paper's data set that is not there."""

import pytest

from recipes import attn_gan, dcgan, dm_gan, drit, pix2pix
from tests.support.runs import ROOT
from zoo.training import describe, load_recipe
from zoo.training.recipe import Recipe
from zoo.training.stand_in import captions, open_stand_in, stands_in


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
    assert len(open_stand_in(recipe(drit, "cat2dog"))) == 1364


def test_every_word_occurs_and_is_different():
    texts = captions(200, 77, 5)
    assert len(texts) == 200 and len({w for row in texts for w in row[0].split()}) == 77


@pytest.mark.large
@pytest.mark.parametrize(("name", "counts"), [  # the parameters of the authors' networks
    ("attn_gan.py:birds", "text_encoder 2,075,320"),
    ("dm_gan.py:birds", "text_encoder 2,075,320"),
    ("mirror_gan.py:birds", "text_encoder 2,075,320"),
    ("dcgan.py:cifar10", "10 classes"), ("pix2pix.py:facades", "generator 54,794,627"),
    ("bicyclegan.py:maps", "generator 54,794,627"), ("drit.py:yosemite", "content_encoder"),
])
def test_a_paper_s_run_is_described_without_data(name, counts, tmp_path, monkeypatch):
    opened = load_recipe(str(ROOT / "recipes" / name))
    monkeypatch.chdir(tmp_path)
    text = describe(opened)
    assert counts in text and "the data is not here" in text and "per step" in text
