"""Released files -> models, on files of the official form and tiny sizes."""

import pickle

import numpy as np
import pytest

import zoo
from tests.importers.released import WORDS, import_commands, save, save_captions
from tests.support import tiny
from zoo.errors import ZooError
from zoo.importers import attn_gan, damsm, dm_gan, mirror_gan, official, stackgan_v2
from zoo.importers.damsm import image_encoder_targets
from zoo.models.attn_gan import AttnGAN
from zoo.models.damsm import DAMSM
from zoo.models.dm_gan import DMGAN
from zoo.models.mirror_gan import CaptionPretraining, MirrorGAN
from zoo.models.stackgan_v2 import StackGANV2

SYSTEMS = {  # system, importer, repository, the text encoder's cell
    "attn_gan": (AttnGAN, attn_gan, "taoxugit/AttnGAN", "gru"),
    "dm_gan": (DMGAN, dm_gan, "MinfengZhu/DM-GAN", "gru"),
    "mirror_gan": (MirrorGAN, mirror_gan, "qiaott/MirrorGAN", "lstm"),
}
SIZES = {
    "stage_sizes": (64, 128), "generator_filters": 2, "residual_blocks": 2, "latent_dim": 5,
    "condition_dim": 3,
}


@pytest.fixture(scope="module", params=SYSTEMS)
def files(request, tmp_path_factory):
    """(name, a model, its official files) of a system that reads captions."""
    return released_files(request.param, tmp_path_factory.mktemp("official"))


def released_files(name, folder):
    system, names, _, cell = SYSTEMS[name]
    model = system(WORDS, max_words=6, text_encoder={**tiny.TEXT, "cell": cell}, **SIZES)
    return name, model, {
        "generator": save(folder / "netG.npz", names.generator_targets(model.generator)),
        "text_encoder": save(folder / "t.npz", attn_gan.text_encoder_targets(model.text_encoder)),
        "captions": save_captions(folder / "captions.pickle"),
    }


def test_it_generates_what_the_official_weights_do(files):
    name, model, paths = files
    imported = getattr(official, name)(**paths, max_words=6)
    assert type(imported) is type(model)
    for setting, value in SIZES.items():
        read = getattr(imported, setting)
        assert read == (list(value) if isinstance(value, tuple) else value), setting
    expected = model.generate("a red circle", images_per_caption=2, seed=3)
    got = imported.generate("a red circle", images_per_caption=2, seed=3)
    np.testing.assert_array_equal(got, expected)


def test_as_many_words_are_read_as_in_the_authors_evaluation(files, monkeypatch):
    name, _, paths = files
    text = official.read_state_dict(paths["text_encoder"])
    assert damsm.caption_settings(paths["captions"], text, None)["max_words"] == 18
    assert damsm.EVALUATED_WORDS == {5450: 25, 27297: 20}  # CUB, COCO
    monkeypatch.setitem(damsm.EVALUATED_WORDS, len(WORDS), 25)
    assert getattr(official, name)(**paths).max_words == 25


def test_damsm_and_the_trunk_of_torchvision(tmp_path):
    image = {"kind": "inception_v3", "features": 16, "width_divisor": 16}
    text = {**tiny.TEXT, "cell": "gru"}
    model = DAMSM(WORDS, max_words=6, image_size=64, text_encoder=text, image_encoder=image)
    targets = image_encoder_targets(model.image_encoder)
    path = save(tmp_path / "image.npz", targets)
    words = save(tmp_path / "text.npz", attn_gan.text_encoder_targets(model.text_encoder))
    captions = save_captions(tmp_path / "captions.pickle")
    imported = official.damsm(words, path, captions, image_size=64)
    for a, b in zip(model.image_encoder.variables, imported.image_encoder.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())

    arrays = {k: t.to_official(t.variable.numpy()) for k, t in targets.items() if k[:4] != "emb_"}
    trunk = str(tmp_path / "torchvision.npz")
    np.savez(trunk, **arrays, **{"fc.weight": np.ones(1), "AuxLogits.fc.bias": np.ones(1)})
    other = DAMSM(WORDS, max_words=6, image_size=64, text_encoder=text, image_encoder=image)
    official.load_inception_trunk(other.image_encoder, trunk)
    a, b = (m.image_encoder.trunk.variables for m in (model, other))
    assert all(np.array_equal(x.numpy(), y.numpy()) for x, y in zip(a, b, strict=True))
    np.savez(trunk, **arrays, **{"fc.weight": np.ones((1008, 2), "float32")})
    with pytest.raises(ZooError, match="1008 classes, as FID's Inception"):
        official.load_inception_trunk(other.image_encoder, trunk)


def stream_files(folder, model):
    """The captioning network's two released files."""
    return {
        "cnn_encoder": save(folder / "cnn.npz", mirror_gan.caption_encoder_targets(model.encoder)),
        "rnn_decoder": save(folder / "rnn.npz", mirror_gan.caption_decoder_targets(model.decoder)),
        "captions": save_captions(folder / "captions.pickle"),
    }


def test_the_captioning_network_of_mirror_gan(tmp_path):
    encoder = {"blocks": (1, 1, 1, 1), "filters": 2, "features": 8}
    captioner = {"kind": "resnet", "units": 5, "encoder": encoder}
    model = CaptionPretraining(WORDS, max_words=6, image_size=32, captioner=captioner)
    paths = stream_files(tmp_path, model.captioner)
    loaded = official.stream(**paths, max_words=6, image_size=32)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    assert loaded.describe(images) == model.describe(images)
    ours, theirs = model.network_variables(), loaded.network_variables()
    assert all(np.array_equal(ours[name].numpy(), theirs[name].numpy()) for name in ours)
    with pytest.raises(ZooError, match="has no "):
        official.stream(paths["rnn_decoder"], paths["cnn_encoder"], paths["captions"])

    _, _, generator = released_files("mirror_gan", tmp_path)
    whole = official.mirror_gan(**{**generator, **paths}, max_words=6)
    ours, theirs = whole.network_variables(["captioner"]), model.network_variables()
    assert all(np.array_equal(ours[name].numpy(), theirs[name].numpy()) for name in theirs)
    assert len(whole.describe(images)) == 2
    with pytest.raises(ZooError, match="two files"):
        official.mirror_gan(**generator, cnn_encoder=paths["cnn_encoder"])


@pytest.mark.parametrize(
    "files",
    ["attn_gan", *(pytest.param(n, marks=pytest.mark.large) for n in ("dm_gan", "mirror_gan"))],
    indirect=True,
)
def test_the_command_recognises_the_system_and_writes_a_preset(files, tmp_path):
    """By default of one system; all are recognised in the next test."""
    name, model, paths = files
    stackgan = StackGANV2(text_encoder={"kind": "embeddings", "features": 7}, **{
        **SIZES, "generator_filters": 4,
    })
    stacked = save(tmp_path / "netG.npz", stackgan_v2.generator_targets(stackgan.generator))
    given = [f"--{name}={path}" for name, path in paths.items()]
    out, none = f"--out={tmp_path / 'p'}", f"--out={tmp_path / 'none'}"
    lines = import_commands(
        [*given, "--max_words=6", out],
        given,
        [*given[1:], none],
        [*given, f"--image_encoder={stacked}", none],
        [given[0], given[2], none],
        [f"--generator={stacked}", f"--captions={stacked}", none],
        [f"--generator={stacked}", f"--out={tmp_path / 's'}"],
    )
    starts = (
        f"{type(model).__name__} in ",
        "error: --out is missing",
        "error: Give one of --generator",
        "error: --image_encoder does not apply to ",
        "error: --text_encoder is missing",
        "error: --captions does not apply to stackgan_v2",
        "StackGANV2 in ",
    )
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start), line
    assert not (tmp_path / "none").exists()

    preset = zoo.from_preset(str(tmp_path / "p"))
    np.testing.assert_array_equal(
        preset.generate("a red circle", seed=3), model.generate("a red circle", seed=3)
    )
    expected = f"{SYSTEMS[name][2]}: netG.npz, t.npz"
    assert preset.preset_metadata["source"]["checkpoint"] == expected
    preset, rows = zoo.from_preset(str(tmp_path / "s")), np.ones([2, 7], "float32")
    np.testing.assert_array_equal(preset.generate(rows, seed=3), stackgan.generate(rows, seed=3))
    assert preset.preset_metadata["condition"] == {"kind": "embeddings", "features": 7}


def test_which_system_a_file_is_of(files, tmp_path):
    name, _, paths = files
    assert official.system_of(paths["generator"]) == name
    with pytest.raises(ZooError, match="not a generator of attn_gan, .*encoder"):
        official.system_of(paths["text_encoder"])
    np.savez(tmp_path / "s.npz", **{"h_net2.jointConv.0.weight": np.zeros([1])})
    assert official.system_of(tmp_path / "s.npz") == "stackgan_v2"


def test_files_that_do_not_belong_together(files, tmp_path):
    name, _, paths = files
    load = getattr(official, name)
    with pytest.raises(ZooError, match="no encoder.weight"):
        load(paths["generator"], paths["generator"], paths["captions"])
    with pytest.raises(ZooError, match="has no "):
        load(paths["text_encoder"], paths["text_encoder"], paths["captions"])
    short = tmp_path / "captions.pickle"
    short.write_bytes(pickle.dumps([[], [], {0: "<end>"}, {"<end>": 0}], 2))
    with pytest.raises(ZooError, match=f"has 1 words, .* trained with {len(WORDS)}"):
        load(paths["generator"], paths["text_encoder"], str(short))
