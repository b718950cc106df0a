"""R-precision of an evaluation: mismatched captions, folds, and unknown words."""

import types

import numpy as np
import pytest

from tests.support import tiny
from zoo.errors import ZooError
from zoo.evaluation.dataset import Conditions, EvaluationDataset
from zoo.evaluation.feature_networks import FeatureNetwork, paper_of
from zoo.evaluation.r_precision import (
    add_real_images,
    mismatched_captions,
    precision,
    precision_of,
    sentence_codes,
)

NETWORK = FeatureNetwork("d", "0", lambda x: x, lambda x: {"features": x}, "")


def measured(codes, sentences, folds="exact", samples=1):
    """R-precision of image codes, each with the other sentences as mismatched captions."""
    count = len(sentences)
    places = mismatched_captions(np.arange(count), np.arange(count), np.arange(count), 99, seed=0)
    return precision(codes, sentences, (sentences, places), (count, samples), NETWORK, folds)


def test_matching_and_shuffled_captions():
    codes = np.random.default_rng(0).normal(size=(2000, 16))
    right = measured(codes, codes)
    assert right.value == 1 and right.protocol["candidates"] == 100
    shuffled = measured(codes, np.roll(codes, 7, axis=0))
    assert 0.004 < shuffled.value < 0.018  # 1 in 100 by chance, give or take 0.0022
    assert measured(codes[:30].repeat(2, 0), codes[:30], samples=2).value == 1


@pytest.mark.parametrize("shift", [0, 1])
def test_real_images_are_compared_with_their_own_captions(shift):
    """A reader that knows each real image's caption reaches 1; one that is wrong reaches 0."""
    data, model = EvaluationDataset("shapes", "captions"), tiny.attn_gan(compiled=False)
    conditions, word = data.conditions(model, 6)
    real, _ = data.real_images(word, tiny.SIZES[-1])
    order = {image.tobytes(): row for row, image in enumerate(np.concatenate([*real.batches()]))}
    codes = np.random.default_rng(0).normal(size=(len(order), 16))

    def features(images, network):
        rows = [order[image.tobytes()] for image in np.concatenate([*images.batches()])]
        return {"features": codes[rows]}

    sentences = np.roll(codes[conditions.images], shift, axis=0)
    subject = types.SimpleNamespace(
        data=data, conditions=conditions, source={"condition_split": word},
        size=(tiny.SIZES[-1],) * 2,
    )
    measure = measured(sentences, sentences)
    others = sentences, np.array([[i for i in range(6) if i != row] for row in range(6)])
    add_real_images(measure, subject, sentences, others, NETWORK,
                    types.SimpleNamespace(features=features))
    assert measure.more["real_accuracy"] == 1 - shift


def test_official_folds_drop_their_last_hit():
    codes = np.random.default_rng(0).normal(size=(40, 64))
    half = np.where(np.arange(40)[:, None] % 2, codes, np.roll(codes, 7, axis=0))
    exact, official = (measured(half, codes, folds) for folds in ("exact", "official"))
    assert exact.value == exact.units.mean() and official.value != exact.value
    assert official.protocol["fold_rule"] == "official" and official.protocol["folds"] == 10
    assert measured(codes[:3], codes[:3], "official").protocol["folds"] == 1


def test_mismatched_captions_have_other_labels_sampled_by_image():
    labels = np.array([5, 5, 2, 2, 2, 9])  # of captions
    images = np.array([0, 0, 1, 1, 2, 3])
    places = mismatched_captions([5, 2, 7], labels, images, 3000, seed=0)
    assert not (labels[places[0]] == 5).any() and not (labels[places[1]] == 2).any()
    shares = np.bincount(places[2], minlength=6) / 3000  # an image first, then a caption of it
    np.testing.assert_allclose(shares, [1 / 8, 1 / 8, 1 / 8, 1 / 8, 1 / 4, 1 / 4], atol=0.03)
    assert mismatched_captions([5], np.array([5, 5]), np.array([0, 1]), 3, 0) is None


def test_a_damsm_without_known_words_has_no_codes():
    damsm = tiny.damsm(vocabulary=["<end>", "red", "circle"])
    assert sentence_codes(damsm, ["a red circle", "red"]).shape == (2, tiny.TEXT["features"])
    assert sentence_codes(damsm, ["red", "green"]) is None


def test_an_imported_damsm_is_that_of_the_paper():
    model = types.SimpleNamespace(preset_metadata={"source": {
        "checkpoint": "taoxugit/AttnGAN: image_encoder200.pth, text_encoder200.pth"}})
    assert paper_of(model) == "the paper's DAMSM" and paper_of(tiny.damsm) == ""
    for source in (None, {"checkpoint": None}, {"checkpoint": 3}):
        assert paper_of(types.SimpleNamespace(preset_metadata={"source": source})) == ""


@pytest.mark.parametrize("place", [0, 1])
def test_codes_of_zeros_are_no_hits(place):
    codes = [np.ones([3, 4]), np.ones([3, 4])]
    codes[place][1] = 0
    with pytest.raises(ZooError, match="code of (an image|a caption) is zero"):
        measured(*codes)
    codes[place][1] = np.nan
    with pytest.raises(ZooError, match="NaN"):
        measured(*codes)


@pytest.mark.parametrize("captions", [["绿色的圆", "红"], ["grün", "ein Kreis"], ["zebra", "zoo"]])
def test_unknown_captions_are_not_all_hits(captions):
    damsm = tiny.damsm()  # it has <unk>, to which all words are mapped
    every = np.arange(2)
    conditions = Conditions(captions, captions, every, pool=lambda: (captions, every, every))
    subject = types.SimpleNamespace(kind="captions", conditions=conditions)
    network = FeatureNetwork("damsm", "0", None, None, "", model=damsm)
    networks = types.SimpleNamespace(damsm=damsm, networks=[network])
    made, why = precision_of(subject, networks, "exact", 0)
    assert made is None and "cannot read the captions: vocabulary: " in why
    assert " keep none" in why
