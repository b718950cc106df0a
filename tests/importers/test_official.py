"""Released files -> models, on files of the official form and tiny sizes."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import zoo
from tests import tiny
from zoo.errors import ZooError
from zoo.importers import attn_gan, dm_gan, official, stackgan_v2
from zoo.importers.inception import image_encoder_targets
from zoo.models.attn_gan import AttnGAN
from zoo.models.damsm import DAMSM
from zoo.models.dm_gan import DMGAN
from zoo.models.stackgan_v2 import StackGANV2

WORDS = [*tiny.WORDS[:1], *tiny.WORDS[2:]]  # the official vocabulary has no <unk>


def save(path, targets):
    np.savez(path, **{name: t.to_official(t.variable.numpy()) for name, t in targets.items()})
    return str(path)


SYSTEMS = {"attn_gan": (AttnGAN, attn_gan), "dm_gan": (DMGAN, dm_gan)}
SIZES = {
    "stage_sizes": (64, 128), "generator_filters": 2, "residual_blocks": 2, "latent_dim": 5,
    "condition_dim": 3,
}


@pytest.fixture(scope="module", params=SYSTEMS)
def files(request, tmp_path_factory):
    """(name, a model, its official files) of a system that reads captions."""
    folder = tmp_path_factory.mktemp("official")
    system, names = SYSTEMS[request.param]
    model = system(WORDS, max_words=6, text_encoder={**tiny.TEXT, "cell": "gru"}, **SIZES)
    return request.param, model, {
        "generator": save(folder / "netG.npz", names.generator_targets(model.generator)),
        "text_encoder": save(folder / "t.npz", attn_gan.text_encoder_targets(model.text_encoder)),
        "captions": save_captions(folder / "captions.pickle"),
    }


def save_captions(path):
    numbered = dict(enumerate(WORDS))
    path.write_bytes(pickle.dumps([[], [], numbered, {w: i for i, w in numbered.items()}], 2))
    return str(path)


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


def run_command(*flags):
    command = [sys.executable, "-m", "recipes.import_checkpoint", *flags]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_command_recognises_the_system_and_writes_a_preset(files, tmp_path):
    name, model, paths = files
    flags = [f"--{name}={path}" for name, path in paths.items()]
    done = run_command(*flags, "--max_words=6", f"--out={tmp_path / 'p'}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{type(model).__name__} in ")
    preset = zoo.from_preset(str(tmp_path / "p"))
    np.testing.assert_array_equal(
        preset.generate("a red circle", seed=3), model.generate("a red circle", seed=3)
    )
    repository = {"attn_gan": "taoxugit/AttnGAN", "dm_gan": "MinfengZhu/DM-GAN"}[name]
    expected = f"{repository}: netG.npz, t.npz"
    assert preset.preset_metadata["source"]["checkpoint"] == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["generator", "text_encoder", "captions"], "--out is missing"),
        (["out", "text_encoder", "captions"], "Give one of --generator"),
        (["out", "generator", "image_encoder"], "Give one of --generator"),
        (["out", "generator", "captions"], "--text_encoder is missing"),
    ],
)
def test_missing_flags(tmp_path, given, message):
    paths = dict.fromkeys(("text_encoder", "captions", "image_encoder"), "x")
    paths.update(out=tmp_path / "p", generator=tmp_path / "g.npz")
    np.savez(paths["generator"], **{"h_net2.A.weight": np.zeros([1, 4])})
    failed = run_command(*[f"--{name}={paths[name]}" for name in given])
    assert failed.returncode == 1 and message in failed.stderr
    assert not (tmp_path / "p").exists()


def test_the_command_takes_a_stackgan_without_text_encoder(tmp_path):
    model = StackGANV2(text_encoder={"kind": "embeddings", "features": 7}, **{
        **SIZES, "generator_filters": 4,
    })
    generator = save(tmp_path / "netG.npz", stackgan_v2.generator_targets(model.generator))
    flags = [f"--generator={generator}", f"--out={tmp_path / 'p'}"]
    failed = run_command(*flags, "--captions=x")
    assert failed.returncode == 1 and "--captions has no use: stackgan_v2" in failed.stderr
    done = run_command(*flags)
    assert done.returncode == 0 and done.stdout.startswith("StackGANV2 in "), done.stderr
    preset = zoo.from_preset(str(tmp_path / "p"))
    rows = np.ones([2, 7], "float32")
    np.testing.assert_array_equal(preset.generate(rows, seed=3), model.generate(rows, seed=3))


def test_which_system_a_file_is_of(files, tmp_path):
    name, _, paths = files
    assert official.system_of(paths["generator"]) == name
    with pytest.raises(ZooError, match="no generator of attn_gan, dm_gan, stackgan_v2.*encoder"):
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
    with pytest.raises(ZooError, match=f"holds 1 words, .* trained with {len(WORDS)}"):
        load(paths["generator"], paths["text_encoder"], str(short))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.pth", None, "does not exist"),
        ("weights.bin", b"x", "unknown form"),
        ("broken.npz", b"not a zip", "cannot be read"),
    ],
)
def test_unreadable_checkpoints(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ZooError, match=message):
        official.read_state_dict(tmp_path / name)
