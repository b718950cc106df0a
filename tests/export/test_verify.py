"""`export.verify`: a wrong model does not pass. That exports pass: `test_three_ways.py`."""

import numpy as np
import pytest

from export import verify
from export.transports import Spec
from export.verification import checks, examples
from zoo.errors import ZooError


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
        inputs = {"labels": Spec(np.dtype(np.int64), (-1,)),
                  "seed": Spec(np.dtype(np.int64), (-1,))}
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


def test_a_server_needs_a_name():
    with pytest.raises(ZooError, match="needs --model"):
        verify.verify(url="http://localhost:1")
