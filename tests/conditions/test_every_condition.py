"""The interface of every condition, for each kind: parse, encode, serve, load."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.conditions import condition_class, kinds, text_condition
from zoo.conditions.described_images import DescribedImages
from zoo.conditions.images import Images
from zoo.conditions.labels import Labels
from zoo.conditions.records import row_count
from zoo.errors import ZooError
from zoo.text import Vocabulary

RNG = np.random.default_rng(0)
PHOTOS = RNG.integers(0, 256, (2, 20, 30, 3), np.uint8)
VECTORS = {"words": RNG.normal(size=(2, 5, 4)), "lengths": np.array([5, 2])}


def text(kind=None, **settings):
    vocabulary = Vocabulary(tiny.WORDS) if kind is None else None
    return text_condition({**({"kind": kind} if kind else {}), **settings}, vocabulary, 5)


CASES = {  # kind: (condition, what a user gives, rows)
    "captions": (lambda: text(**tiny.TEXT), ["a red circle", "small"], 2),
    "embeddings": (lambda: text("embeddings", features=4), RNG.normal(size=(3, 4)), 3),
    "word embeddings": (lambda: text("word_embeddings", features=4), VECTORS, 2),
    "nothing": (lambda: text("none"), None, 1),
    "labels": (lambda: Labels(3, ["cat", "dog", "frog"]), ["dog", 2], 2),
    "images": (lambda: Images(16, 1), PHOTOS, 2),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    make, given, rows = CASES[request.param]
    return request.param, make(), given, rows


def test_the_kinds_are_those_that_metadata_store():
    assert kinds.KINDS == (*CASES, "description")
    for kind in kinds.KINDS:
        assert condition_class(kind).kind == kind
    with pytest.raises(ZooError, match="kind of a condition must be one of captions, .* 'caption'"):
        condition_class("caption")


def test_rows_fit_the_fields(case):
    kind, condition, given, count = case
    rows = condition.parse(given)
    assert condition.kind == kind and set(rows) == set(condition.fields)
    assert row_count(rows) == count and len(condition.words(rows)) == count
    batch = condition.take(rows, np.array([count - 1, 0, 0]))
    for name, field in condition.fields.items():
        assert batch[name].dtype == field.dtype.as_numpy_dtype
        assert field.shape.is_compatible_with(batch[name].shape) and len(batch[name]) == 3


def test_symbols_are_like_what_is_encoded(case):
    _, condition, given, count = case
    encoded = condition.encode(condition.take(condition.parse(given), np.arange(count)))
    symbols = condition.symbolic()
    assert set(symbols) == set(encoded)
    for name, symbol in symbols.items():
        assert tf.as_dtype(symbol.dtype) == encoded[name].dtype
        assert tuple(symbol.shape[1:]) == tuple(encoded[name].shape[1:])


def test_requests_fit_their_signatures(case, tmp_path):
    _, condition, *_ = case
    signatures, _ = condition.serve(str(tmp_path))
    requests = condition.requests(2)
    assert set(requests) == set(signatures)
    for name, signature in signatures.items():
        values = [tf.constant(requests[name][i.name], i.dtype) for i in signature.inputs]
        assert all(i.is_compatible_with(v) for i, v in zip(signature.inputs, values, strict=True))
        if signature.check is not None:
            signature.check(*values)
        fields = signature.to_fields(*values)
        assert set(fields) == set(condition.fields)
        for field, spec in condition.fields.items():
            value = tf.convert_to_tensor(fields[field])
            assert value.dtype == spec.dtype and spec.shape.is_compatible_with(value.shape)


def test_a_served_image_is_that_of_generate(tmp_path):
    condition = Images(16)
    pixels = condition.serve(str(tmp_path))[0]["pixels"]
    served = pixels.to_fields(tf.constant(PHOTOS))["source"]
    given = condition.take(condition.parse(PHOTOS), np.arange(2))["source"]
    np.testing.assert_array_equal(served, given)


def test_serving_has_a_signature_per_direction(tmp_path):
    signatures, _ = Images(16, directions=("a2b", "b2a")).serve(str(tmp_path))
    assert list(signatures) == ["serving_default", "a2b", "a2b_pixels", "b2a", "b2a_pixels"]
    assert signatures["serving_default"] is signatures["a2b"]
    assert signatures["b2a_pixels"].options == {"direction": "b2a"}


def test_guides_are_read_with_their_own_channels(tmp_path):
    condition = Images(16, 1, guide="latent", guide_channels=3)
    signature = condition.serve(str(tmp_path))[0]["guided"]
    assert signature.guided and [i.name for i in signature.inputs] == ["image_bytes", "guide_bytes"]
    inputs = condition.requests(2)["guided"]
    fields = signature.to_fields(*(tf.constant(inputs[i.name]) for i in signature.inputs))
    assert fields["source"].shape == (2, 16, 16, 1) and fields["guide"].shape == (2, 16, 16, 3)
    directions = Images(16, directions=("a2b", "b2a"), guide="attribute")
    signatures = directions.serve(str(tmp_path))[0]
    assert set(signatures) == set(directions.requests(1))
    assert signatures["b2a_guided"].options == {"direction": "b2a"}


def test_ranges_of_served_labels(tmp_path):
    check = Labels(3).serve(str(tmp_path))[0]["serving_default"].check
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels must be from 0 to 2"):
        check(tf.constant([0, 3], tf.int64))


# --- conditions of a program ----------------------------------------------------------------------


def test_loading_captions_and_labels():
    captions = CASES["captions"][0]()
    given = captions.load("x", captions="a red circle; big zeppelin", caption=["small"])
    assert given.values == given.names == ["small", "a red circle", "big zeppelin"]
    assert given.options == {"unknown": "drop"} and '"zeppelin"' in given.unread
    with pytest.raises(ZooError, match="^No captions were given. x reads captions: give --cap"):
        captions.load("x")
    labels = CASES["labels"][0]()
    assert labels.load("x").values == [0, 1, 2] and labels.load("x").names[2] == "frog"
    assert labels.load("x", labels="2; cat").values == [2, 0]
    assert Labels(3).load("x", labels="1").names == ["class 1"]


def test_loading_embeddings(tmp_path):
    condition, path = CASES["embeddings"][0](), tmp_path / "e.npy"
    np.save(path, np.ones([2, 4]))
    assert condition.load("x", embeddings=str(path)).names == ["embedding 0", "embedding 1"]
    path.write_bytes(b"nothing")
    with pytest.raises(ZooError, match="expected a .npy file of numbers"):
        condition.load("x", embeddings=str(path))


@pytest.mark.parametrize(("guide", "varies", "single"), [
    ("latent", False, "takes one latent from --guide"),
    ("attribute", False, "takes one attribute from --guide"), ("attribute", True, ""),
])
def test_loading_images_with_a_guide(tmp_path, guide, varies, single):
    tf.keras.utils.save_img(tmp_path / "hill.png", PHOTOS[0])
    condition = Images(16, guide=guide, guide_varies=varies)
    given = condition.load("x", images=[str(tmp_path)], guide="winter.png")
    assert given.names == ["hill"] and given.sources.shape == (1, 16, 16, 3)
    assert given.single.startswith(single) and bool(given.single) == bool(single)
    assert given.examples == ("winter.png" if guide == "latent" else None)
    assert given.options == ({} if guide == "latent" else {"guide": "winter.png"})
    described = DescribedImages(16).load("x", images=[str(tmp_path / "hill.png")])
    assert described.files == [str(tmp_path / "hill.png")]


@pytest.mark.parametrize(("condition", "flags"), [
    (Images(16), ("images",)), (Images(16, guide="latent"), ("images", "guide")),
    (Images(16, directions=("a2b", "b2a"), guide="attribute"), ("images", "direction", "guide")),
])
def test_flags_of_images_are_those_of_the_model(condition, flags):
    assert condition.flags == flags
    assert all(f"--{flag}" in condition.hint() for flag in flags)
