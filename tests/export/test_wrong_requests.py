"""An invalid request is refused with one sentence that names the input."""

import io
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import service
from tests.export.conftest import decoded
from tests.models.test_dcgan import dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_xmc_gan import text, xmc_gan
from zoo.conditions.records import LIMITS, Limits


class Served:
    """The served functions of a model, called as a server does, without a check of the shapes."""

    def __init__(self, model, folder, limits=LIMITS, samples=1):
        self.service = service.Service(model, str(folder), limits, samples)

    def error(self, signature="serving_default", **inputs):
        """The error message of a request."""
        function = self.service.functions[signature].get_concrete_function()
        graph_inputs = {
            spec.name: tf.constant(inputs[spec.name], spec.dtype)
            for spec in function.structured_input_signature[0]
        }
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            function._call_flat(list(graph_inputs.values()), function.captured_inputs)
        message = " ".join(str(caught.value).split())
        return re.search(r"assertion failed: (.*?) \[\[", message).group(1)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    models = {
        "captions": tiny.stackgan_v2(compiled=False), "labels": dcgan(compiled=False),
        "embeddings": tiny.stackgan_v2("embeddings", compiled=False), "words": xmc_gan(),
        "none": tiny.stackgan_v2("none", compiled=False),
        "pix2pix": tiny_images.pix2pix(compiled=False),
    }
    return {
        name: Served(model, tmp_path_factory.mktemp(name)) for name, model in models.items()
    }


@pytest.mark.parametrize(("model", "inputs", "words"), [
    ("captions", {"captions": "a red dot", "seed": [1]}, "captions must have the shape (batch,)"),
    ("captions", {"captions": [["a"]], "seed": [1]}, "captions must have the shape (batch,)"),
    ("captions", {"captions": ["a"], "seed": 1}, "seed must have the shape (batch,)"),
    ("captions", {"captions": ["a"], "seed": [[1]]}, "seed must have the shape (batch,)"),
    ("captions", {"captions": [], "seed": []}, "captions must hold at least one row"),
    ("captions", {"captions": ["a", "b"], "seed": [1]}, "captions and seed must have the same"),
    ("labels", {"labels": 1, "seed": 1}, "labels must have the shape (batch,)"),
    ("labels", {"labels": [1, 4], "seed": [1, 2]}, "labels must be from 0 to 3; there is] [4]"),
    ("labels", {"labels": [-2], "seed": [1]}, "labels must be from 0 to 3; there is] [-2]"),
    ("none", {"seed": 3}, "seed must have the shape (batch,)"),
    ("none", {"seed": []}, "seed must hold at least one row"),
    ("pix2pix", {"image_bytes": b"x", "seed": [1]}, "image_bytes must have the shape (batch,)"),
    ("pix2pix", {"image_bytes": [b"x"], "seed": [1, 2]}, "image_bytes and seed must have the same"),
])
def test_shapes_rows_and_ranges(served, model, inputs, words):
    assert words in served[model].error(**inputs)


def test_limits(tmp_path):
    limits = Limits(max_batch=2, max_pixels=100, max_caption_bytes=9)
    text = Served(tiny.stackgan_v2(compiled=False), tmp_path, limits)
    error = text.error(captions=["a"] * 3, seed=[1, 2, 3])
    assert "captions must have at most 2 rows, the max_batch of this export; it has] [3]" in error
    error = text.error(captions=["a", "a" * 10], seed=[1, 2])
    assert "captions must have at most 9 bytes each; there is one of] [10]" in error
    images = Served(tiny_images.pix2pix(compiled=False), tmp_path, limits)
    for form in ("PNG", "JPEG", "BMP"):
        file = io.BytesIO()
        Image.new("RGB", (11, 10)).save(file, form)
        error = images.error(image_bytes=[file.getvalue()], seed=[1])
        assert "image_bytes: 11 x 10 pixels, more than the max_pixels of this export, 100" in error
    error = images.error("pixels", images=np.zeros([1, 10, 11, 3], np.uint8), seed=[1])
    assert "images must have at most 100 pixels each; they have the sides] [10 11]" in error


def test_several_images_per_condition(tmp_path):
    model = dcgan(compiled=False)
    served = Served(model, tmp_path, samples=3)
    assert set(served.service.functions) == {"serving_default", "pixels", "generate_n"}
    files = served.service.functions["generate_n"](
        tf.constant([2, 0], tf.int64), tf.constant([5, 2**40], tf.int64)
    )["image_bytes"]
    assert files.shape == (2, 3)
    expected = model.generate([2, 0], samples_per_condition=3, seed=[5, 2**40])
    images = decoded(files.numpy().reshape(-1))
    assert np.abs(images.astype(int) - expected).max() <= 1
    error = served.error("generate_n", labels=[0], seed=[2**63 - 2])
    assert "seed must be at most 9223372036854775805, since the 2 after it are used too" in error


def test_vectors_of_a_wrong_length_or_that_are_not_finite(served):
    features = tiny.TEXT["features"]
    wrong = np.zeros([1, features + 1], np.float32)
    message = served["embeddings"].error(embeddings=wrong, seed=[1])
    assert f"embeddings must have the shape (batch, {features})" in message
    assert f"[1 {features + 1}]" in message
    assert "(batch, " in served["embeddings"].error(embeddings=wrong[0], seed=[1])
    for value in (np.nan, np.inf):
        rows = np.full([2, features], value, np.float32)
        message = served["embeddings"].error(embeddings=rows, seed=[1, 2])
        assert "embeddings must be finite" in message


@pytest.mark.parametrize(("change", "words"), [
    (lambda t: {**t, "words": t["words"][0]}, "words must have the shape (batch, "),
    (lambda t: {**t, "sentence": t["sentence"][:, :-1]}, "sentence must have the shape (batch, "),
    (lambda t: {**t, "lengths": t["lengths"] * 0}, "lengths must be from 1 to "),
    (lambda t: {**t, "lengths": t["lengths"][:1]}, "must have the same number of rows"),
    (lambda t: {**t, "words": t["words"] * np.nan}, "words must be finite"),
])
def test_words_of_several_inputs(served, change, words):
    inputs = change(text(2))
    assert words in served["words"].error(**inputs, seed=[1, 2])
