"""The encoders that measure a preset or a set of images if the user names none."""

import numpy as np
import pytest

from tests.models.test_dcgan import dcgan
from zoo.data import Emoji, ShapeClasses
from zoo.errors import ZooError
from zoo.evaluation import evaluate, from_array, open_evaluators
from zoo.evaluation.default_encoders import default_encoders

EMOJI, CIFAR = ["damsm_emoji_64", "encoder_emoji_64"], ["encoder_cifar10_32"]


def described(**metadata):
    model = dcgan(compiled=False)
    model.preset_metadata = metadata
    return model


@pytest.mark.parametrize(("preset", "source", "names"), [
    ("attn_gan_emoji_64", "", EMOJI), ("dcgan_ms_cifar10_32", "emoji:emoji.zip", CIFAR),
    (described(data=[{"name": "CIFAR-10", "licence": None}]), "", CIFAR),
    (described(training={"data.name": "cifar10"}), "classes:photos", CIFAR),
    (described(training_data={"source": "emoji"}), "", EMOJI),
    (described(data=[{"name": "my cats", "licence": None}]), "cifar10", CIFAR),
    (None, "cifar10:some/folder", CIFAR), (None, "emoji_styles:emoji.zip", EMOJI),
    (None, Emoji.__new__(Emoji), EMOJI), (None, "facade_labels:x", ["encoder_facades_128"]),
])
def test_encoders_that_were_trained_on_the_data(preset, source, names):
    encoders, warning = default_encoders(preset, source)
    assert sorted(encoders) == names and warning is None


@pytest.mark.parametrize(("preset", "source"), [
    (None, ""), (None, "photos/"), (dcgan(compiled=False), "shape_classes"),
    (described(training={"data.name": "folder"}), "folder:mine"),
])
def test_another_encoder_has_a_warning(preset, source):
    encoders, warning = default_encoders(preset, source)
    assert encoders == ["damsm_emoji_64"]
    assert "no encoder of this zoo is known to be trained on these data" in warning
    assert "`encoder`" in warning


def test_the_warning_is_next_to_every_number():
    images = ShapeClasses(32, 8).load_batch(np.arange(8)).numpy()
    sets = from_array(images, "mine"), from_array(images[::-1], "real")
    measured = evaluate(*sets, bins=2, bootstrap=0)
    assert len(measured.results) == 3
    for result in measured.results:
        assert any("damsm_emoji_64, which was trained on other" in w for w in result["warnings"])
    with pytest.raises(ZooError, match="`strict`: .*trained on other images.*`encoder`"):
        evaluate(*sets, bins=2, strict=True)


def test_a_model_in_memory_is_measured_as_its_preset(monkeypatch):
    opened = []
    monkeypatch.setattr(
        "zoo.evaluation.feature_networks.zoo_encoder", lambda name: opened.append(name) or 1 / 0)
    for preset in (described(data=[{"name": "CIFAR-10", "licence": None}]), "dcgan_cifar10_32"):
        with pytest.raises(ZeroDivisionError):
            evaluate(preset, "shape_classes")
    assert opened == CIFAR * 2


def test_two_networks_of_one_name_are_rejected():
    from tests.support import tiny

    one, other = tiny.damsm(), tiny.damsm()
    with pytest.raises(ZooError, match="Two networks have the name damsm: leave one .* the same"):
        open_evaluators(encoder=(one, one))
    variable = other.image_encoder.variables[0]
    variable.assign(variable + 1)
    with pytest.raises(ZooError, match="name damsm: evaluate with one of them at a time"):
        open_evaluators(encoder=[one, other])
