"""The SavedModel gives the same results in Python, a session and the C API; writing is atomic."""

import errno
import os
import tempfile

import numpy as np
import pytest

from export import saved_model
from tests.export.conftest import CLIENTS, ask_process, signature_of
from tests.models.test_dcgan import dcgan
from zoo import presets, storage
from zoo.errors import ZooError
from zoo.models.damsm import DAMSM

CAPTIONS = ["a red circle", "Blue SQUARE, on white!", "a green zebra"]
SEEDS = [7, -1, 2**40]


def listing(directory):
    """dict of relative path -> hash of every file under a directory."""
    return {
        os.path.relpath(os.path.join(folder, name), directory): storage.sha256(
            os.path.join(folder, name)
        )
        for folder, _, names in os.walk(directory)
        for name in names
    }


def close(left, right):
    assert left.shape == right.shape and left.dtype == right.dtype == np.uint8
    assert np.abs(left.astype(int) - right).max() <= 1


# --- what is in it ---


def test_signature(signature, exported, model):
    import tensorflow as tf

    def described(tensors):
        return {
            name: (tf.as_dtype(info.dtype).name, [d.size for d in info.tensor_shape.dim])
            for name, info in tensors.items()
        }

    size = model.image_size
    assert described(signature.inputs) == {"captions": ("string", [-1]), "seed": ("int64", [-1])}
    assert described(signature.outputs) == {"image_bytes": ("string", [-1])}
    pixels = signature_of(exported, "pixels")
    assert described(pixels.inputs) == described(signature.inputs)
    assert described(pixels.outputs) == {"image": ("uint8", [-1, size, size, 3])}
    assert signature.method_name == "tensorflow/serving/predict"


def test_vocabulary_is_an_asset(exported, model):
    with open(os.path.join(exported, "assets", "vocabulary.txt"), encoding="utf-8") as file:
        assert file.read().split() == list(model.vocabulary.tokens)


def test_weights_are_stored_once(exported, model):
    import tensorflow as tf

    prefix = os.path.join(exported, "variables", "variables")
    stored = {
        name: shape for name, shape in tf.train.list_variables(prefix)
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH"
    }
    count = sum(int(np.prod(shape)) for shape in stored.values())
    assert count == sum(int(np.prod(v.shape)) for v in model.preset_variables().values())
    assert os.path.getsize(f"{prefix}.data-00000-of-00001") < 4 * count * 1.25


def test_two_exports_are_identical_files(model, exported, tmp_path):
    again = saved_model.export_saved_model(model, tmp_path / "other", version=7)
    assert listing(again) == listing(exported)
    with open(os.path.join(again, "saved_model.pb"), "rb") as file:
        data = file.read()
    for path in (os.path.dirname(saved_model.__file__), str(tmp_path), tempfile.gettempdir()):
        assert path.encode() not in data  # of the process that exported it


# --- what it answers ---


ODD = ["", "   ", "zzz qqq", "!?.", "\u00e9\u4e2d\U0001f600", "<end> <unk>", "a\n\tred\x00"]
TOGETHER = [*CAPTIONS, "", "a", "white " * 50, "nothing known", *CAPTIONS]
ALONE = (0, 3, 5)
ROWS = list(range(len(TOGETHER)))
CALLS = {
    "images": (CAPTIONS, SEEDS),
    "again": (CAPTIONS, SEEDS),
    "together": (TOGETHER, ROWS),
    "reverse": (TOGETHER[::-1], ROWS[::-1]),
    **{f"row {row}": ([TOGETHER[row]], [row]) for row in ALONE},
    "odd": ([*ODD, "red " * 2500, CAPTIONS[0]], [5] * (len(ODD) + 2)),
}


@pytest.fixture(scope="module")
def answers(exported, tmp_path_factory):
    """dict of client -> call -> (images, files); one process per client."""
    folder = tmp_path_factory.mktemp("requests")
    found = {}
    for client in CLIENTS:
        names = list(CALLS) if client == "c_api" else ["images", "again"]
        calls = [([caption.encode() for caption in captions], seeds)
                 for captions, seeds in map(CALLS.get, names)]
        got = ask_process(folder, client, exported, "serving_default", calls)
        found[client] = dict(zip(names, got, strict=True))
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_images_are_those_of_generate(answers, model, client):
    image, files = answers[client]["images"]
    assert image.std() > 1 and not np.array_equal(image[0], image[1])
    close(image, model.generate(CAPTIONS, seed=SEEDS))
    assert all(file.startswith(b"\x89PNG") for file in files)


def test_clients_agree_and_answers_repeat(answers):
    first = answers["c_api"]["images"]
    for client, call in (("c_api", "again"), ("session", "images"), ("session", "again")):
        image, files = answers[client][call]
        np.testing.assert_array_equal(image, first[0])
        assert files == first[1]


def test_a_row_does_not_depend_on_its_neighbors(answers):
    images = {name: image for name, (image, _) in answers["c_api"].items()}
    together = images["together"]
    close(together, images["reverse"][::-1])
    for row in ALONE:
        close(together[row : row + 1], images[f"row {row}"])
    assert not np.array_equal(together[0], together[7])  # the same caption, another seed


def test_odd_captions_fail_nobody(answers, model):
    image, _ = answers["c_api"]["odd"]
    close(image[-1:], model.generate(CAPTIONS[:1], seed=5))
    close(image[-2:-1], model.generate([" ".join(["red"] * model.max_words)], seed=5))
    for i in (1, 2, 3, 4):  # no known word: all are read as the padding token
        close(image[i : i + 1], image[:1])


@pytest.mark.parametrize(
    ("captions", "seeds", "words"),
    [([], [], "captions must hold at least one row"), (["a", "red"], [1], "same number of rows")],
)
def test_requests_without_or_with_unequal_rows(exported, captions, seeds, words):
    import tensorflow as tf

    served = tf.saved_model.load(exported)
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        served.signatures["serving_default"](
            captions=tf.constant(captions, tf.string), seed=tf.constant(seeds, tf.int64)
        )


# --- writing it ---


@pytest.fixture(scope="module")
def small():
    return dcgan(compiled=False)


@pytest.fixture
def version(small, tmp_path):
    """A folder with the version 3 of the small model."""
    saved_model.export_saved_model(small, tmp_path / "tiny", version=3)
    return tmp_path / "tiny"


def test_an_existing_version_is_kept_without_overwrite(small, version):
    out = version
    (out / "3" / "extra").write_text("x")
    before = listing(out)
    with pytest.raises(ZooError, match="exists already.*--overwrite"):
        saved_model.export_saved_model(small, out, version=3)
    assert listing(out) == before
    saved_model.export_saved_model(small, out, version=3, overwrite=True)
    assert "3/extra" not in listing(out) and "3/saved_model.pb" in listing(out)
    assert os.listdir(out) == ["3"]


def test_disk_full_keeps_the_previous_version(small, version, tmp_path, monkeypatch):
    import tensorflow as tf

    out = version
    before = listing(out)

    def full(module, folder, signatures):
        with open(os.path.join(folder, "saved_model.pb"), "wb") as file:
            file.write(b"half")
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(ZooError, match="no space left"):
        saved_model.export_saved_model(small, out, version=3, overwrite=True)
    assert listing(out) == before and os.listdir(out) == ["3"]
    with pytest.raises(ZooError, match="no space left"):
        saved_model.export_saved_model(small, tmp_path / "new" / "deep", version=1)
    assert os.listdir(tmp_path) == ["tiny"]

    def full_in_python(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full_in_python)
    with pytest.raises(ZooError, match="no space left"):
        saved_model.export_saved_model(small, out, version=4)
    assert listing(out) == before and os.listdir(out) == ["3"]


@pytest.mark.parametrize("version", [0, -1, "1", 1.0, True])
def test_versions_that_are_none(model, tmp_path, version):
    with pytest.raises(ZooError, match="version must be a whole number"):
        saved_model.export_saved_model(model, tmp_path / "new", version=version)
    assert not os.listdir(tmp_path)


def test_what_is_not_a_saved_model_is_not_overwritten(model, tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "thesis.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ZooError, match="not a SavedModel"):
        saved_model.export_saved_model(model, tmp_path, overwrite=True)
    with pytest.raises(ZooError, match="is a file"):
        saved_model.export_saved_model(model, tmp_path / "file")


@pytest.mark.parametrize("version", [2**63, 10**30, -(10**30), None, "latest", float("nan")])
def test_versions_that_serving_cannot_read(version, tmp_path):
    with pytest.raises(ZooError, match="whole number from 1 to 2.63 - 1"):
        saved_model.check_target(tmp_path, version, False)
    assert saved_model.check_target(tmp_path, 2**63 - 1, False).endswith("9223372036854775807")


def test_a_preset_inside_the_version_is_not_deleted(tmp_path):
    preset = tmp_path / "1" / "preset"
    preset.mkdir(parents=True)
    (tmp_path / "1" / "saved_model.pb").write_text("x")
    with pytest.raises(ZooError, match="it contains the preset .*, which would be lost"):
        saved_model.check_target(tmp_path, 1, True, str(preset))
    saved_model.check_target(tmp_path, 1, True, str(tmp_path))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_not_exported(value, tmp_path):
    broken = dcgan(compiled=False)
    weight = broken.generator.trainable_variables[0]
    weight.assign(np.full(weight.shape, value, np.float32))
    with pytest.raises(ZooError, match="This DCGAN is not exported: .generator/.*finite"):
        saved_model.export_saved_model(broken, tmp_path / "new")
    assert not os.listdir(tmp_path)


def test_a_model_that_makes_no_images(tmp_path):
    damsm = DAMSM(
        ["<end>", "a"], max_words=2, image_size=64, text_encoder={"features": 8},
        image_encoder={"kind": "compact", "features": 8},
    )
    with pytest.raises(ZooError, match="Only models that generate images.*DAMSM"):
        saved_model.export_saved_model(damsm, tmp_path / "new")
    assert not os.listdir(tmp_path)


# --- the command line ---


def test_command_line(small, tmp_path, capfd):
    """As a process of its own: tests/recipes/test_demo.py."""
    preset = presets.save_to_preset(small, tmp_path / "preset")
    capfd.readouterr()
    arguments = [f"--preset={preset}", f"--out={tmp_path / 'served'}", "--version=2"]
    assert saved_model.main(arguments) == 0
    out, err = capfd.readouterr()
    assert err == "" and str(tmp_path / "served" / "2") in out
    assert os.path.exists(tmp_path / "served" / "2" / "saved_model.pb")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out=x"], "--preset"),
        (["--preset=p", "--out=x", "--version=two"], 'whole number from 1 to 2^63 - 1, got "two"'),
        (["--preset=p", "--out=x", "--version=0"], "whole number"),
        (["--preset=p", "--out=x", "--version=-3"], "whole number"),
        (["--preset=p", "--out=x", "--version=1e3"], "whole number"),
        (["--preset=p", "--out=x", "--version=latest"], "whole number"),
        (["--preset=p", "--out=x", f"--version=1{'0' * 30}"], "2^63 - 1"),
        (["--preset=p", "--out=x", "--version=9223372036854775808"], "2^63 - 1"),
        (["--preset=p", "--out="], "needs a name"),
        (["--preset=p", "--out=x", "--overwrit"], "unrecognized"),
        (["--preset=p", "--out=x", "--max_batch=0"], "max_batch must be a whole number from 1"),
        (["--preset=p", "--out=x", "--samples=65"], "samples must be a whole number from 1 to 64"),
    ],
)
def test_command_line_errors(arguments, words, capsys):
    assert saved_model.main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and words in err and err.count("\n") == 1


def test_command_line_with_an_unknown_preset(tmp_path, capfd):
    assert saved_model.main(["--preset=no_such", f"--out={tmp_path / 'new'}"]) == 1
    assert 'error: There is no preset "no_such"' in capfd.readouterr().err
    assert not os.listdir(tmp_path)
