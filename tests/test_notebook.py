"""Python as people type it: what works, and the sentence that answers each likely error."""

import subprocess
import sys

import numpy as np
import pytest

import zoo
from tests.support.runs import ROOT, environment
from zoo.visualization.image_array import ImageArray


@pytest.fixture(scope="module")
def model():
    return zoo.from_preset("attn_gan_emoji_64")


@pytest.fixture(scope="module")
def labels():
    return zoo.from_preset("dcgan_ms_cifar10_32")


# The ten likely mistakes of a notebook user, some in several spellings.
MISTAKES = {
    "a preset's name": [
        (lambda m: zoo.from_preset("attngan_emoji"), 'Did you mean "attn_gan_emoji_64"'),
        (lambda m: zoo.list_presets(pattern="emogi*"), "No preset's name matches"),
        (lambda m: zoo.list_presets(task="text2image"), 'Did you mean "text-to-image"'),
    ],
    "a name of the package": [
        (lambda m: zoo.models.DMGN, 'Did you mean "DMGAN"'),
        (lambda m: zoo.list_preset(), 'Did you mean "list_presets"'),
    ],
    "a function that other libraries have": [
        (lambda m: zoo.load_model("x"), "model = zoo.from_preset"),
        (lambda m: zoo.generate("a face"), "then model.generate"),
        (lambda m: zoo.train(), "zoo.training.run"),
        (lambda m: zoo.plot(None), "zoo.show"),
    ],
    "the model as a function": [
        (lambda m: m("a face"), "use generate\\(captions\\)"),
        (lambda m: m.predict(["a face"]), "use generate\\(captions\\)"),
    ],
    "an argument's name": [
        (lambda m: m.generate("face", num_images=4),
         "no argument `num_images`. It takes captions, images_per_caption, seed, "),
        (lambda m: m.generate(prompt="face"), "no argument `prompt`. It takes captions"),
        (lambda m: m.generate("face", images_per_captions=4), 'mean "images_per_caption"'),
        (lambda m: m.interpolate("face", num=4), "It takes captions, steps, seed, batch_size"),
        (lambda m: m.interpolate("face", images_per_caption=4), "It takes captions, steps, seed"),
    ],
    "no captions, or words that the model does not know": [
        (lambda m: m.generate(), "No captions were given: give a string or a list"),
        (lambda m: m.generate([]), "At least one caption"),
        (lambda m: m.generate("grining faec"), 'Did you mean "grinning"'),
    ],
    "another type": [
        (lambda m: m.generate(7), "Captions must be a string or a list of strings, got a int"),
        (lambda m: m.generate("face", "4"), "must be an integer of at least 1, got '4'"),
        (lambda m: m.generate("face", seed="random"), "seed must be an integer"),
    ],
    "a precision that the networks do not have": [
        (lambda m: zoo.from_preset("attn_gan_emoji_64", dtype="float16"), '"mixed_float16"'),
    ],
    "Keras' way to save": [
        (lambda m: m.save("my_model"), "save_to_preset\\(folder\\) writes a preset"),
        (lambda m: m.export("my_model"), "export.saved_model"),
    ],
    "Keras' way to train and evaluate": [
        (lambda m: m.fit(np.zeros((3, 64, 64, 3))), "not compiled: call compile"),
        (lambda m: m.compile("adam"), "takes the optimizers"),
        (lambda m: m.evaluate(), "zoo.evaluation"),
    ],
}


@pytest.mark.parametrize(("use", "words"), [
    pytest.param(use, words, id=f"{name} {number}")
    for name, uses in MISTAKES.items() for number, (use, words) in enumerate(uses)
])
def test_a_mistake_is_answered_in_one_sentence(model, use, words):
    with pytest.raises((zoo.ZooError, AttributeError), match=words) as caught:
        use(model)
    assert "\n" not in str(caught.value)


def test_a_class_that_does_not_exist(labels):
    with pytest.raises(zoo.ZooError, match='There is no class .catt.*Did you mean "cat"'):
        labels.generate("catt")


def test_generate_returns_an_array_that_a_notebook_shows(model):
    images = model.generate(["grinning face", "red heart"], images_per_caption=2, seed=7)
    assert isinstance(images, ImageArray) and images.columns == 2
    assert images.seeds.tolist() == [7, 8, 7, 8]
    assert images._repr_png_().startswith(b"\x89PNG")
    assert model.interpolate("red heart", steps=3).columns == 3


def test_without_a_seed_it_is_random_and_repeatable(model):
    first, second = (model.generate("red heart", seed=None) for _ in range(2))
    assert first.seeds != second.seeds and not np.array_equal(first, second)
    np.testing.assert_array_equal(model.generate("red heart", seed=first.seeds), first)
    assert not np.array_equal(model.interpolate("red heart", 2, seed=None), first)


def test_a_model_says_what_it_knows_and_its_example_runs(model, labels):
    text = repr(model)
    assert text.startswith('AttnGAN "attn_gan_emoji_64": images of 64 x 64 pixels from captions')
    assert "1,227 words" in text and "0 to 9: airplane, automobile" in repr(labels)
    for one, count in ((model, 4), (labels, 8)):
        line = repr(one).splitlines()[-1].strip()
        scope = {"model": one}
        exec(line, scope)
        assert len(scope["images"]) == count
    assert "DAMSM" in repr(zoo.from_preset("damsm_emoji_64"))  # it generates nothing


QUIET = """
import zoo
model = zoo.from_preset("dcgan_ms_cifar10_32")
zoo.models.DCGAN, zoo.training.run
print(model.generate(["cat"]).shape)
"""


def test_the_start_is_quiet():
    hidden = {k: v for k, v in environment().items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", QUIET], cwd=ROOT, env=hidden, text=True, capture_output=True,
        timeout=120,
    )
    assert done.stdout == "(1, 32, 32, 3)\n" and done.stderr == ""
