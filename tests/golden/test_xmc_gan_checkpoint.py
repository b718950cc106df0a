"""Golden parity of reading XMC-GAN's checkpoint files, and of its data preparation."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case
from tests.support.tiny_hub_module import tiny_modules
from zoo.conditions.words import sentence_of_words
from zoo.errors import ZooError
from zoo.images.crop import unfiltered
from zoo.importers import flax_file, official


@pytest.fixture
def checkpoint(tmp_path):
    case = Case("xmc_gan", "checkpoint_flax")
    path = tmp_path / "ckpt-1.flax"
    path.write_bytes(case.inputs["file_bytes"].tobytes())
    return case, str(path)


def test_the_content_of_a_file(checkpoint):
    case, path = checkpoint
    arrays = flax_file.read_flax(path)
    assert sorted(arrays) == sorted(case.outputs["names"])
    for i, name in enumerate(case.outputs["names"]):
        array = arrays[name]
        shape = [n for n in case.outputs["shapes"][i] if n >= 0]
        assert list(array.shape) == shape and array.dtype.name == case.outputs["dtypes"][i], name
        head = np.zeros(case.outputs["heads"].shape[1], "float32")
        first = array.reshape(-1)[: len(head)]
        head[: len(first)] = first
        np.testing.assert_array_equal(head, case.outputs["heads"][i], name)
        total = np.asarray(array, "float64").sum()
        np.testing.assert_allclose(total, case.outputs["sums"][i], 1e-5, 1e-5, err_msg=name)


def test_a_model_of_a_file(checkpoint):
    case, path = checkpoint
    config, dims = case.meta["config"], case.meta["dims"]
    assert official.system_of(path) == "xmc_gan"
    model = official.xmc_gan(path, training=True, max_words=dims["T"])
    assert model.image_size == config["image_size"] and model.latent_dim == config["z_dim"]
    assert model.generator_filters == config["gf_dim"]
    assert model.discriminator_filters == config["df_dim"]
    assert model.condition.features == dims["E"]
    arrays = flax_file.read_flax(path)
    for network, name in (
        (model.generator.query, "g_optimizer/target/Conv_0/"),
        (model.ema_generator.query, "ema_params/Conv_0/"),
        (model.discriminator.sentence, "d_optimizer/target/SpectralDense_1/"),
    ):
        np.testing.assert_array_equal(network.kernel, arrays[f"{name}kernel"])
    words = np.random.default_rng(0).normal(size=(1, dims["T"], dims["E"]))
    images = model.generate({"words": words, "lengths": [dims["T"]]})
    assert images.shape == (1, *[config["image_size"]] * 2, 3)


def test_a_model_of_a_file_that_reads_captions(checkpoint):
    case, path = checkpoint
    config, dims = case.meta["config"], case.meta["dims"]
    modules = tiny_modules(features=dims["E"], heads=1, places=dims["T"])
    model = official.xmc_gan(path, {"kind": "hub", **modules}, max_words=dims["T"])
    images, shown = model.generate("a red bird", seed=1, return_details=True)
    assert images.shape == (1, *[config["image_size"]] * 2, 3)
    assert shown["tokens"][0][0] == "[CLS]" and shown["tokens"][0][-1] == "[SEP]"


def test_files_of_another_kind(checkpoint, tmp_path):
    case, path = checkpoint
    with pytest.raises(ZooError, match="cannot be read"):
        flax_file.read_flax(str(tmp_path / "nothing"))
    data = case.inputs["file_bytes"].tobytes()
    for wrong in (data[:-5], data + b"\x00", b"", b"\x93\x01\x02\x03", b"\xc1"):
        (tmp_path / "wrong.flax").write_bytes(wrong)
        with pytest.raises(ZooError, match="not a Flax checkpoint|despite its extension"):
            official.xmc_gan(tmp_path / "wrong.flax")


def test_preparation_of_an_example():
    """The draws are those of the official pipeline's random numbers; the rest is computed here.

    The official images are not rounded to bytes.
    """
    case = Case("xmc_gan", "data_preprocess")
    inputs, size = case.inputs, case.meta["image_size"]
    image = unfiltered(inputs["image_u8"], size)
    sentences = sentence_of_words(inputs["caption_embedding"], inputs["caption_max_len"])
    shortest = np.argsort(-inputs["caption_max_len"], kind="stable")[-1]
    for a, b in case.meta["seeds"]:
        flip, draw, z, _ = tf.unstack(tf.random.experimental.stateless_split([a, b], 4))
        captions = len(sentences)
        drawn = tf.random.stateless_uniform([], draw, 0, captions, tf.int32).numpy()
        mirrored = tf.image.stateless_random_flip_left_right(image, flip)
        key = f"seed{a}_{b}/image"
        want = case.outputs[key].astype("float64")
        case.compare(key, mirrored.numpy() / 255.0, want, 0.5 / 255 + 1e-6)
        case.checked.add(key)
        case.check(f"seed{a}_{b}_text/chosen", shortest)
        for kind, chosen in (("", drawn), ("_text", shortest)):
            name = f"seed{a}_{b}{kind}"
            case.check(f"{name}/embedding", inputs["caption_embedding"][chosen])
            case.check(f"{name}/max_len", inputs["caption_max_len"][chosen, None])
            case.check(f"{name}/sentence_embedding", sentences[chosen])
            case.check(f"{name}/z", tf.random.stateless_normal([case.meta["z_dim"]], z))
    case.check_all_seen()
