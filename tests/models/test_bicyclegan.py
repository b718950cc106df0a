"""BicycleGAN as a system, in each of its forms."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from tests.support.tiny_images import SIZE, batch, bicyclegan, by_sgd, check_replicas, train
from zoo.errors import ZooError
from zoo.models.base import conditional_gan
from zoo.models.bicyclegan.losses import latent_loss_and_slope

FORMS = {
    "default": {},
    "conditional": {"conditional_discriminators": True, "source_channels": 1},
    "same_discriminator": {"use_same_discriminator": True, "encoder": "conv"},
    "two_steps": {"latent_step": "separate", "mode_seeking_weight": 1.0},
}


def data_of(form):
    return {"count": 4, "channels": (FORMS[form].get("source_channels", 3), 3)}


@pytest.mark.parametrize("form", ["default", "conditional", "same_discriminator"])
def test_two_steps_change_every_weight(form):
    """The fourth form is that of test_every_system.py."""
    model = tiny.reused(bicyclegan, **FORMS[form])
    before = tiny.snapshot(model.network_variables())
    logs = train(model, 2, **data_of(form))
    after = tiny.snapshot(model.network_variables())
    assert set(logs) == set(model.loss_names) and all(np.isfinite(list(logs.values())))
    for name in before:
        if name.endswith("kernel"):  # a bias before a normalization has no gradient
            assert not np.array_equal(before[name], after[name]), name


def test_mode_seeking_compares_two_random_images_of_the_first_half(monkeypatch):
    off = train(tiny.reused(bicyclegan), 1, count=4)
    model = tiny.reused(bicyclegan)
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    on = train(model, 1, count=4)
    assert off["mode_seeking"] == off["image_distance"] == off["latent_distance"] == 0
    ratio = on["image_distance"] / on["latent_distance"]
    np.testing.assert_allclose(on["mode_seeking"], 2.0 / (ratio + 1e-5), rtol=1e-5)
    terms = ("adversarial_loss", "adversarial_2_loss", "l1_loss", "kl_loss", "mode_seeking")
    np.testing.assert_allclose(on["generator_loss"], sum(on[t] for t in terms), rtol=1e-5)
    for name, samples in (("adversarial", 1), ("adversarial_2", 2)):
        ratio = on[f"{name}_loss"] / off[f"{name}_loss"]
        assert abs(ratio - samples) < 0.1, name
    assert abs(on["discriminator_loss"] / off["discriminator_loss"] - 1) < 0.1
    assert abs(on["discriminator_2_loss"] / off["discriminator_2_loss"] - 2) < 0.1


def steps_of(monkeypatch, **changes):
    """dict of network -> change of its weights in one step of SGD."""
    monkeypatch.setattr(conditional_gan, "normal_rows", lambda shape, *_: tf.ones(shape))
    model = tiny.reused(by_sgd, bicyclegan)
    for name, value in changes.items():
        monkeypatch.setattr(model, name, value)
    before = tiny.snapshot(model.network_variables())
    train(model, 1, count=4)
    after = tiny.snapshot(model.network_variables())
    return {name: after[name] - before[name] for name in before}


def test_the_latent_loss_trains_the_generator_alone(monkeypatch):
    without, half, whole = (steps_of(monkeypatch, latent_weight=w) for w in (0.0, 500.0, 1000.0))
    moved = False
    for name, step in without.items():
        if name.startswith("generator"):  # linear in the weight
            np.testing.assert_allclose(whole[name] - step, 2 * (half[name] - step), atol=1e-4)
            moved = moved or np.abs(whole[name] - step).max() > 1e-3
        elif name.startswith("encoder"):
            np.testing.assert_array_equal(whole[name], step, err_msg=name)
    assert moved


def test_the_latent_loss_does_not_underflow_in_float16():
    """Its derivative is smaller than any float16 in larger encoders, unless the loss is scaled."""
    settings = {"image_size": 128, "encoder_filters": 16, "num_downs": 2}
    images = np.random.default_rng(0).uniform(-1, 1, (1, 128, 128, 3)).astype("float32")
    slopes = []
    for dtype in ("mixed_float16", "float32"):
        model = bicyclegan(**settings, dtype=dtype)
        slopes.append(latent_loss_and_slope(model, tf.constant(images), tf.ones([1, 4]))[1])
    half, whole = slopes
    assert half.dtype == tf.float32
    assert np.linalg.norm(half - whole) < 0.2 * np.linalg.norm(whole)


@pytest.mark.parametrize(("weight", "steps"), [(0.5, True), (1e9, False)])
def test_an_overflow_of_the_latent_loss_skips_the_step_of_the_generator(weight, steps):
    model = bicyclegan(dtype="mixed_float16", latent_weight=weight)
    for name in model.optimizer_names:
        getattr(model, name).dynamic_scale.assign(64.0)
    before = tiny.snapshot(model.network_variables())
    train(model, 1)
    after = tiny.snapshot(model.network_variables())
    moved = {n.split("/")[0] for n in before if not np.array_equal(before[n], after[n])}
    assert moved == set(model.networks) - (set() if steps else {"generator"})
    assert float(model.generator_optimizer.dynamic_scale) == (64 if steps else 32)
    assert all(np.isfinite(value).all() for value in after.values())


def test_one_and_two_steps_of_sgd_end_alike(monkeypatch):
    """Both gradients are taken at the same point, so without Adam the order does not matter."""
    joint, separate = (steps_of(monkeypatch, latent_step=s) for s in ("joint", "separate"))
    for name in joint:
        np.testing.assert_allclose(joint[name], separate[name], rtol=1e-3, atol=1e-6, err_msg=name)


def test_batches_are_cut_in_halves():
    with pytest.raises(ZooError, match="3 pairs.*even"):
        train(tiny.reused(bicyclegan), 1, count=3)


def test_the_second_half_is_only_judged(monkeypatch):
    """The real pairs of the second discriminator are the only use of it."""
    model, seen = tiny.reused(bicyclegan), []
    original = model.discriminate

    def discriminate(cycle, source, images):
        seen.append((cycle, source, images))
        return original(cycle, source, images)

    monkeypatch.setattr(model, "discriminate", discriminate)
    data = batch(count=4)
    model.training_step(data)
    sources = [source.numpy() for _, source, _ in seen]
    assert [cycle for cycle, *_ in seen] == [1, 2, 1, 1, 2, 2]  # G; D fake, real; D2 fake, real
    for source in sources[:5]:
        np.testing.assert_array_equal(source, data["source"][:2])
    np.testing.assert_array_equal(sources[5], data["source"][2:])
    np.testing.assert_array_equal(seen[3][2], data["target"][:2])
    np.testing.assert_array_equal(seen[5][2], data["target"][2:])


def test_two_replicas_take_the_steps_of_one(two_devices):  # noqa: F811
    """Each replica has pairs of both halves; the sum of the KL term is that of the whole batch."""
    steps = check_replicas(bicyclegan, two_devices, order=(0, 2, 1, 3), kl_weight=10.0)
    assert np.abs(steps["encoder/log_var/bias"]).max() > 1e-6


@pytest.mark.large
def test_checkpoint_resumes_bit_exactly(tmp_path):
    """With dropout, noise of the iteration (see test_pix2pix.py); without, test_every_system.py."""

    def make():
        return bicyclegan(image_size=64, dropout=0.5, mode_seeking_weight=1.0)

    def go(model, step):
        data = {n: tf.image.resize(v, [64, 64]) for n, v in batch(step, count=2).items()}
        model.train_step(data)

    whole = make()
    go(whole, 0)
    whole.save_checkpoint(str(tmp_path / "c.h5"))
    go(whole, 1)
    resumed = make()
    resumed.load_checkpoint(str(tmp_path / "c.h5"))
    go(resumed, 1)
    a, b = (tiny.snapshot(m.checkpoint_variables()) for m in (whole, resumed))
    assert all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("form", ["conditional", "same_discriminator"])
def test_config_round_trip(form):
    model = bicyclegan(compiled=False, **FORMS[form], kl_weight=0.5, gan2_weight=2.0)
    config = model.get_config()
    clone = type(model).from_config(config)
    assert clone.get_config() == config
    shapes = [[tuple(v.shape) for v in m.encoder.variables] for m in (model, clone)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder": "vgg"}, "`encoder` must be .*'vgg'"),
        ({"latent_step": "never"}, "`latent_step` must be .*'never'"),
        ({"latent_dim": 0}, "`latent_dim` must be positive"),
        ({"image_size": 96}, "`image_size` must be 8 times a power of two.*96"),
    ],
)
def test_wrong_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        bicyclegan(**changes)


# --- generation -----------------------------------------------------------------------------------


def make_images(count=2, channels=3):
    return np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE, channels), np.uint8)


def test_generate_encode_and_preset(tmp_path):
    import zoo

    model = bicyclegan(compiled=False, source_channels=1)
    for variable in model.generator.trainable_variables:
        variable.assign(variable * 30)  # a new network's images are almost uniformly gray
    images = model.generate(make_images(channels=1), samples_per_condition=3, seed=7)
    assert images.shape == (6, SIZE, SIZE, 3) and len({i.tobytes() for i in images}) == 6
    model.save_to_preset(str(tmp_path / "p"))
    loaded = zoo.from_preset(str(tmp_path / "p"))
    np.testing.assert_array_equal(images, loaded.generate(make_images(channels=1), 3, seed=7))
    code = loaded.encode(make_images(5), batch_size=2)
    assert code["mu"].shape == code["log_var"].shape == (5, 4)
    expected = model.encoder(tf.cast(make_images(5), tf.float32) / 127.5 - 1)
    for name in code:
        np.testing.assert_allclose(code[name], expected[name], rtol=1e-3, atol=1e-6)


def test_generate_like_takes_the_mean_code_of_an_example():
    model = tiny.reused(bicyclegan, compiled=False)
    for network in (model.generator, model.encoder):
        for variable in network.trainable_variables:
            variable.assign(variable * 30)
    source, examples = make_images(3), make_images(3)[::-1]
    images = model.generate_like(source, examples, batch_size=2)
    assert images.shape == (3, SIZE, SIZE, 3) and images.dtype == np.uint8
    alone = model.generate_like(source[2], examples[2])
    assert np.abs(images[2].astype(int) - alone[0]).max() <= 1
    one = model.generate_like(source, examples[0])
    assert np.abs(one[0].astype(int) - images[0]).max() <= 1
    assert not np.array_equal(one[1], images[1])
    with pytest.raises(ZooError, match="2 examples for 3 images"):
        model.generate_like(source, examples[:2])
