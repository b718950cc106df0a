"""Released files -> models, on files of the official form and tiny sizes."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import zoo
from tests import tiny
from zoo.errors import ZooError
from zoo.importers import attn_gan as names
from zoo.importers import official
from zoo.importers.inception import image_encoder_targets
from zoo.models.attn_gan import AttnGAN
from zoo.models.damsm import DAMSM

WORDS = [*tiny.WORDS[:1], *tiny.WORDS[2:]]  # the official vocabulary has no <unk>


def save(path, targets):
    np.savez(path, **{name: t.to_official(t.variable.numpy()) for name, t in targets.items()})
    return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """(a model, its official files)."""
    folder = tmp_path_factory.mktemp("official")
    model = AttnGAN(
        WORDS,
        max_words=6,
        stage_sizes=(64, 128),
        generator_filters=2,
        residual_blocks=2,
        latent_dim=5,
        condition_dim=3,
        text_encoder={**tiny.TEXT, "cell": "gru"},
    )
    pickled = folder / "captions.pickle"
    numbered = dict(enumerate(WORDS))
    pickled.write_bytes(pickle.dumps([[], [], numbered, {w: i for i, w in numbered.items()}], 2))
    return model, {
        "generator": save(folder / "netG.npz", names.generator_targets(model.generator)),
        "text_encoder": save(folder / "t.npz", names.text_encoder_targets(model.text_encoder)),
        "captions": str(pickled),
    }


def test_attn_gan_generates_what_the_official_weights_do(files):
    model, paths = files
    imported = official.attn_gan(**paths, max_words=6)
    assert imported.stage_sizes == [64, 128] and imported.residual_blocks == 2
    expected = model.generate("a red circle", images_per_caption=2, seed=3)
    got = imported.generate("a red circle", images_per_caption=2, seed=3)
    np.testing.assert_array_equal(got, expected)


def test_damsm_and_the_trunk_of_torchvision(files, tmp_path):
    _, paths = files
    image = {"kind": "inception_v3", "features": 16, "width_divisor": 16}
    text = {**tiny.TEXT, "cell": "gru"}
    model = DAMSM(WORDS, max_words=6, image_size=64, text_encoder=text, image_encoder=image)
    targets = image_encoder_targets(model.image_encoder)
    path = save(tmp_path / "image.npz", targets)
    imported = official.damsm(paths["text_encoder"], path, paths["captions"], image_size=64)
    for a, b in zip(model.image_encoder.variables, imported.image_encoder.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())

    arrays = {k: t.to_official(t.variable.numpy()) for k, t in targets.items() if k[:4] != "emb_"}
    trunk = str(tmp_path / "torchvision.npz")
    np.savez(trunk, **arrays, **{"fc.weight": np.ones(1), "AuxLogits.fc.bias": np.ones(1)})
    other = DAMSM(WORDS, max_words=6, image_size=64, text_encoder=text, image_encoder=image)
    official.load_inception_trunk(other.image_encoder, trunk)
    a, b = (m.image_encoder.trunk.variables for m in (model, other))
    assert all(np.array_equal(x.numpy(), y.numpy()) for x, y in zip(a, b, strict=True))


def test_the_command_writes_a_preset(files, tmp_path):
    model, paths = files
    flags = [f"--{name}={path}" for name, path in paths.items()]
    command = [sys.executable, "-m", "recipes.import_checkpoint", *flags, "--max_words=6"]
    subprocess.run([*command, f"--out={tmp_path / 'p'}"], check=True, capture_output=True)
    expected = model.generate("a red circle", seed=3)
    got = zoo.from_preset(str(tmp_path / "p")).generate("a red circle", seed=3)
    np.testing.assert_array_equal(got, expected)
    failed = subprocess.run([*command, "--image_encoder=x"], capture_output=True, text=True)
    assert failed.returncode == 1 and "--out is missing" in failed.stderr


def test_files_that_do_not_belong_together(files, tmp_path):
    _, paths = files
    with pytest.raises(ZooError, match="no encoder.weight"):
        official.attn_gan(paths["generator"], paths["generator"], paths["captions"])
    short = tmp_path / "captions.pickle"
    short.write_bytes(pickle.dumps([[], [], {0: "<end>"}, {"<end>": 0}], 2))
    with pytest.raises(ZooError, match=f"holds 1 words, .* trained with {len(WORDS)}"):
        official.attn_gan(paths["generator"], paths["text_encoder"], str(short))


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
