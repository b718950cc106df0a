"""Released files of DCGAN, Pix2Pix, BicycleGAN and DRIT -> models, on tiny ones."""

import functools

import numpy as np
import pytest

import zoo
from tests.importers import released
from tests.support import tiny_images
from zoo.errors import ZooError
from zoo.importers import official

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
LARGER = RNG.integers(0, 256, (2, released.SIZE, released.SIZE, 3), dtype=np.uint8)


def same_weights(model, other):
    ours, theirs = model.network_variables(), other.network_variables()
    assert ours.keys() == theirs.keys()
    for name, variable in ours.items():
        np.testing.assert_array_equal(variable.numpy(), theirs[name].numpy(), name)


def same_images(model, other, *conditions, **settings):
    settings = {"samples_per_condition": 2, "seed": 3, **settings}
    expected = model.generate(*conditions, **settings)
    np.testing.assert_array_equal(other.generate(*conditions, **settings), expected)
    assert np.ptp(expected) > 0


def save_all(folder, files):
    return {name: released.save(folder / f"{name}.npz", t) for name, t in files.items()}


# --- DCGAN ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dcgan(tmp_path_factory):
    """(model, its released file)."""
    model = released.tiny_dcgan()
    path = tmp_path_factory.mktemp("dcgan") / "00199.npz"
    return model, released.save(path, released.dcgan_targets(model))


def test_dcgan_generates_what_the_official_weights_do(dcgan):
    model, path = dcgan
    loaded = official.dcgan(path, class_names=["cat", "dog", "frog", "ship"])
    for name in ("classes", "latent_dim", "filters", "image_size"):
        assert getattr(loaded, name) == getattr(model, name), name
    assert not hasattr(loaded, "discriminator")
    expected = model.generate([3, 1], samples_per_condition=2, seed=3)
    np.testing.assert_array_equal(loaded.generate(["ship", "dog"], 2, seed=3), expected)
    same_weights(model, official.dcgan(path, training=True))


def test_dcgan_of_a_generator_alone_needs_the_classes(dcgan, tmp_path):
    model, path = dcgan
    weights = {k[4:]: v for k, v in official.read_state_dict(path).items() if k[:4] == "gen."}
    np.savez(tmp_path / "gen.npz", **weights)
    same_images(model, official.dcgan(tmp_path / "gen.npz", classes=4), [0, 2])
    with pytest.raises(ZooError, match="only a generator.*names of the classes"):
        official.dcgan(tmp_path / "gen.npz")
    with pytest.raises(ZooError, match="leaves no room for 12 classes"):
        official.dcgan(tmp_path / "gen.npz", classes=12)
    for wrong in ({"classes": "4"}, {"class_names": 4}):
        with pytest.raises(ZooError, match=f"DCGAN: `{next(iter(wrong))}` must be a"):
            official.dcgan(tmp_path / "gen.npz", **wrong)
    with pytest.raises(ZooError, match="4 by discriminator, 2 by class_names"):
        official.dcgan(path, class_names=["cat", "dog"])


# --- Pix2Pix and BicycleGAN -----------------------------------------------------------------------


@pytest.mark.parametrize("settings", [
    pytest.param({}, marks=pytest.mark.large),  # by default in the command's test
    {"where_add": "input", "normalization": "batch"},
])
def test_pix2pix_generates_what_the_official_weights_do(tmp_path, settings):
    model = tiny_images.pix2pix(**settings)
    files = save_all(tmp_path, released.pix2pix_targets(model))
    loaded = official.pix2pix(files["generator"])
    assert not hasattr(loaded, "discriminator")
    same_images(model, loaded, IMAGES)
    loaded = official.pix2pix(**files)
    assert loaded.discriminator_filters == 4 and loaded.discriminator_layers == 2
    same_weights(model, loaded)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, marks=pytest.mark.large),  # by default in the command's test
        {"conditional_discriminators": True},
        {"use_same_discriminator": True, "encoder": "conv"},
    ],
)
def test_bicyclegan_generates_what_the_official_weights_do(tmp_path, settings):
    model = tiny_images.bicyclegan(**settings)
    files = save_all(tmp_path, released.bicyclegan_targets(model))
    loaded = official.bicyclegan(files["generator"], files["encoder"])
    assert not hasattr(loaded, "discriminator")
    same_images(model, loaded, IMAGES)
    expected = model.generate_like(IMAGES, IMAGES[::-1])
    np.testing.assert_array_equal(loaded.generate_like(IMAGES, IMAGES[::-1]), expected)
    loaded = official.bicyclegan(**files)
    for name in ("conditional_discriminators", "use_same_discriminator"):
        assert getattr(loaded, name) == getattr(model, name), name
    same_weights(model, loaded)


def test_statistics_of_instance_norms_are_dropped(tmp_path):
    model = tiny_images.bicyclegan()
    files = save_all(tmp_path, released.bicyclegan_targets(model))
    for name, place in (("generator", "model.submodule.down.2"), ("encoder", "conv.1.conv.0")):
        old = {f"{place}.running_mean": np.zeros(2), f"{place}.running_var": np.ones(2)}
        np.savez(files[name], **official.read_state_dict(files[name]), **old)
    same_images(model, official.bicyclegan(files["generator"], files["encoder"]), IMAGES)


# --- DRIT -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("concat", [
    True, pytest.param(False, marks=pytest.mark.large),  # by default in the command's test
])
def test_drit_generates_what_the_official_weights_do(tmp_path, concat):
    model = released.tiny_drit(concat)
    path = released.save(tmp_path / "01200.npz", released.drit_targets(model))
    loaded = official.drit(path, image_size=released.SIZE)
    assert loaded.concat == concat and not hasattr(loaded, "discriminator_a")
    for settings in ({}, {"direction": "b2a"}, {"guide": LARGER[:1]}):
        same_images(model, loaded, LARGER, **settings)
    loaded = official.drit(path, training=True, image_size=released.SIZE)
    assert loaded.content_discriminator_config == {"layers": 1}
    same_weights(model, loaded)


# --- wrong files, and the command -----------------------------------------------------------------

MARKS = {  # what is read for a size, each of another file
    "dcgan": ("deconv1.weight", "deconv2_bn.weight", "deconv3.weight"),
    "pix2pix": ("model.down.0.weight", "model.submodule.down.1.weight", "model.up.1.bias"),
    "drit": ("enc_c.convA.0.model.1.weight", "gen.decA4.0.weight", "gen.decA2.0.model.0.weight"),
}


@functools.cache
def stored(system):
    """(dict of official arrays, settings of `load`) of a tiny system; not to be changed."""
    if system == "dcgan":
        model = released.tiny_dcgan()
        return released.arrays(released.dcgan.generator_targets(model.generator)), {"classes": 4}
    if system == "pix2pix":
        model = tiny_images.pix2pix()
        return released.arrays(released.pix2pix_targets(model)["generator"]), {}
    model = released.tiny_drit()
    return released.arrays(released.drit_targets(model)), {"image_size": released.SIZE}


def refused(path, system, weights):
    np.savez(path, **weights)
    with pytest.raises(ZooError):
        getattr(official, system)(path, **stored(system)[1])


@pytest.mark.parametrize("system", MARKS)
def test_a_foreign_array_is_an_error(tmp_path, system):
    weights = {**stored(system)[0], "gen.extra.weight": np.ones(3)}
    refused(tmp_path / "foreign.npz", system, weights)


@pytest.mark.parametrize(("system", "name"), [(s, n) for s in MARKS for n in MARKS[s]])
def test_a_missing_array_is_an_error(tmp_path, system, name):
    weights = dict(stored(system)[0])
    del weights[name]
    refused(tmp_path / "missing.npz", system, weights)


def test_the_command_recognises_the_systems_and_writes_presets(dcgan, tmp_path):
    models = {
        "pix2pix": tiny_images.pix2pix(),
        "bicyclegan": tiny_images.bicyclegan(),
        "drit": released.tiny_drit(False),
        "dcgan": dcgan[0],
    }
    pair = save_all(tmp_path, released.bicyclegan_targets(models["bicyclegan"]))
    u_net = released.pix2pix_targets(models["pix2pix"])["generator"]
    net_g = released.save(tmp_path / "400_net_G.npz", u_net)
    unpaired = released.save(tmp_path / "01200.npz", released.drit_targets(models["drit"]))
    out = {name: f"--out={tmp_path}/p_{name}" for name in models}
    lines = released.import_commands(
        [f"--generator={net_g}", out["pix2pix"]],
        [f"--generator={pair['generator']}", f"--encoder={pair['encoder']}", out["bicyclegan"]],
        [f"--generator={unpaired}", f"--image_size={released.SIZE}", out["drit"]],
        [f"--generator={dcgan[1]}", "--class_names=cat; dog;frog;ship", out["dcgan"]],
        [f"--generator={unpaired}", f"--encoder={pair['encoder']}", f"--out={tmp_path}/none"],
        [f"--generator={net_g}", "--class_names=cat", f"--out={tmp_path}/none"],
        [f"--generator={pair['encoder']}", f"--out={tmp_path}/none"],
        [f"--cnn_encoder={net_g}", f"--out={tmp_path}/none"],
    )
    starts = (
        "Pix2Pix in ", "BicycleGAN in ", "DRIT in ", "DCGAN in ",
        "error: --encoder does not apply to drit",
        "error: --class_names does not apply to pix2pix",
        f"error: {pair['encoder']} is not a generator of attn_gan",
        "error: --rnn_decoder is missing: stream needs it",
    )
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start), line
    assert not (tmp_path / "none").exists()

    conditions = {"pix2pix": IMAGES, "bicyclegan": IMAGES, "drit": LARGER, "dcgan": [1]}
    for name, model in models.items():
        preset = zoo.from_preset(f"{tmp_path}/p_{name}")
        same_images(model, preset, conditions[name])
    preset = zoo.from_preset(f"{tmp_path}/p_dcgan")
    assert preset.class_names == ["cat", "dog", "frog", "ship"]
    assert preset.preset_metadata["source"]["checkpoint"] == "HelenMao/MSGAN: 00199.npz"
    assert preset.preset_metadata["condition"]["examples"] == ["cat", "dog"]
