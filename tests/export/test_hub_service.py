"""A served system with a text encoder of TensorFlow Hub: strings to images."""

import os

import numpy as np
import tensorflow as tf

from export import service
from export.saved_model import export_saved_model
from tests.export.conftest import ask_process
from tests.support.tiny_hub_module import tiny_modules
from tests.support.tiny_xmc_gan import xmc_gan

CAPTIONS = ["a red bird", "the big unforgettable bird is playing with squares and circles"]
SEEDS = [5, 2**40]


def test_the_saved_model_holds_both_modules(tmp_path, request):
    model = xmc_gan(
        vocabulary=None, max_words=9, text_encoder={"kind": "hub", **tiny_modules()}
    )
    path = export_saved_model(model, tmp_path / "served")
    wanted = model.generate(CAPTIONS, seed=SEEDS)
    assert wanted.std() > 1
    requests = service.example_requests(model, sizes=(2,))
    assert [set(inputs) for _, inputs in requests] == [{"captions", "seed"}] * 2
    clients = ("session", "python") if request.config.getoption("--large") else ("session",)
    for client in clients:  # processes that cannot see the modules' folders' code
        ((got, files),) = ask_process(
            tmp_path, client, path, "serving_default", [([c.encode() for c in CAPTIONS], SEEDS)],
            operations=["tensorflow_text"],
        )
        assert np.abs(got.astype(int) - wanted).max() <= 1 and len(files) == 2, client
    stored = dict(tf.train.list_variables(os.path.join(path, "variables", "variables")))
    numbers = sum(int(np.prod(shape)) for shape in stored.values())
    expected = sum(int(np.prod(v.shape)) for v in model.ema_generator.variables)
    encoder = sum(int(np.prod(v.shape)) for v in model.hub_encoder.variables)
    assert expected + 0.9 * encoder < numbers <= expected + encoder + 1  # each once
    assert os.listdir(os.path.join(path, "assets"))  # the vocabulary
    odd = [b"", b"\xff\xfe", CAPTIONS[0].encode() * 900]
    served = tf.saved_model.load(path)
    image = served.signatures["pixels"](
        captions=tf.constant(odd), seed=tf.constant([1, 2, 3], tf.int64)
    )["image"]
    assert image.shape == (3, *wanted.shape[1:])
