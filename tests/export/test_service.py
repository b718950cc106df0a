"""The served functions, before and after saving, for every kind of condition."""

import io
import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import service
from export.saved_model import export_saved_model
from tests.export.conftest import ask_process, decoded
from tests.models.test_dcgan import dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_drit import drit
from tests.support.tiny_xmc_gan import text, xmc_gan

SEEDS = np.array([5, -2, 2**40])


def export(model, folder):
    """The loaded SavedModel, and its warm-up requests."""
    export_saved_model(model, folder / "served")
    return tf.saved_model.load(path(folder)), service.example_requests(model, sizes=(2,))


def path(folder):
    return str(folder / "served" / "1")


def ask(served, signature, **inputs):
    inputs = {name: tf.constant(value) for name, value in inputs.items()}
    (name, value), = served.signatures[signature](**inputs).items()
    assert (name == "image") == signature.endswith("pixels")
    return value.numpy() if name == "image" else decoded(value.numpy())


def random_pixels(height, width, channels=3, seed=0):
    shape = (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def file_of(image, form):
    data = io.BytesIO()
    image.save(data, form)
    return data.getvalue()


def png(array):
    return file_of(Image.fromarray(array), "PNG")


def stronger(model):
    """New networks' images are almost uniformly gray."""
    for variable in model.generator.trainable_variables:
        variable.assign(variable * 30)
    return model


# --- text -----------------------------------------------------------------------------------------


def test_it_holds_raw_variables_only(model, tmp_path):
    served = service.Service(model, str(tmp_path))
    assert len({id(v) for v in served.weights}) == len(served.weights) == len(served.variables)
    assert all(isinstance(v, tf.Variable) for v in served.variables)
    needed = {id(v.value) for v in model.preset_variables().values()}
    assert {id(v) for v in served.weights} == needed
    serve = served.functions["serving_default"]
    outputs = serve(tf.constant(["a red circle"]), tf.constant([3], tf.int64))
    expected = model.generate("a red circle", seed=3)
    np.testing.assert_array_equal(decoded(outputs["image_bytes"].numpy()), expected)


def test_example_requests_are_known_words_and_fit(model):
    requests = [inputs for name, inputs in service.example_requests(model, sizes=(1, 3))
                if name == "serving_default"]
    assert [len(request["captions"]) for request in requests] == [1, 3]
    assert requests[1]["seed"].dtype == np.int64
    words = requests[0]["captions"][0].decode().split()
    assert words and all(word in model.vocabulary for word in words)
    assert len(words) <= model.max_words


@pytest.mark.parametrize("kind", ["embeddings", "none"])
def test_models_that_read_no_captions(kind, tmp_path):
    """The signature takes embeddings and seeds, or seeds alone, and gives the same images."""
    model = tiny.stackgan_v2(kind, compiled=False)
    served, ((name, request), (pixels, _)) = export(model, tmp_path)
    assert (name, pixels) == ("serving_default", "pixels")
    rows = np.random.default_rng(0).normal(size=[2, tiny.TEXT["features"]]).astype("float32")
    if kind == "embeddings":
        assert request.pop("embeddings").shape == rows.shape
        request["embeddings"] = rows
        expected = model.generate(rows, seed=[0, 1])
    else:
        expected = model.generate(images_per_caption=2, seed=0)
    assert set(request) == ({"seed", "embeddings"} if kind == "embeddings" else {"seed"})
    image = ask(served, name, **request)
    assert np.abs(image.astype(int) - expected).max() <= 1
    assert len({image.tobytes() for image in expected}) == 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least one row"):
        ask(served, name, **{name: value[:0] for name, value in request.items()})


def test_word_embeddings(tmp_path):
    model = stronger(xmc_gan(ema_decay=None))
    served, ((name, request), (pixels, _)) = export(model, tmp_path)
    assert (name, pixels) == ("serving_default", "pixels")
    assert ask(served, name, **request).shape == (2, 64, 64, 3)
    values = text(3)
    image = ask(served, name, **values, seed=SEEDS)
    assert np.abs(image.astype(int) - model.generate(values, seed=list(SEEDS))).max() <= 1
    values["lengths"][1] = 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="lengths must be from 1 to 3"):
        ask(served, name, **values, seed=SEEDS)


# --- labels ---------------------------------------------------------------------------------------


def test_labels(tmp_path):
    """By other clients in test_three_ways.py."""
    model = dcgan(compiled=False, ema_decay=0.9)
    served, ((name, request), (pixels, _)) = export(model, tmp_path)
    assert (name, pixels) == ("serving_default", "pixels")
    assert ask(served, name, **request).shape == (2, 16, 16, 3)
    labels = [3, 0, 3]
    image = ask(served, name, labels=np.array(labels), seed=SEEDS)
    np.testing.assert_array_equal(image, model.generate(labels, seed=list(SEEDS)))
    assert len({pixels.tobytes() for pixels in image}) == 3
    for wrong in (4, -1):
        with pytest.raises(tf.errors.InvalidArgumentError, match="labels must be from 0 to 3"):
            ask(served, name, labels=np.array([0, wrong, 1]), seed=SEEDS)
    with pytest.raises(tf.errors.InvalidArgumentError, match="same number of rows"):
        ask(served, name, labels=np.array([0]), seed=SEEDS)


# --- images -------------------------------------------------------------------------------------


def odd_files():
    """Files of every kind that `zoo.images.read` supports."""
    size = tiny_images.SIZE
    palette = Image.fromarray(random_pixels(20, 30)).quantize(8)
    deep = random_pixels(20, 20)[..., 0].astype(np.uint16) * 256 + 99
    return {
        "colour.png": png(random_pixels(size, size)),
        "large.png": png(random_pixels(97, 61)),
        "small.png": png(random_pixels(7, 9)),
        "grey.png": png(random_pixels(50, 33)[..., 0]),
        "alpha.png": png(random_pixels(size, size, 4)),
        "large_alpha.png": png(random_pixels(51, 40, 4)),
        "grey_alpha.png": png(random_pixels(18, 44, 2)),
        "palette.png": file_of(palette, "PNG"),
        "deep.png": png(deep),
        "colour.jpg": file_of(Image.fromarray(random_pixels(40, 31)), "JPEG"),
        "grey.jpg": file_of(Image.fromarray(random_pixels(40, 31)[..., 0]), "JPEG"),
        "a.bmp": file_of(Image.fromarray(random_pixels(50, 20)), "BMP"),
    }


def check_odd_files(model, served, folder):
    """Asserts that they are read as `generate` reads them; returns their paths and contents."""
    files = odd_files()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    paths, data = [folder / name for name in files], list(files.values())
    seeds = list(range(len(files)))
    image = ask(served, "serving_default", image_bytes=data, seed=np.array(seeds))
    np.testing.assert_array_equal(image, model.generate(paths, seed=seeds, batch_size=16))
    return paths, data


def test_files_and_pixels_are_read_as_generate_reads_them(tmp_path):
    model = stronger(tiny_images.bicyclegan(compiled=False))
    served, requests = export(model, tmp_path)
    names = {"serving_default", "pixels", "guided"}
    assert set(served.signatures) == names == {name for name, _ in requests}
    for name, request in requests:
        assert ask(served, name, **request).shape == (2, 32, 32, 3)
    paths, data = check_odd_files(model, served, tmp_path)
    pixels = np.stack([random_pixels(45, 29, seed=k) for k in range(3)])
    image = ask(served, "pixels", images=pixels, seed=SEEDS)
    np.testing.assert_array_equal(image, model.generate(pixels, seed=list(SEEDS)))
    guides = [png(random_pixels(40, 50, seed=k)) for k in range(3)]
    image = ask(served, "guided", image_bytes=data[:3], guide_bytes=guides, seed=SEEDS)
    like = [random_pixels(40, 50, seed=k) for k in range(3)]
    expected = model.generate_like(paths[:3], like)
    assert np.abs(image.astype(int) - expected).max() <= 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="guide_bytes"):
        ask(served, "guided", image_bytes=data[:1], guide_bytes=[b"GIF89a"], seed=SEEDS[:1])


def test_gray_images_and_what_is_no_image(tmp_path):
    model = stronger(tiny_images.pix2pix(compiled=False, latent_dim=0, source_channels=1))
    served, _ = export(model, tmp_path)
    check_odd_files(model, served, tmp_path)
    good = png(random_pixels(32, 32))
    image = ask(served, "serving_default", image_bytes=[good], seed=SEEDS[:1])
    np.testing.assert_array_equal(image, model.generate(random_pixels(32, 32)))
    for wrong in (b"", b"x", b"not an image", good[:60], b"\xff\xd8", b"\xff\xd8\xff and more"):
        with pytest.raises(tf.errors.InvalidArgumentError):
            ask(served, "serving_default", image_bytes=[good, wrong], seed=SEEDS[:2])
    clear = random_pixels(9, 9, 4)
    for wrong, message in (
        (file_of(Image.fromarray(clear), "WEBP"), "got a WebP: convert it to PNG"),
        (file_of(Image.fromarray(clear).quantize(8), "GIF"), "got a GIF"),
        (file_of(Image.fromarray(clear[..., :3]).quantize(8), "BMP"), "got another BMP"),
        (file_of(Image.new("1", (9000, 9000)), "PNG"),
         "image_bytes: 9000 x 9000 pixels, more than the max_pixels of this export, 33554432"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            ask(served, "serving_default", image_bytes=[good, wrong], seed=SEEDS[:2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least one pixel"):
        ask(served, "pixels", images=np.zeros([3, 0, 5, 3], np.uint8), seed=SEEDS)


def test_directions(tmp_path):
    model = drit(compiled=False)
    served, requests = export(model, tmp_path)
    names = ["serving_default", "a2b", "a2b_pixels", "a2b_guided", "b2a", "b2a_pixels",
             "b2a_guided", "pixels"]
    assert [name for name, _ in requests] == names and set(served.signatures) == set(names)
    pixels = np.stack([random_pixels(60, 48, seed=k) for k in range(3)])
    files = [png(image) for image in pixels]
    made = {}
    for direction in ("a2b", "b2a"):
        made[direction] = model.generate(pixels, seed=list(SEEDS), direction=direction)
        image = ask(served, direction, image_bytes=files, seed=SEEDS)
        np.testing.assert_array_equal(image, made[direction])
        image = ask(served, f"{direction}_pixels", images=pixels, seed=SEEDS)
        np.testing.assert_array_equal(image, made[direction])
    image = ask(served, "serving_default", image_bytes=files, seed=SEEDS)
    np.testing.assert_array_equal(image, made["a2b"])
    np.testing.assert_array_equal(ask(served, "pixels", images=pixels, seed=SEEDS), image)
    assert not np.array_equal(*made.values())
    for direction in ("a2b", "b2a"):
        image = ask(served, f"{direction}_guided", image_bytes=files, guide_bytes=files[::-1],
                    seed=SEEDS)
        expected = model.generate(
            pixels, seed=list(SEEDS), direction=direction, guide=pixels[::-1]
        )
        assert np.abs(image.astype(int) - expected).max() <= 1
        assert not np.array_equal(image, made[direction])
    calls = [(files, SEEDS.tolist())]
    ((again, _),) = ask_process(tmp_path, "c_api", path(tmp_path), "b2a", calls)
    np.testing.assert_array_equal(again, made["b2a"])
    prefix = os.path.join(path(tmp_path), "variables", "variables")
    stored = dict(tf.train.list_variables(prefix))
    del stored["_CHECKPOINTABLE_OBJECT_GRAPH"]
    names = ("content_encoder", "attribute_encoder", "generator")
    used = [getattr(model, name) for name in names]
    assert len(stored) == sum(len(network.variables) for network in used)
