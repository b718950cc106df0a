"""Keras' methods on a system: each works, or names the alternative in one sentence."""

import copy
import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.test_dcgan import batch, dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_drit import drit
from zoo.errors import ZooError
from zoo.models.dcgan import DCGAN


@pytest.fixture(scope="module")
def models():
    """Systems that were never compiled."""
    return {
        "captions": tiny.dm_gan(compiled=False), "labels": dcgan(compiled=False),
        "images": tiny_images.pix2pix(compiled=False),
    }


PIXELS = np.zeros([2, 8], np.float32)
ADAM = keras.optimizers.Adam


@pytest.mark.parametrize("kind", ["captions", "labels", "images"])
@pytest.mark.parametrize(("use", "words"), [
    (lambda m: m(["a red circle"]), "use generate\\({kind}\\)"),
    (lambda m: m(), "use generate\\({kind}\\)"),
    (lambda m: m(PIXELS), "use generate\\({kind}\\)"),
    (lambda m: m.predict(PIXELS), "does not predict: use generate"),
    (lambda m: m.predict(["a"]), "does not predict: use generate"),
    (lambda m: m.predict_on_batch(PIXELS), "does not predict: use generate"),
    (lambda m: m.evaluate(PIXELS), "zoo.evaluation"),
    (lambda m: m.test_on_batch(PIXELS), "zoo.evaluation"),
    (lambda m: m.fit(PIXELS), "not compiled: call compile\\(generator_optimizer="),
    (lambda m: m.train_on_batch({}), "not compiled"),
    (lambda m: m.compile(), "takes the optimizers .*got none: for example compile\\(generator"),
    (lambda m: m.compile("adam"), "got none"),
    (lambda m: m.compile(loss="mse"), "got loss"),
    (lambda m: m.compile(generator_optimizer=1e-3, discriminator_optimizer=ADAM()),
     "must be a Keras optimizer, .*got 0.001"),
    (lambda m: m.train_step({}), 'needs "'),
    (lambda m: m.train_step(PIXELS), "is a dict of tensors, .*an array of shape \\(2, 8\\)"),
    (lambda m: m.save("model.h5"), "ends in \".keras\", got \"model.h5\""),
    (lambda m: m.save("folder"), "save_to_preset"),
    (lambda m: m.export("folder"), "export.saved_model"),
    (lambda m: m.quantize("int8"), "half=True"),
    (lambda m: m.load_weights("nothing.weights.h5"), "no weights file nothing.weights.h5"),
    (lambda m: m.save_weights("x.txt"), "x.txt: "),
    (lambda m: m.save("/no/such/place/x.keras"), "x.keras: "),
])
def test_what_has_another_name_here(models, kind, use, words):
    with pytest.raises(ZooError, match=words.replace("{kind}", kind)) as caught:
        use(models[kind])
    assert "\n" not in str(caught.value)


def test_fit_wants_a_dataset_of_dicts():
    model = tiny.dm_gan()
    with pytest.raises(ZooError, match="fit takes a tf.data.Dataset .*got an array of shape"):
        model.fit(PIXELS)
    with pytest.raises(ZooError, match="got nothing"):
        model.fit()
    with pytest.raises(ZooError, match="A batch of DMGAN is a dict"):
        model.train_on_batch(PIXELS)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"batch_size": 2}, "fit has no use for `batch_size`: the data set is batched already"),
    ({"class_weight": {0: 2.0}}, "fit has no use for `class_weight`"),
    ({"validation_data": 1}, "fit has no use for `validation_data`: a recipe's training"),
])
def test_arguments_of_fit_that_would_do_nothing(arguments, words):
    with pytest.raises(ZooError, match=words):
        tiny.reused(dcgan).fit(tf.data.Dataset.from_tensors(batch(0)), verbose=0, **arguments)


def test_a_step_on_one_batch():
    """The losses of `train_step`, as a list in Keras' way or as a dict."""
    expected = {name: float(value) for name, value in dcgan().train_step(batch(0)).items()}
    model = dcgan()
    np.testing.assert_allclose(
        model.train_on_batch(batch(0)), [expected[name] for name in model.loss_names], rtol=1e-4
    )
    assert int(model.iteration) == 1
    assert list(model.train_on_batch(batch(1), return_dict=True)) == list(model.loss_names)
    for arguments in ({"y": PIXELS}, {"sample_weight": PIXELS}, {"class_weight": {0: 2.0}}):
        with pytest.raises(ZooError, match=f"has no use for `{next(iter(arguments))}`"):
            model.train_on_batch(batch(0), **arguments)


def test_a_keras_file_of_a_system_that_was_never_compiled(models, tmp_path):
    model = models["labels"]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.generate([0, 1]), model.generate([0, 1]))
    assert type(keras.models.clone_model(model)) is type(model)
    assert type(copy.deepcopy(model)) is type(model)
    model.summary(print_fn=lambda *_, **__: None)


def test_a_checkpoint_wants_the_same_optimizers(tmp_path):
    path = str(tmp_path / "c.h5")
    dcgan().save_checkpoint(path)
    model = dcgan(compiled=False)
    with pytest.raises(ZooError, match="This DCGAN is not compiled: call compile first"):
        model.load_checkpoint(path)
    model.compile(generator_optimizer="sgd", discriminator_optimizer="sgd")
    with pytest.raises(ZooError, match="same networks, sizes, vocabulary and optimizers"):
        model.load_checkpoint(path)


def test_weights_go_to_a_file_and_back(models, tmp_path):
    model = models["labels"]
    path = str(tmp_path / "x.weights.h5")
    before = model.generate([0])
    model.save_weights(path)
    variable = model.generator.trainable_variables[0]
    variable.assign(variable * 0)
    model.load_weights(path)
    np.testing.assert_array_equal(model.generate([0]), before)
    tf.io.write_file(path, b"no weights")
    with pytest.raises(ZooError, match="x.weights.h5: "):
        model.load_weights(path)


def test_optimizers_by_keras_names():
    model = dcgan(compiled=False)
    model.compile(generator_optimizer="adam", discriminator_optimizer=ADAM(1e-3))
    assert model.optimizer_names


@pytest.mark.parametrize(("make", "group", "words"), [
    (dcgan, "discriminator_optimizer", "weights of DCGAN .*leave it out, and .* own `ema_decay`"),
    (drit, "generator_optimizer", "other weights of DRIT than their own: leave it out\\.$"),
])
def test_averages_of_keras_that_fit_would_misplace(make, group, words):
    model = make(compiled=False)
    model.build_for_training()
    optimizers = {name: ADAM(use_ema=name == group) for name in model.optimizer_groups}
    with pytest.raises(ZooError, match=f"`{group}` has use_ema=True, but .*{words}"):
        model.compile(**optimizers)


def test_averages_of_keras_that_fit_applies():
    """To the weights that the model's only optimizer trains, if these are all of the model's."""
    model = tiny.damsm()
    model.compile(ADAM(use_ema=True))
    averaged = model.damsm_optimizer._trainable_variables
    assert list(map(id, averaged)) == list(map(id, model.trainable_weights))


def test_a_callback_that_looks_for_another_log():
    data, stop = tf.data.Dataset.from_tensors(batch(0)), keras.callbacks.TerminateOnNaN()
    with pytest.raises(ZooError, match="TerminateOnNaN .* which DCGAN does not .*logs.\"discrim"):
        tiny.reused(dcgan).fit(data, verbose=0, callbacks=[stop])


def test_a_class_shows_its_arguments():
    shown = inspect.signature(DCGAN).parameters
    assert list(shown)[:3] == ["classes", "class_names", "image_size"]
    assert shown["latent_dim"].default == 100
