"""Numbers of explanations, and strips in which one noise varies."""

import numpy as np
import pytest

from tests.support import tiny
from zoo.training.samples import CaptionSamples
from zoo.visualization import explain
from zoo.visualization.attention_panel import panel

CAPTIONS = ["a red circle", "square"]


@pytest.fixture(scope="module")
def dm_gan():
    return tiny.dm_gan(compiled=False)


@pytest.fixture(scope="module")
def explained(dm_gan):
    return explain.explain(dm_gan, CAPTIONS, seed=7)


def test_numbers_match_the_details(dm_gan, explained):
    images, details = dm_gan.generate(CAPTIONS, seed=7, return_details=True)
    for row, one in enumerate(explained):
        numbers, words = one.numbers(), details["tokens"][row]
        np.testing.assert_array_equal(one.image, images[row])
        assert numbers["caption"] == CAPTIONS[row] and numbers["seed"] == 7
        assert numbers["words"] == words == CAPTIONS[row].split()
        for index in range(len(words)):
            peak = details["attention"][row, :, :, index].max()
            assert numbers["attention_peak"][index] == pytest.approx(peak)
            gate = details["writing_gate"][row, index]
            assert numbers["writing_gate"][index] == pytest.approx(gate)
        assert len(numbers["attention_peak"]) == len(numbers["writing_gate"]) == len(words)
        assert numbers["mean_response_gate"] == pytest.approx(details["response_gate"][row].mean())
        sigma = np.exp(0.5 * details["log_var"][row]).mean()
        assert numbers["mean_sigma"] == pytest.approx(sigma)
        assert numbers["mean_abs_mu"] == pytest.approx(np.abs(details["mu"][row]).mean())


def test_a_strip_varies_one_noise(dm_gan, explained):
    keys = [7 + k for k in range(explain.SPREAD)]
    for row, one in enumerate(explained):
        assert set(one.strips) == {"conditioning_noise", "latent"}
        repeated, fixed = [CAPTIONS[row]] * len(keys), [7] * len(keys)
        noise = dm_gan.generate(repeated, seed=fixed, noise_seed=keys).astype(int)
        latent = dm_gan.generate(repeated, seed=keys, noise_seed=fixed).astype(int)
        assert np.abs(one.strips["conditioning_noise"] - noise).max() <= 1
        assert np.abs(one.strips["latent"] - latent).max() <= 1
        assert (noise != latent).any()
        for strip in one.strips.values():
            assert np.abs(strip[0].astype(int) - one.image).max() <= 1
            assert len({image.tobytes() for image in strip}) == explain.SPREAD
        assert one.numbers()["distances"] == {
            name: explain.mean_distance(strip) for name, strip in one.strips.items()
        }


def test_distance_equals_that_of_the_training_log():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert explain.mean_distance([black, black]) == 0
    assert explain.mean_distance([black, white]) == pytest.approx(2)
    assert explain.mean_distance([black, white, white]) == pytest.approx(4 / 3)


@pytest.mark.parametrize(("kind", "captions"), [
    ("rnn", CAPTIONS), ("embeddings", "rows"), ("none", None),
])
def test_a_model_without_attention(kind, captions):
    model = tiny.stackgan_v2(kind, compiled=False)
    if kind == "embeddings":
        features = model.condition.features
        captions = np.random.default_rng(0).normal(size=(2, features)).astype("float32")
    result = explain.explain(model, captions, seed=3)
    numbers = [one.numbers() for one in result]
    expected = {"rnn": CAPTIONS, "embeddings": ["embedding 0", "embedding 1"],
                "none": ["no caption"]}[kind]
    assert [row["caption"] for row in numbers] == expected
    strips = {"latent"} if kind == "none" else {"conditioning_noise", "latent"}
    for row in numbers:
        assert set(row["distances"]) == strips and row["distances"]["latent"] > 0
        assert "attention_peak" not in row and "writing_gate" not in row
        assert ("mean_sigma" in row) == (kind != "none")
    assert len({panel([one]).shape for one in result}) == 1  # a card without words, too


def test_embeddings_in_each_form_that_generate_takes():
    model = tiny.reused(tiny.stackgan_v2, "embeddings", compiled=False)
    rows = np.random.default_rng(0).normal(size=(2, model.condition.features)).astype("float32")
    expected = explain.explain(model, rows, seed=3)
    for given in (list(rows), rows.tolist(), rows[0]):
        result = explain.explain(model, given, seed=3)
        assert len(result) == len(np.atleast_2d(given))
        for one, other in zip(result, expected, strict=False):
            assert one.label == other.label
            np.testing.assert_allclose(one.image, other.image, atol=1)


@pytest.mark.parametrize(("system", "files"), [
    ("attn_gan", {"step_0000005.png", "step_0000005_explain.png"}),
    ("stackgan_v2", {"step_0000005.png"}),
])
def test_samples_of_a_run_have_explanations_if_there_is_attention(system, files, tmp_path):
    model = getattr(tiny, system)(compiled=False)
    CaptionSamples(model, CAPTIONS, images_per_caption=2)(tmp_path, 5)
    assert {path.name for path in tmp_path.iterdir()} == files


def test_one_caption_and_arrays_of_captions(dm_gan, explained):
    (one,) = explain.explain(dm_gan, CAPTIONS[0], seed=7)
    assert one.label == CAPTIONS[0]
    np.testing.assert_array_equal(one.image, explained[0].image)
    assert explain.labels_of(np.array(CAPTIONS)) == CAPTIONS
    assert explain.labels_of(np.ones((2, 3), int)) == ["embedding 0", "embedding 1"]
