"""`export.verify`: a wrong model does not pass. That exports pass: `test_three_ways.py`."""

from contextlib import ExitStack

import numpy as np
import pytest

from export import request_limits, verify
from export.transports import Spec
from export.verification import checks, examples, local
from zoo.conditions.records import LIMITS, Limits
from zoo.errors import ZooError

STRING, SEED = np.dtype(object), np.dtype(np.int64)


def test_what_cannot_be_verified(tmp_path, capsys):
    assert verify.main([]) == 1
    assert "Give a folder, --url or --grpc" in capsys.readouterr().err
    assert verify.main([str(tmp_path)]) == 1
    assert verify.main(["--url=http://localhost:1"]) == 1
    assert "--model" in capsys.readouterr().err


class Wrong:
    """A model whose rows depend on each other, and that answers anything."""

    calls = 0

    def signatures(self):
        inputs = {"labels": Spec(SEED, (-1,)), "seed": Spec(SEED, (-1,))}
        outputs = {"image": Spec(np.dtype(np.uint8), (-1, 2, 2, 3))}
        return {"serving_default": {"inputs": inputs, "outputs": outputs},
                "pixels": {"inputs": inputs, "outputs": outputs}}

    def predict(self, inputs, signature):
        Wrong.calls += 1
        rows = len(inputs["seed"])
        start = 40 * rows + Wrong.calls
        values = np.arange(start, start + rows)
        return {"image": np.broadcast_to(values[:, None, None, None], [rows, 2, 2, 3])
                .astype(np.uint8)}


def test_a_wrong_model_fails():
    failed = {result.check for result in checks.run("a", Wrong(), Wrong()) if not result.passed}
    assert failed == {
        "signatures",  # the default gives no files
        *(f"{name}: {what}" for name in ("serving_default", "pixels")
          for what in ("repeats", "rows are independent", "bounds")),
    }


class Limited:
    """A model of images or captions that refuses what is beyond its limits, as graphs do."""

    def __init__(self, name, limits):
        self.limits = limits
        shape = (-1, -1, -1, 3) if name == "images" else (-1,)
        inputs = {name: Spec(np.dtype(np.uint8) if name == "images" else STRING, shape),
                  "seed": Spec(SEED, (-1,))}
        image = {"image": Spec(np.dtype(np.uint8), (-1, 2, 2, 3))}
        file = {"image_bytes": Spec(STRING, (-1,))}
        self.described = {"serving_default": {"inputs": inputs, "outputs": file},
                          "pixels": {"inputs": inputs, "outputs": image}}

    def signatures(self):
        return self.described

    def predict(self, inputs, signature):
        rows = {len(values) for values in inputs.values()}
        limits, (most, *_) = self.limits, sorted(rows)
        pixels = [height * width for height, width in map(sides, inputs.get("image_bytes", []))]
        pixels.append(np.prod(inputs["images"].shape[1:3]) if "images" in inputs else 0)
        text = max(map(len, inputs.get("captions", [])), default=0)
        if len(rows) > 1 or not 0 < most <= limits.max_batch or text > limits.max_caption_bytes or (
            max(pixels) > limits.max_pixels
        ):
            raise ZooError("refused")
        if signature == "pixels":
            return {"image": np.zeros([most, 2, 2, 3], np.uint8)}
        return {"image_bytes": np.array([examples.png(2, 2, 0)] * most, object)}


def sides(file):
    if not file.startswith(b"\x89PNG"):
        raise ZooError("no image")
    return int.from_bytes(file[16:20]), int.from_bytes(file[20:24])


@pytest.mark.parametrize("name", ["captions", "image_bytes", "images"])
@pytest.mark.parametrize("limits", [
    *(Limits(max_batch=rows) for rows in (1, 2, 5, 6, 65, 1000, 2**31 - 1)),
    Limits(max_pixels=1, max_caption_bytes=1),
    Limits(max_pixels=2**31 - 1, max_caption_bytes=2**24),
], ids=str)
def test_a_model_with_other_limits_passes(name, limits):
    model = Limited(name, limits)
    failed = [result for result in checks.run("a", model, model, limits) if not result.passed]
    assert not failed
    assert len(checks.answers(model, limits)["pixels"]) <= min(checks.ROWS, limits.max_batch)
    checks.answers_at_once(lambda: model, model.signatures(), limits)


@pytest.mark.parametrize(("name", "limits", "words"), [
    ("captions", Limits(max_batch=65), "too many rows"),
    ("captions", Limits(max_caption_bytes=2**14 + 1), "too long a caption"),
    ("image_bytes", Limits(max_pixels=2**26), "an image bomb as image_bytes"),
])
def test_a_model_that_answers_beyond_its_limits_fails(name, limits, words):
    model = Limited(name, limits)
    failed = [result for result in checks.run("a", model, model, LIMITS) if not result.passed]
    assert len(failed) == 2 and all(f"answered: {words}" == result.detail for result in failed)


def test_limits_are_those_of_the_folder_or_the_flags(tmp_path, monkeypatch):
    limits = []
    monkeypatch.setattr(checks, "run", lambda *arguments: limits.append(arguments[-1]) or [])
    monkeypatch.setattr(checks, "answers", lambda *_: {})
    monkeypatch.setattr(checks, "answers_at_once", lambda *_: {})
    for name in ("check_files", "report_process"):
        monkeypatch.setattr(f"export.verification.files.{name}", lambda _: [])
    monkeypatch.setattr("export.verification.local.Process", lambda *_: ExitStack())
    request_limits.write_limits(tmp_path, Limits(max_batch=3))
    verify.verify(str(tmp_path))
    verify.verify(str(tmp_path), limits={"max_pixels": 7})
    verify.verify(url="http://localhost:1", model="a")
    assert limits == [Limits(max_batch=3), Limits(max_batch=3, max_pixels=7), LIMITS]
    assert verify.main([str(tmp_path), "--max_pixels=0"]) == 1
    options = verify.parse(["--max_batch=2"])
    assert request_limits.values_of(options) == {"max_batch": 2}


def test_examples_are_files_that_others_read():
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(examples.png(5, 7, 0)))
    assert image.size == (7, 5) and image.convert("RGB").getextrema()[0][1] > 100
    assert Image.open(io.BytesIO(examples.png(2, 2, 0))).verify() is None
    data = examples.bomb(300)
    assert Image.open(io.BytesIO(data)).size == (300, 300)


def test_a_difference_is_counted():
    left = [np.full([2, 2], 5, np.uint8)]
    right = [np.array([[5, 6], [5, 3]], np.uint8)]
    assert checks.difference_of(left, right) == (2, 2, 4)
    assert checks.difference_of(left, left + left)[0] == 256
    left, right = np.array(left * 2), np.array(left + right)
    result, = checks.compare("REST", {"pixels": left}, {"pixels": right})
    assert not result.passed and "1 of 2 identical" in result.detail
    assert "2 of 8 values differ" in result.detail
    assert not checks.compare("REST", {"pixels": left}, {})[0].passed


def test_rows_at_the_same_time_keep_their_order():
    class Echo(Wrong):
        def predict(self, inputs, signature):
            assert len(inputs["seed"]) == 1
            return {"image": inputs["seed"].astype(np.uint8)[:, None, None, None]}

    found = checks.answers_at_once(Echo, Echo().signatures())
    assert found["pixels"].ravel().tolist() == list(range(checks.ROWS))


@pytest.mark.parametrize("name", ["captions", "image_bytes", "images", "words"])
def test_examples_for_every_condition(name):
    shapes = {"captions": (-1,), "image_bytes": (-1,), "images": (-1, -1, -1, 3),
              "words": (-1, 4, 6)}
    kinds = {"images": np.uint8, "words": np.float32}
    specs = {name: Spec(np.dtype(kinds.get(name, object)), shapes[name]),
             "seed": Spec(np.dtype(np.int64), (-1,))}
    if name == "words":
        specs["lengths"] = Spec(np.dtype(np.int32), (-1,))
    request = examples.request(specs, 3)
    assert set(request) == set(specs) and all(len(value) == 3 for value in request.values())


def test_a_process_that_ended(tmp_path, monkeypatch):
    """It is no closed pipe, which `programs.run` takes for a reader like `| head`."""
    program = tmp_path / "process.py"  # loads its model, answers, and is gone
    program.write_text(
        "import pickle, struct, sys\n"
        "data = pickle.dumps(('facts', {}))\n"
        "sys.stdout.buffer.write(struct.pack('>Q', len(data)) + data)\n"
    )
    monkeypatch.setattr(local, "PROGRAM", str(program))
    monkeypatch.setattr(local, "check_directory", lambda directory: None)
    monkeypatch.setattr(local, "operations_of", lambda directory: set())
    with local.Process(str(tmp_path)) as process:
        process._process.wait(60)
        for _ in range(2):
            with pytest.raises(ZooError, match="The process with the model ended"):
                process.memory()


def test_a_server_needs_a_name():
    with pytest.raises(ZooError, match="needs --model"):
        verify.verify(url="http://localhost:1")
