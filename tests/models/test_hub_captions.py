"""Text-to-image systems with a text encoder of TensorFlow Hub."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.support import tiny
from tests.support.tiny_hub_module import tiny_modules
from tests.support.tiny_xmc_gan import xmc_gan
from zoo import storage
from zoo.errors import ZooError
from zoo.models.mirror_gan import MirrorGAN
from zoo.models.xmc_gan import FlaxAdam

PLACES, FEATURES = 9, 16
SHORT, LONG = "a red bird", "the big unforgettable bird is playing with squares and circles"


def hub(**changes):
    return {"kind": "hub", **tiny_modules(), **changes}


def system(name, text_encoder=None):
    settings = {
        "max_words": PLACES, "vocabulary": None, "text_encoder": text_encoder or hub(),
    }
    if name == "xmc_gan":
        model = xmc_gan(**settings)
        optimizer = FlaxAdam(2e-3, 0.5, 0.999, epsilon=1e-8)
        model.compile(generator_optimizer=optimizer, discriminator_optimizer=optimizer)
        return model
    return getattr(tiny, name)(**settings)


def batch(model, sizes):
    data = tiny.batch(0, 4, sizes=sizes, kind="none", mismatched=True)
    return {**data, **_pieces(model.hub_encoder)}


@pytest.mark.parametrize("name", ["xmc_gan", "attn_gan", "stackgan_v2"])
def test_a_system_trains_and_draws_with_a_hub_encoder(name):
    model = tiny.reused(system, name)
    data = batch(model, model.image_sizes)
    frozen = tiny.snapshot({v.path: v for v in model.hub_encoder.variables})
    before = tiny.snapshot({v.path: v for v in model.generator.trainable_variables})
    logs = model.train_step(data)
    assert np.isfinite([float(value) for value in logs.values()]).all()
    for variable in model.hub_encoder.variables:
        np.testing.assert_array_equal(frozen[variable.path], variable)
    same = [p for p, value in tiny.snapshot(
        {v.path: v for v in model.generator.trainable_variables}
    ).items() if np.array_equal(before[p], value)]
    assert not same
    names = model.checkpoint_variables()
    assert not any("text_encoder" in name or "hub" in name for name in names)
    size = model.image_sizes[-1]
    images = model.generate([SHORT, LONG], images_per_caption=2, seed=3)
    assert images.shape == (4, size, size, 3)
    alone = model.generate(LONG, seed=4, batch_size=1)
    difference = alone[0].astype(int) - images[3]  # the encoder's last bit may follow the batch
    assert np.abs(difference).max() <= 1


def test_vectors_that_were_computed_before_give_the_same_step(monkeypatch):
    logs = []
    for computed in (False, True):
        model = tiny.reused(system, "xmc_gan")
        data = batch(model, model.image_sizes)
        if computed:
            encoded = model.hub_encoder(data)
            data = {**data, "words": encoded["words"], "sentence": encoded["sentence"]}
            monkeypatch.setattr(model.condition, "hub_encoder", None)  # it does not run
        logs.append({name: float(value) for name, value in model.train_step(data).items()})
    assert logs[0] == pytest.approx(logs[1], rel=1e-6)


def test_what_is_read():
    model = tiny.reused(system, "xmc_gan")
    _, shown = model.generate([SHORT, LONG], return_details=True)
    assert shown["tokens"][0][0] == "[CLS]" and shown["tokens"][0][-1] == "[SEP]"
    assert len(shown["tokens"][1]) == PLACES and shown["tokens"][1][-1] == "[SEP]"
    first = " ".join(LONG.split()[:9])  # words beyond the limit change nothing
    np.testing.assert_array_equal(
        model.generate(LONG, seed=1), model.generate(f"{first} and more", seed=1)
    )
    for captions, match in (
        ("", "Caption 1 is empty"), ([SHORT, " "], "Caption 2 is empty"), ([], "At least one"),
        ([SHORT, 3], "Caption 2 must be a string"), (None, "No captions were given"),
    ):
        with pytest.raises(ZooError, match=match):
            model.generate(captions)


def test_a_preset_names_the_modules_and_does_not_hold_them(tmp_path):
    place = tmp_path / "modules"
    for name, folder in tiny_modules().items():
        shutil.copytree(folder, place / name)
    text_encoder = {"kind": "hub", "preprocess": str(place / "preprocess"),
                    "encoder": str(place / "encoder"), "sentence": "words"}
    model = system("stackgan_v2", text_encoder)
    wanted = model.generate([SHORT, LONG], seed=5)
    directory = str(tmp_path / "preset")
    model.save_to_preset(directory)
    config = json.loads((tmp_path / "preset" / "config.json").read_text())["config"]
    assert config["text_encoder"].pop("sha256") == model.hub_encoder.digests
    assert config["text_encoder"] == text_encoder
    names = {path.name for path in (tmp_path / "preset").iterdir()}
    assert names == {"config.json", "metadata.json", "model.weights.h5", "README.md"}
    generator = sum(np.prod(v.shape) for v in model.ema_generator.variables)
    metadata = json.loads((tmp_path / "preset" / "metadata.json").read_text())
    assert metadata["parameters"] == generator
    own = {name: text_encoder[name] for name in ("preprocess", "encoder")}

    place.rename(tmp_path / "elsewhere")
    with pytest.raises(ZooError, match="no folder") as caught:
        zoo.from_preset(directory, text_encoder=own)
    assert str(place) in str(caught.value)
    elsewhere = {name: tmp_path / "elsewhere" / name for name in ("preprocess", "encoder")}
    moved = zoo.from_preset(directory, text_encoder=elsewhere)
    np.testing.assert_array_equal(moved.generate([SHORT, LONG], seed=5), wanted)
    other = tiny_modules(seed=1)["encoder"]
    with pytest.raises(ZooError, match="SHA-256"):
        zoo.from_preset(directory, text_encoder={**elsewhere, "encoder": other})
    with pytest.raises(ZooError, match="preprocess"):
        zoo.from_preset(directory, text_encoder={"words": "x"})
    with pytest.raises(ZooError, match="does not"):
        zoo.from_preset("attn_gan_emoji_64", text_encoder=elsewhere)
    with pytest.raises(ZooError, match="`max_words` .9. is for a model that reads captions by"):
        zoo.from_preset(directory, text_encoder=elsewhere, max_words=9)


def test_a_checkpoint_knows_its_modules(tmp_path):
    path = str(tmp_path / "last.h5")
    model = tiny.reused(system, "stackgan_v2")
    model.save_checkpoint(path)
    model.load_checkpoint(path)
    changed = system("stackgan_v2", hub(encoder=tiny_modules(seed=1)["encoder"]))
    before = tiny.snapshot(changed.network_variables())
    with pytest.raises(ZooError, match="not the encoder module that.*Restore that module"):
        changed.load_checkpoint(path)
    for name, variable in changed.network_variables().items():
        np.testing.assert_array_equal(variable, before[name])
    storage.save_variables(path, model.checkpoint_variables())  # as files were before they knew
    changed.load_checkpoint(path)


def test_a_preset_cannot_fetch_a_strangers_program(tmp_path):
    directory = tmp_path / "preset"
    tiny.reused(system, "xmc_gan").save_to_preset(str(directory))
    config = storage.read_json(directory / "config.json")
    config["config"]["text_encoder"]["encoder"] = "https://localhost:9/evil.tar.gz"
    storage.write_json(directory / "config.json", config)
    metadata = storage.read_json(directory / "metadata.json")
    metadata["files"]["config.json"] = {"sha256": storage.sha256(directory / "config.json")}
    storage.write_json(directory / "metadata.json", metadata)
    with pytest.raises(ZooError, match="a program that would be run") as caught:
        zoo.from_preset(str(directory))
    assert "evil.tar.gz" in str(caught.value)
    with pytest.raises(ZooError, match="could not be downloaded"):
        zoo.from_preset(
            str(directory),
            text_encoder={**tiny_modules(), "encoder": "https://localhost:9/evil.tar.gz"},
        )


def test_a_damsm_learns_to_see_what_the_encoder_reads(tmp_path):
    damsm = tiny.damsm(vocabulary=None, max_words=PLACES, text_encoder=hub())
    data = {**tiny.batch(0, 4, kind="none"), **_pieces(damsm.text.hub_encoder)}
    before = tiny.snapshot(damsm.network_variables())
    logs = damsm.train_step(data)
    assert np.isfinite([float(value) for value in logs.values()]).all()
    assert all(name.startswith("image_encoder") for name in before)
    after = damsm.network_variables()
    assert not all(np.array_equal(before[name], after[name]) for name in before)
    damsm.save_to_preset(str(tmp_path / "damsm"))

    model = system("attn_gan")
    model.load_damsm(str(tmp_path / "damsm"))
    for name, variable in model.network_variables(("image_encoder",)).items():
        np.testing.assert_array_equal(variable, after[name])
    model.save_to_preset(str(tmp_path / "gan"))  # a preset of a system that needs to know its words
    loaded = zoo.from_preset(str(tmp_path / "gan"), text_encoder=tiny_modules())
    np.testing.assert_array_equal(loaded.generate(SHORT), model.generate(SHORT))

    with pytest.raises(ZooError, match="another text encoder"):
        system("attn_gan", hub(sentence="words")).load_damsm(damsm)
    with pytest.raises(ZooError, match="word pieces"):
        tiny.attn_gan().load_damsm(damsm)
    with pytest.raises(ZooError, match="no captions|reads no"):
        tiny.reused(system, "stackgan_v2").load_damsm(damsm)
    with pytest.raises(ZooError, match="expected a vocabulary"):
        tiny.damsm_guided(MirrorGAN, vocabulary=None, max_words=PLACES, text_encoder=hub())


def _pieces(encoder):
    return encoder.tokenize(tf.constant([SHORT, LONG, "a blue square", "birds"]))
