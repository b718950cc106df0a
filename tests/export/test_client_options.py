"""The client's command line, with a server without TensorFlow."""

import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="needs the extra serve")
pytest.importorskip("grpc", reason="needs the extra serve")

from export import client, verify  # noqa: E402
from tests.export.server.fake import FakeVersion, running, write_version  # noqa: E402
from zoo.errors import ZooError  # noqa: E402


def parse(*arguments):
    return client.parse(["--url=u", "--model=m", *arguments])


def test_conditions_are_read_as_the_model_reads_them(tmp_path):
    np.save(tmp_path / "rows.npy", np.zeros([2, 3], np.float32))
    np.savez(tmp_path / "words.npz", words=np.zeros([1, 2, 3]), lengths=[2])

    def read(inputs, *texts):
        options = client.parse(["--url=u", "--model=m", *(f"--condition={t}" for t in texts)])
        return client.conditions_of(options, {*inputs, "seed"})

    assert read(["captions"], "1", "a;b") == ["1", "a;b"]
    assert read(["image_bytes"], "a.png") == ["a.png"]
    options = client.parse(["--url=u", "--model=m", "--images", "a", "b", "--guide=c"])
    assert client.conditions_of(options, ["image_bytes", "guide_bytes", "seed"]) == {
        "image_bytes": ["a", "b"], "guide_bytes": ["c", "c"],
    }
    assert read(["labels"], "3", "0") == [3, 0]
    assert read(["embeddings"], str(tmp_path / "rows.npy")).shape == (2, 3)
    assert set(read(["words", "lengths"], str(tmp_path / "words.npz"))) == {"words", "lengths"}
    assert read(["captions"]) is None
    for inputs, texts, words in ((["labels"], ["cat"], "classes as numbers, from 0.* got 'cat'"),
                                 (["embeddings"], ["a", "b"], "one file of embeddings"),
                                 (["embeddings"], ["missing.npy"], "cannot be read")):
        with pytest.raises(ZooError, match=words):
            read(inputs, *texts)


def test_a_direction_is_a_signature():
    def signature(*arguments):
        return client.signature_of(client.parse(["--url=u", "--model=m", *arguments]))

    assert signature() == "serving_default" and signature("--signature=pixels") == "pixels"
    assert signature("--direction=b2a") == "b2a"
    assert signature("--direction=b2a", "--guide=c") == "b2a_guided"
    with pytest.raises(ZooError, match="not both"):
        signature("--direction=b2a", "--signature=b2a")


@pytest.mark.parametrize(("inputs", "arguments", "words"), [
    (["captions"], ["--captions=a", "--guide=im.png"], "translates no images: leave --guide out"),
    (["labels"], ["--labels=1", "--guide=im.png"], "leave --guide out"),
    (["embeddings"], ["--embeddings=a.npy", "--guide=im.png"], "leave --guide out"),
    (["captions"], ["--condition=a", "--guide=im.png"], "leave --guide out"),
    ([], ["--guide=im.png"], "leave --guide out"),
    (["image_bytes"], ["--images", "a", "--guide=b"], "This signature reads no guide"),
    (["image_bytes", "guide_bytes"], ["--guide=b"], "--guide needs images"),
    (["image_bytes", "guide_bytes"], ["--images", "a"], "give --guide=FILE"),
    (["captions"], ["--images", "cat.png"], "reads --captions, got --images"),
    (["image_bytes"], ["--captions=cat.png"], "reads --images, got --captions"),
    (["words", "lengths"], ["--labels=1"], "reads --embeddings, got --labels"),
    ([], ["--condition=a"], "has no condition, got --condition"),
    ([], ["--captions="], "has no condition, got --captions"),
    (["captions"], ["--captions=red heart;grinning face;"], "Caption 3 of 3 is empty"),
    (["captions"], ["--captions="], "Caption 1 of 1 is empty"),
    (["captions"], ["--condition=a", "--condition= "], "Caption 2 of 2 is empty"),
    (["labels"], ["--labels=0;1;"], "classes as numbers, .* got ''"),
])
def test_what_would_be_left_out_is_refused(inputs, arguments, words):
    with pytest.raises(ZooError, match=words):
        client.conditions_of(parse(*arguments), [*inputs, "seed"])


@pytest.mark.parametrize(("argument", "words"), [
    ("--version=0", "from 1 to 2^63 - 1"), ("--version=9223372036854775808", "from 1 to 2^63 - 1"),
    ("--seed=99999999999999999999", "from -2^63 to 2^63 - 1"), ("--seed=1.5", "whole number"),
    ("--samples=0", "from 1 to"), ("--retries=-1", "from 0 to"),
    ("--timeout=0", "more than 0 and at most 86400 seconds"), ("--timeout=nan", "more than 0"),
    ("--timeout=-1", "more than 0"), ("--timeout=inf", "more than 0"),
])
def test_numbers_out_of_range(argument, words, capsys):
    assert client.main(["--url=http://localhost:1", "--model=m", argument]) == 1
    error = capsys.readouterr().err
    assert words in error and argument.partition("=")[0] in error and error.count("\n") == 1


def test_seeds_of_the_whole_range():
    for seed in (-(2**63), 2**63 - 1):
        assert parse(f"--seed={seed}").seed == seed


def test_verification_checks_its_timeout(capsys):
    assert verify.main(["--url=http://localhost:1", "--model=m", "--timeout=0"]) == 1
    assert "--timeout: it must be more than 0" in capsys.readouterr().err
    with pytest.raises(ZooError, match="timeout must be more than 0"):
        verify.verify(directory="served/a/1", timeout=-1)


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """A command line for a server that answers images; the last argument is `--captions`."""
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(file, "PNG")
    monkeypatch.setattr(FakeVersion, "predict", lambda self, signature, inputs: {
        "image_bytes": np.array([file.getvalue()] * len(inputs["seed"]), object)
    })
    (tmp_path / "served").mkdir()
    write_version(tmp_path / "served", 1)
    with running(tmp_path / "served", monkeypatch) as (addresses, _, _):
        yield [f"--url={addresses['rest']}", "--model=fake", f"--out={tmp_path / 'images'}",
               "--samples=3", "--captions=a;b"]


def test_the_command_line_writes_files_and_a_grid(arguments, tmp_path, capsys):
    out = tmp_path / "images"
    assert client.main(arguments) == 0
    assert "6 images" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == [
        *(f"0000{k}.png" for k in range(6)), "grid.png",
    ]
    assert Image.open(out / "grid.png").size == (12, 6)
    assert client.main([*arguments[:4], "--condition=c", "--condition=a; b"]) == 0
    assert "6 images" in capsys.readouterr().out  # which replace the others
    assert client.main([*arguments, "--labels=1"]) == 1
    assert "one kind of condition, got captions and labels" in capsys.readouterr().err


def test_images_of_an_earlier_run_are_not_mixed_with_new_ones(arguments, tmp_path, capsys):
    out = tmp_path / "images"
    assert client.main(arguments) == 0
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert client.main([*arguments, "--captions=a"]) == 1
    assert "has 00003.png of an earlier run" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_refused_first(arguments, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    for out in ("", tmp_path / "file", tmp_path / "file" / "images"):
        assert client.main(["--url=http://localhost:1", "--model=m", f"--out={out}"]) == 1
        assert "--out" in capsys.readouterr().err
