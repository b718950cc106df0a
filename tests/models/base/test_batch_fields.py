"""What a batch must hold: each system refuses images, labels and words that it would misread."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.tiny_systems import SYSTEMS
from zoo.errors import ZooError
from zoo.models.base.batch_fields import values_explained
from zoo.models.base.checked_source import checked_source

IMAGES = ("images", "mismatched_images", "source", "target", "images_a", "images_b")


def changed(batch, name, change):
    """The batch with `change` applied to an entry, or to each of a tuple."""
    value = batch[name]
    new = tuple(map(change, value)) if isinstance(value, tuple) else change(value)
    return {**batch, name: new}


def larger(images):
    return tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)


def as_bytes(images):
    return tf.cast((images + 1) * 127.5, tf.uint8)


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request):
    example = SYSTEMS[request.param]
    return example.make(), example.batch(0)


def test_its_own_batch_is_taken(system):
    model, batch = system
    model.check_batch(batch)
    assert model._checked_values(batch, True).keys() == batch.keys()


@pytest.mark.parametrize(("change", "words"), [
    (larger, "must be float \\(batch, .* from -1 to 1, got float32 \\(."),
    (as_bytes, "must be float \\(batch, .* got uint8 \\("),
    (lambda images: images[0], "must be float \\(batch, .*, got float32 \\(\\d+, \\d+, 3\\)"),
    (lambda images: images[..., :1], "must be .* got float32 \\(\\d+, \\d+, \\d+, 1\\)"),
])
def test_images_of_another_form(system, change, words):
    model, batch = system
    for name in set(IMAGES) & batch.keys():
        with pytest.raises(ZooError, match=f"A batch of {type(model).__name__}: `{name}` {words}"):
            model.train_step(changed(batch, name, change))


@pytest.mark.parametrize("factor", [127.5, np.nan])
def test_images_of_other_values(system, factor):
    model, batch = system
    for name in set(IMAGES) & batch.keys():
        wrong = changed(batch, name, lambda images: images * factor)
        with pytest.raises(ZooError, match=f"the values of `{name}` must be from -1 to 1, got "):
            model.train_on_batch(wrong)


def test_the_rows_of_an_incomplete_last_batch(system):
    model, batch = system
    rows = tf.data.Dataset.from_tensors(batch).unbatch().take(2).repeat()
    source = checked_source(rows.take(5).batch(4), model._checked_values)
    words = {"a multiple of 2": model.batch_parts > 1, "at least 2": model.least_rows > 1}
    for wanted in (wanted for wanted, needed in words.items() if needed):
        with pytest.raises(ZooError, match=f"rows must be {wanted}, .*drop_remainder.*, got 1.$"):
            with values_explained():
                list(source)
        with pytest.raises(ZooError, match=f"rows must be {wanted}, .*, got 1.$"):
            model.train_on_batch(next(iter(rows.batch(1))))
    if not any(words.values()):
        assert len(list(source)) == 2
    assert len(list(checked_source(rows.take(6).batch(4), model._checked_values))) == 2


def test_a_uint8_is_less_than_the_last_of_many_classes():
    model = SYSTEMS["dcgan"].make(compiled=False, classes=300)
    batch = SYSTEMS["dcgan"].batch(0)
    labels = {**batch, "labels": tf.constant([0, 50, 255, 3], tf.uint8)}
    assert model._checked_values(labels, True)["labels"].dtype == tf.uint8


def test_fewer_sizes_than_the_model_has():
    model, batch = SYSTEMS["attn_gan"].make(), tiny.batch(0)
    with pytest.raises(ZooError, match="must be a tuple of 2, one per size, got one of 1"):
        model.train_step({**batch, "images": batch["images"][1:]})
    with pytest.raises(ZooError, match="got no tuple"):
        model.train_step({**batch, "images": batch["images"][1]})


def test_more_sizes_than_the_model_has():
    """The last ones count."""
    batch = tiny.batch(0, mismatched=True)
    for name in ("attn_gan", "stackgan_v2"):
        losses = []
        for more in (0, 1):
            example = {**batch, "images": batch["images"][:1] * more + batch["images"],
                       "mismatched_images": batch["images"][:1] * more + batch["images"]}
            losses.append(float(SYSTEMS[name].make().train_step(example)["discriminator_loss"]))
        assert losses[0] == losses[1]


@pytest.mark.parametrize(("name", "key", "words"), [
    ("dcgan", "labels", "`labels` must be from 0 to 3, got 70 to 73"),
    ("attn_gan", "tokens", "`tokens` must be from 0 to 11, got 7"),
    ("mirror_gan", "tokens", "`tokens` must be from 0 to 11, got 7"),
])
def test_numbers_of_classes_and_words(name, key, words):
    model, batch = SYSTEMS[name].make(), SYSTEMS[name].batch(0)
    with pytest.raises(ZooError, match=words):
        model.train_on_batch(changed(batch, key, lambda numbers: numbers + 70))


def test_fit_checks_what_a_dataset_holds():
    model, batch = SYSTEMS["dcgan"].make(), SYSTEMS["dcgan"].batch(0)

    def fit(batch):
        model.fit(tf.data.Dataset.from_tensors(batch).repeat(2), verbose=0)

    fit(batch)
    with pytest.raises(ZooError, match="is a dict of tensors, .* got a tuple"):
        fit((batch["images"], batch["labels"]))
    with pytest.raises(ZooError, match="`images` must be float .* got uint8 "):
        fit(changed(batch, "images", as_bytes))
    with pytest.raises(ZooError, match="`images` must be from -1 to 1, got -9.* to 9"):
        fit(changed(batch, "images", lambda images: images * 100))
    with pytest.raises(ZooError, match="`labels` must be from 0 to 3, got 70 to 73."):
        fit(changed(batch, "labels", lambda labels: labels + 70))


class Batches(keras.utils.PyDataset):
    """The same batch, twice; counts the epochs that ended."""

    def __init__(self, batch, **kwargs):
        super().__init__(**kwargs)
        self.batch, self.ended = batch, 0

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self.batch

    def on_epoch_end(self):
        self.ended += 1


@pytest.mark.parametrize("workers", [1, 2])
def test_fit_checks_what_a_pydataset_holds(workers):
    model, batch = SYSTEMS["dcgan"].make(), SYSTEMS["dcgan"].batch(0)
    batch = {name: value.numpy() for name, value in batch.items()}

    def fit(batch):
        source = Batches(batch, workers=workers)
        model.fit(source, verbose=0)
        return source

    before = int(model.iteration)
    assert fit(batch).ended and int(model.iteration) == before + 2
    with pytest.raises(ZooError, match="`images` must be from -1 to 1, got -9.* to 9"):
        fit(changed(batch, "images", lambda images: images * 100))
    with pytest.raises(ZooError, match="`labels` must be from 0 to 3, got 70 to 73."):
        fit(changed(batch, "labels", lambda labels: labels + 70))
    with pytest.raises(ZooError, match="is a dict of tensors, .* got a tuple"):
        fit((batch["images"], batch["labels"]))


@pytest.mark.parametrize("make", [iter, lambda batches: (batch for batch in batches)])
def test_fit_refuses_iterators_of_which_keras_takes_no_dicts(make):
    model, batch = SYSTEMS["dcgan"].make(), SYSTEMS["dcgan"].batch(0)
    with pytest.raises(ZooError, match="fit takes a tf.data.Dataset or a keras.utils.PyDataset of"):
        model.fit(make([batch]), verbose=0)


def test_images_that_seem_to_be_in_0_to_1_get_a_word_at_first(capfd):
    model, batch = SYSTEMS["dcgan"].make(), SYSTEMS["dcgan"].batch(0)
    bright = changed(batch, "images", lambda images: (images + 1) / 2)
    for several in ([batch, bright], [bright, bright]):
        dataset = tf.data.Dataset.from_generator(
            lambda several=several: iter(several),
            output_signature={n: tf.TensorSpec(v.shape, v.dtype) for n, v in batch.items()},
        )
        model.fit(dataset, verbose=0)
        count = capfd.readouterr().err.count("got none below 0. Are they in [0, 1]?")
        assert count == (several[0] is bright)
