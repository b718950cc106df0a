"""No size that a preset states is believed before it was compared with the weights."""

import resource
import time

import h5py
import numpy as np
import pytest

import zoo
from tests.support import tiny, tiny_drit, tiny_images, tiny_xmc_gan
from zoo import storage
from zoo.errors import ZooError
from zoo.models.dcgan import DCGAN

WEIGHTS = "model.weights.h5"


def refused(copy, words):
    """Loading ends soon, takes little memory, and says why in a readable sentence."""
    start = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ZooError, match=words) as caught:
        zoo.from_preset(copy.path)
    assert time.process_time() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB
    assert len(str(caught.value)) < 700 and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"generator_filters": 4096}, {"residual_blocks": 65536}, {"latent_dim": 65536},
        {"condition_dim": 65536}, {"stage_sizes": [8 * 2**i for i in range(11)]},
        {"text_encoder": {"features": 65536, "embedding_dim": 8}},
        {"text_encoder": {"features": 16, "embedding_dim": 65536}},
        {"text_encoder": {"features": 1e9, "embedding_dim": 8}},
        {"text_encoder": {"kind": "word_embeddings", "features": 65536}, "vocabulary": None},
    ],
)
def test_a_larger_model_than_the_weights(copy, changes):
    config = copy.json("config.json")["config"]
    copy.change("config.json", config={**config, **changes})
    refused(copy, "larger model than its weights|cannot be made|expected weights")


@pytest.mark.parametrize(
    "changes",
    [
        {"max_words": 10**9}, {"latent_dim": 10**9}, {"residual_blocks": 10**5},
        {"stage_sizes": [2**20]}, {"stage_sizes": [8 * 2**i for i in range(60)]}, {"seed": 2**63},
        {"image_encoder": {"image_size": 10**6}}, {"max_words": -(10**9)}, {"max_words": 1e9},
        {"stage_sizes": [1e9]}, {"seed": 1e300},
        {"vocabulary": ["w"] * 100_000}, {"mask_tiling": "x" * 5000}, {"ema_decay": "a\0b"},
    ],
)
def test_values_beyond_the_limits(copy, changes):
    config = copy.json("config.json")["config"]
    copy.change("config.json", config={**config, **changes})
    refused(copy, "config.json is refused")


def test_sizes_with_a_fraction(copy):
    config = copy.json("config.json")["config"]
    for name in ("latent_dim", "residual_blocks", "generator_filters"):
        copy.change("config.json", config={**config, name: 1e9})
        refused(copy, f"`{name}` must be a whole number")


def test_a_large_number_that_is_no_size(tmp_path):
    tiny.damsm(clip_norm=1e6).save_to_preset(str(tmp_path / "preset"))
    assert zoo.from_preset(str(tmp_path / "preset")).clip_norm == 1e6


def test_a_vocabulary_without_rows(copy):
    words = "<end>\n" + "".join(f"w{i}\n" for i in range(10**6))
    (copy.path / "vocabulary.txt").write_text(words)
    copy.record("vocabulary.txt")
    refused(copy, "1000001 words, but no weight of the preset has as many rows")
    (copy.path / "vocabulary.txt").write_text("w\n" * (9 << 20))
    copy.record("vocabulary.txt")
    refused(copy, "larger than 16 MB")


def rewritten(copy, change):
    with h5py.File(copy.path / WEIGHTS, "r+") as file:
        change(file)
    copy.record(WEIGHTS)


def first_kernel(file):
    names = []
    file.visit(lambda name: names.append(name) if name.endswith("kernel") else None)
    return names[0]


def compressed(file):
    name = first_kernel(file)
    value = file[name][()]
    del file[name]
    file.create_dataset(name, data=value, compression="gzip")


def declared(file):
    name = first_kernel(file)
    del file[name]
    file.create_dataset(name, shape=(10**6, 10**6), dtype="f4")


def chunks_of_nothing(file):
    name = first_kernel(file)
    del file[name]
    file.create_dataset(name, shape=(10**6, 10**6), dtype="f4", chunks=(1000, 1000))


def many_groups(file):
    for i in range(100_001):
        file.create_group(f"g{i}")


def deep_groups(file):
    file.create_group("/".join("g" * 200))


def soft_loop(file):
    file["loop"] = h5py.SoftLink("/")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (compressed, "compressed or chunked"),
        (declared, "declares 4000000000000 bytes, but holds 0"),
        (chunks_of_nothing, "compressed or chunked"),
        (deep_groups, "deeper than 32"),
        (soft_loop, "is a link, not a weight"),
        pytest.param(many_groups, "more than 100000 entries", marks=pytest.mark.large),
    ],
)
def test_weights_files_that_hold_less_than_they_declare(copy, change, words):
    rewritten(copy, change)
    refused(copy, words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: np.full_like(a, np.nan), r"holds \d+ NaN of"),
        (lambda a: np.where(a == a.max(), np.inf, a), "holds 1 infinite of"),
        (lambda a: a.astype("int32"), "has type int32, expected float32"),
        (lambda a: a.astype("complex64"), "has type complex64, expected float32"),
        (lambda a: np.full_like(a, 1e300, dtype="f8"), "too large for float32"),
        (lambda a: np.zeros(a.shape, "S4"), "has type"),
    ],
)
def test_weights_that_are_no_finite_real_numbers(copy, change, words):
    def exchange(file):
        name = first_kernel(file)
        value = file[name][()]
        del file[name]
        file[name] = change(value)

    rewritten(copy, exchange)
    refused(copy, words)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_that_is_not_finite_is_not_saved_and_draws_nothing(tmp_path, value):
    model = tiny.stackgan_v2("none", compiled=False)
    kernel = model.inference_generator.variables[0]
    kernel.assign(np.full(kernel.shape, value))
    with pytest.raises(ZooError, match="holds .* numbers; every number must be finite"):
        model.save_to_preset(tmp_path / "preset")
    assert not (tmp_path / "preset").exists()
    with pytest.raises(ZooError, match="cannot generate.*every number must be finite"):
        model.generate(seed=1)


def test_a_model_whose_weights_stop_being_finite_draws_nothing_more(monkeypatch):
    model = tiny.stackgan_v2("none", compiled=False)
    model.generate(seed=1)
    kernel = model.inference_generator.variables[0]
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(ZooError, match="cannot generate.*every number must be finite"):
        model.generate(seed=1)
    monkeypatch.setattr(model, "preset_variables", dict)
    with pytest.raises(ZooError, match="an image is not finite, although all of its weights are"):
        model.generate(seed=1)


def systems():
    yield "dcgan", lambda: DCGAN(classes=2, image_size=16, filters=2, latent_dim=4)
    for name in ("attn_gan", "dm_gan", "stackgan_v2", "damsm"):
        yield name, getattr(tiny, name)
    yield "pix2pix", tiny_images.pix2pix
    yield "bicyclegan", tiny_images.bicyclegan
    yield "drit", tiny_drit.drit
    yield "xmc_gan", tiny_xmc_gan.xmc_gan


@pytest.mark.parametrize(("name", "make"), systems(), ids=lambda value: value)
def test_every_system_has_room_for_its_own_model(tmp_path, name, make):
    model = make()
    directory = model.save_to_preset(tmp_path / name)
    loaded = zoo.from_preset(directory)
    for path, variable in model.preset_variables().items():
        np.testing.assert_array_equal(loaded.preset_variables()[path], variable, err_msg=path)
    if getattr(loaded, "has_ema", False):  # to train on: the generator is not left blank
        for left, right in zip(
            loaded.generator.variables, loaded.ema_generator.variables, strict=True
        ):
            np.testing.assert_array_equal(left, right)
    known = {id(v) for v in loaded.preset_variables().values()}
    for path, variable in loaded.network_variables().items():
        if id(variable) not in known and path.endswith("kernel"):
            assert np.any(variable), f"{path} was left blank"


def test_the_previous_weights_stay_when_the_new_are_refused(tmp_path):
    values = {"a": np.ones(2, "f4"), "b": np.full(2, np.nan, "f4")}
    storage.save_variables(tmp_path / "w.h5", values)
    target = {"a": np.zeros(2, "f4"), "b": np.zeros(2, "f4")}
    with pytest.raises(ZooError, match='"b" holds 2 NaN'):
        storage.load_variables(tmp_path / "w.h5", target)
    assert not target["a"].any()
