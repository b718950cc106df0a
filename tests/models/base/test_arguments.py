"""An error in a constructor's arguments is one `ZooError` sentence, before anything is built."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models.test_dcgan import dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_drit import drit
from zoo.errors import ZooError
from zoo.models.base.arguments import policy_name
from zoo.models.dcgan import DCGAN

MAKERS = {
    "dcgan": lambda **changes: dcgan(compiled=False, **changes),
    "dm_gan": lambda **changes: tiny.dm_gan(compiled=False, **changes),
    "pix2pix": lambda **changes: tiny_images.pix2pix(compiled=False, **changes),
    "bicyclegan": lambda **changes: tiny_images.bicyclegan(compiled=False, **changes),
    "drit": lambda **changes: drit(compiled=False, **changes),
    "damsm": lambda **changes: tiny.damsm(compiled=False, **changes),
}


@pytest.mark.parametrize(("maker", "changes", "words"), [
    ("dcgan", {"latent_dim": "x"}, "DCGAN: `latent_dim` .* a whole number of at least 0, got 'x'"),
    ("dcgan", {"latent_dim": -1}, "`latent_dim` must be a whole number of at least 0, got -1"),
    ("dcgan", {"image_size": 16.0}, "`image_size` must be a whole number of at least 1, got 16.0"),
    ("dcgan", {"image_size": 17}, "power of two"),
    ("dcgan", {"filters": 0}, "`filters` must be a whole number of at least 1, got 0"),
    ("dcgan", {"filters": True}, "`filters` must be a whole number"),
    ("dcgan", {"seed": 10**20}, "`seed` must be a whole number, got 100000000000000000000"),
    ("dcgan", {"seed": "7"}, "`seed` must be a whole number, got '7'"),
    ("dcgan", {"ema_decay": 1.5}, "`ema_decay` must be a number from 0 to 1, got 1.5"),
    ("dcgan", {"weight_decay": float("nan")}, "must be a number of at least 0, got nan"),
    ("dcgan", {"mode_seeking_weight": float("inf")}, "must be a finite number, got inf"),
    ("dcgan", {"class_names": "cat"}, "`class_names` must be a list, got 'cat'"),
    ("dcgan", {"adversarial_form": "logit"}, '`adversarial_form` must be "logits" or'),
    ("dcgan", {"latents": 3}, "DCGAN has no argument `latents`.*mean \"latent_dim\""),
    ("dcgan", {"dtype": "float16"}, 'dtype must be one of .*float16.*mean "mixed_float16"'),
    ("dcgan", {"dtype": "flaot32"}, 'got \'flaot32\'. Did you mean "float32"'),
    ("dm_gan", {"stage_sizes": 64}, "`stage_sizes` must be a list, got 64"),
    ("dm_gan", {"stage_sizes": (16, 48)}, "each twice the previous one"),
    ("dm_gan", {"vocabulary": "abc"}, "`vocabulary` must be a list"),
    ("dm_gan", {"text_encoder": "bert"}, "`text_encoder` must be a dict"),
    ("dm_gan", {"generator_filters": None}, "`generator_filters` must be a whole number"),
    ("damsm", {"clip_norm": 0}, "`clip_norm` must be a number above 0, or None for no clipping"),
    ("drit", {"content_clip": -5.0}, "`content_clip` must be a number above 0"),
    ("dcgan", {"weight_decay": -1e-4}, "`weight_decay` must be a number of at least 0"),
    ("dm_gan", {"max_words": 0}, "`max_words` must be a whole number of at least 1, got 0"),
    *((name, {"latent_dim": 0, "mode_seeking_weight": 1.0}, "Mode seeking needs a latent: .*got 0")
      for name in ("dcgan", "dm_gan", "pix2pix")),
    ("dcgan", {"latent_dim": 0, "training_samples": 2}, "Two samples need a latent: .*got 0"),
    ("pix2pix", {"dropout": 1.0}, "`dropout` must be a number from 0 to below 1, got 1.0"),
    ("pix2pix", {"num_downs": 9}, "`image_size` must be a multiple of"),
    ("pix2pix", {"always_two_samples": 1}, "must be True or False, got 1"),
    ("pix2pix", {"normalization": 3}, "`normalization` must be a string, got 3"),
    ("bicyclegan", {"encoder": "resnets"}, '`encoder` must be "resnet" or "conv"'),
    ("bicyclegan", {"latent_dim": 0}, "`latent_dim` must be positive"),
    ("drit", {"loss_weights": {"l1": 3}}, "A key of `loss_weights` must be one of"),
    ("drit", {"discriminators": 3}, "`discriminators` must be a dict"),
    ("drit", {"full_step_every": 0}, "`full_step_every` must be a whole number of at least 1"),
])
def test_wrong_arguments(maker, changes, words):
    with pytest.raises(ZooError, match=words) as caught:
        MAKERS[maker](**changes)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400


@pytest.mark.parametrize("encoder", [{"colour": 3}, {"features": "x"}])
def test_an_error_of_a_network_becomes_one_sentence(encoder):
    with pytest.raises(ZooError, match="DMGAN cannot be created with these arguments: ") as caught:
        MAKERS["dm_gan"](text_encoder=encoder)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_numbers_of_numpy_are_numbers():
    model = MAKERS["dcgan"](latent_dim=np.int64(4), weight_decay=np.float32(0.1))
    assert model.generate([0]).shape == (1, 16, 16, 3)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8", "mixed_int8", "", 3, tf.int32])
def test_precisions_that_nothing_runs_in(dtype):
    with pytest.raises(ZooError, match="dtype must be one of float32, float64, mixed_bfloat16"):
        zoo.from_preset("dcgan_ms_cifar10_32", dtype=dtype)


@pytest.mark.parametrize("dtype", [
    "float32", tf.float32, np.float32, "mixed_float16", keras.DTypePolicy("mixed_bfloat16"),
])
def test_precisions_that_are_taken(dtype):
    model = zoo.from_preset("dcgan_ms_cifar10_32", dtype=dtype)
    assert model.dtype_policy.name == policy_name(dtype)
    assert model.generate([1]).std() > 1


def test_keras_own_policy_is_checked_too():
    keras.config.set_dtype_policy("float16")
    try:
        with pytest.raises(ZooError, match="dtype must be one of .* got 'float16'"):
            DCGAN(classes=2, image_size=16, filters=4)
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "4", True])
def test_sizes_of_a_batch(batch_size):
    with pytest.raises(ZooError, match="DCGAN: `batch_size` must be a whole number of at least 1"):
        MAKERS["dcgan"]().generate([1], batch_size=batch_size)
