"""A small image classifier, whose features are used in metrics where Inception is unavailable.

It is this zoo's own network, not a paper's, and its name says so. Instead of the class of an image
it can name the class of each cell of a grid, where label maps are available.
"""

import keras
import tensorflow as tf
from keras import ops

from zoo.errors import ZooError, check_choice
from zoo.models.base.batch_fields import Field, image_field, label_field
from zoo.models.base.system import System
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.image_encoder import make_image_encoder

PREFIX = "zoo-"
KINDS = ("compact", "residual")


@keras.saving.register_keras_serializable("zoo")
class FeatureEncoder(System):
    """Image classifier that also returns its features.

    Example:
        classifier = zoo.from_preset("encoder_cifar10_32")
        outputs = classifier(images)  # float (batch, 32, 32, 3) in [-1, 1]
        outputs["features"].shape     # (batch, 64)

    Args:
        class_names: sequence of str, label 0 first; empty with `cells`.
        encoder_name: str, starts with "zoo-": the name of its features in reported metrics.
        image_size: int, height and width in pixels, a power of two of at least 16.
        features: int, size of an image's features.
        filters: int, width of the network, see `zoo.networks.image_encoder`.
        image_encoder: "compact" or "residual", the kind of the network.
        word_names: sequence of str: the classes of a second head, such as the base words of the
            emoji; empty for none.
        seed: int, as in every system; unused, since training draws no noise.
        cells: dict of `names`, a list of str, and `colors`, a list of [r, g, b] from 0 to 255: the
            classes of the cells of an image, and their colors in label maps. The cells are those of
            the encoder's largest map: 16x16 of the residual encoder, 8x8 of the compact one. None
            for a classifier of whole images.
    """

    task = "image-classification"
    loss_names = ("loss", "accuracy")
    word_loss_names = ("word_loss", "word_accuracy")
    cell_loss_names = ("share_loss",)

    def __init__(self, class_names, encoder_name, image_size=32, features=64, filters=16,
                 image_encoder="compact", word_names=(), seed=0, cells=None, **kwargs):
        check_choice("`image_encoder`", image_encoder, KINDS)
        super().__init__(seed=seed, **kwargs)
        if not str(encoder_name).startswith(PREFIX):
            raise ZooError(
                f'The name of an encoder must start with "{PREFIX}", so that its metrics are not '
                f'confused with published ones, got "{encoder_name}".'
            )
        self.class_names = list(class_names)
        self.encoder_name = encoder_name
        self.image_size = image_size
        self.features = features
        self.filters = filters
        self.word_names = list(word_names)
        self.cells = _checked_cells(cells, self.class_names, self.word_names)
        settings = {"features": features, "filters": filters, "image_size": image_size}
        encoder = make_image_encoder(
            {"kind": image_encoder, **settings}, name="image_encoder", dtype=self.dtype_policy
        )
        self.image_encoder = build_on(encoder, symbolic_input(2, image_size, image_size, 3))
        self.image_encoder_config = image_encoder
        if self.cells:
            self._make_cell_heads(len(self.cells["names"]))
            return
        self.head = self._make_head("head", len(self.class_names))
        if self.word_names:
            self.word_head = self._make_head("word_head", len(self.word_names))
            self._add_losses(self.word_loss_names)

    def _make_head(self, name, classes):
        head = keras.layers.Dense(classes, name=name, dtype="float32")
        return build_on(head, symbolic_input(2, self.features))

    def _make_cell_heads(self, classes):
        images = symbolic_input(2, self.image_size, self.image_size, 3)
        head = keras.layers.Conv2D(classes, 1, name="cell_head", dtype="float32")
        self.cell_head = build_on(head, _joined(self.image_encoder.maps(images)))
        self.share_head = self._make_head("share_head", classes)
        self._add_losses(self.cell_loss_names)

    def _add_losses(self, names):
        self.loss_names = (*self.loss_names, *names)
        self._trackers += [keras.metrics.Mean(name=name) for name in names]

    def get_config(self):
        """See `System`; without `cells` where there are none, as in presets older than them."""
        config = super().get_config()
        return config if self.cells else {k: v for k, v in config.items() if k != "cells"}

    @property
    def network_names(self):
        if self.cells:
            return ("image_encoder", "cell_head", "share_head")
        return ("image_encoder", "head", *(("word_head",) if self.word_names else ()))

    @property
    def preset_network_names(self):
        return self.network_names

    def network_variables(self, names=None):
        """See `System`; without the encoder's projection of regions, which is unused."""
        variables = super().network_variables(names)
        return {path: v for path, v in variables.items() if "emb_features" not in path}

    @property
    def trained_variables(self):
        return [v for v in self.network_variables().values() if v.trainable]

    @property
    def optimizer_groups(self):
        return {"optimizer": {"classifier_optimizer": self.trained_variables}}

    @property
    def grid(self):
        """Cells per side, see `cells`."""
        return {"compact": 8, "residual": 16}[self.image_encoder_config]

    def call(self, images, training=False):
        """float (batch, size, size, 3) in [-1, 1] -> dict of float32.

        Always `features` (batch, features). Of whole images `logits` (batch, classes) and, with
        `word_names`, `word_logits` (batch, words). With `cells` instead `cell_logits` (batch, grid,
        grid, classes) and `share_logits` (batch, classes), whose softmax is the share of each class
        in the image.
        """
        if self.cells:
            maps = self.image_encoder.maps(images, training)
            features = self.image_encoder.code_of(maps)
            return {"features": features, "cell_logits": self.cell_head(_joined(maps)),
                    "share_logits": self.share_head(ops.relu(features))}
        features = self.image_encoder(images, training=training)["code"]
        hidden = ops.relu(features)
        outputs = {"features": features, "logits": self.head(hidden)}
        return {**outputs, "word_logits": self.word_head(hidden)} if self.word_names else outputs

    @property
    def batch_fields(self):
        fields = {"images": image_field(self.image_size)}
        if self.cells:
            return {**fields, "cells": Field((None, self.grid, self.grid), "int")}
        counts = {"labels": len(self.class_names), "words": len(self.word_names)}
        return {**fields, **{name: label_field(n) for name, n in counts.items() if n}}

    def training_step(self, batch):
        """One step on the cross-entropy of `images` with `labels`, and with `words` if any; with
        `cells` on that of each cell, int (batch, grid, grid), and of the shares of the classes."""
        with tf.GradientTape() as tape:
            outputs = self(batch["images"], training=True)
            if self.cells:
                figures = _figures(outputs["cell_logits"], batch["cells"])
                figures += (_share_loss(outputs["share_logits"], batch["cells"]),)
            else:
                figures = _figures(outputs["logits"], batch["labels"])
            if self.word_names:
                figures += _figures(outputs["word_logits"], batch["words"])
            total = sum(figures[2::2], figures[0])
        self.apply_gradients("classifier_optimizer", tape, total, self.trained_variables)
        return dict(zip(self.loss_names, figures, strict=True))


def _checked_cells(cells, *others):
    """A copy of `cells`, or None; raises `ZooError` for an invalid one, or classes next to it."""
    if not cells:
        return None
    names, colors = (list(cells.get(key, ())) for key in ("names", "colors"))
    if set(cells) != {"names", "colors"} or len(names) < 2 or len(names) != len(colors):
        raise ZooError(
            "`cells` must have the `names` of two or more classes and as many `colors`, got "
            f"{len(names)} and {len(colors)}."
        )
    if any(others):
        raise ZooError("An encoder with `cells` has no `class_names` and no `word_names`.")
    return {"names": names, "colors": [list(color) for color in colors]}


def _joined(maps):
    """Maps (batch, n, n, channels), enlarged to the size of the first and concatenated."""
    size = maps[0].shape[1]
    enlarged = [
        ops.repeat(ops.repeat(x, size // x.shape[1], axis=1), size // x.shape[1], axis=2)
        for x in maps[1:]
    ]
    return ops.concatenate([maps[0], *enlarged], axis=-1)


def _figures(logits, labels):
    """Mean cross-entropy and accuracy, scalars, of logits (..., classes) and ints (...)."""
    labels = tf.cast(labels, tf.int64)  # the loss takes no smaller ones than int32
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    hits = tf.equal(tf.argmax(logits, -1), labels)
    return tf.reduce_mean(losses), tf.reduce_mean(tf.cast(hits, tf.float32))


def _share_loss(logits, cells):
    """Mean cross-entropy of logits (batch, classes) with the shares of the classes in `cells`."""
    shares = tf.reduce_mean(tf.one_hot(tf.cast(cells, tf.int64), logits.shape[-1]), (1, 2))
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(shares, logits))
