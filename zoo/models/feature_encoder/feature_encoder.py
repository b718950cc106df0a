"""A small image classifier, whose features are used in metrics where Inception is unavailable.

It is this zoo's own network, not a paper's, and its name says so.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError, check_choice
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
        class_names: sequence of str, label 0 first.
        encoder_name: str, starts with "zoo-": the name of its features in reported metrics.
        image_size: int, height and width in pixels, a power of two of at least 16.
        features: int, size of an image's features.
        filters: int, width of the network, see `zoo.networks.image_encoder`.
        image_encoder: "compact" or "residual", the kind of the network.
        word_names: sequence of str: the classes of a second head, such as the base words of the
            emoji; empty for none.
        seed: int, as in every system; unused, since training draws no noise.
    """

    task = "image-classification"
    loss_names = ("loss", "accuracy")
    word_loss_names = ("word_loss", "word_accuracy")

    def __init__(self, class_names, encoder_name, image_size=32, features=64, filters=16,
                 image_encoder="compact", word_names=(), seed=0, **kwargs):
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
        settings = {"features": features, "filters": filters, "image_size": image_size}
        encoder = make_image_encoder(
            {"kind": image_encoder, **settings}, name="image_encoder", dtype=self.dtype_policy
        )
        self.image_encoder = build_on(encoder, symbolic_input(2, image_size, image_size, 3))
        self.image_encoder_config = image_encoder
        self.head = self._make_head("head", self.class_names)
        if self.word_names:
            self.word_head = self._make_head("word_head", self.word_names)
            self.loss_names = (*self.loss_names, *self.word_loss_names)
            self._trackers += [keras.metrics.Mean(name=name) for name in self.word_loss_names]

    def _make_head(self, name, classes):
        head = keras.layers.Dense(len(classes), name=name, dtype="float32")
        return build_on(head, symbolic_input(2, self.features))

    @property
    def network_names(self):
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

    def call(self, images, training=False):
        """float (batch, size, size, 3) in [-1, 1] -> dict of `features` (batch, features), `logits`
        (batch, classes) and, with `word_names`, `word_logits` (batch, words), float32."""
        features = self.image_encoder(images, training=training)["code"]
        hidden = keras.ops.relu(features)
        outputs = {"features": features, "logits": self.head(hidden)}
        return {**outputs, "word_logits": self.word_head(hidden)} if self.word_names else outputs

    def training_step(self, batch):
        """One step on the cross-entropy of `images` with `labels`, and with `words` if any."""
        with tf.GradientTape() as tape:
            outputs = self(batch["images"], training=True)
            figures = _figures(outputs["logits"], batch["labels"])
            total = figures[0]
            if self.word_names:
                figures += _figures(outputs["word_logits"], batch["words"])
                total = total + figures[2]
        self.apply_gradients("classifier_optimizer", tape, total, self.trained_variables)
        return dict(zip(self.loss_names, figures, strict=True))


def _figures(logits, labels):
    """Mean cross-entropy and accuracy, scalars."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    hits = tf.equal(tf.argmax(logits, 1), tf.cast(labels, tf.int64))
    return tf.reduce_mean(losses), tf.reduce_mean(tf.cast(hits, tf.float32))
