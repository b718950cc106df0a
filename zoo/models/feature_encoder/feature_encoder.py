"""A small image classifier, whose features are used in metrics where Inception is unavailable.

It is this zoo's own network, not a paper's, and its name says so.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.models.base.system import System
from zoo.networks.build import build, spec
from zoo.networks.image_encoder import CompactImageEncoder

PREFIX = "zoo-"


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
        filters: int, width of the network, see `CompactImageEncoder`.
        seed: int, as in every system; unused, since training draws no noise.
    """

    task = "image-classification"
    network_names = ("image_encoder", "head")
    preset_network_names = network_names
    loss_names = ("loss", "accuracy")

    def __init__(self, class_names, encoder_name, image_size=32, features=64, filters=16, seed=0,
                 **kwargs):
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
        encoder = CompactImageEncoder(features, filters, image_size, name="image_encoder")
        self.image_encoder = build(encoder, spec(2, image_size, image_size, 3))
        head = keras.layers.Dense(len(self.class_names), name="head", dtype="float32")
        self.head = build(head, spec(2, features))

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
        """float (batch, size, size, 3) in [-1, 1] -> dict of `features` (batch, features) and
        `logits` (batch, classes), float32."""
        features = self.image_encoder(images, training=training)["code"]
        return {"features": features, "logits": self.head(keras.ops.relu(features))}

    def training_step(self, batch):
        """One step on the cross-entropy of `images` with `labels`."""
        labels = batch["labels"]
        with tf.GradientTape() as tape:
            logits = self(batch["images"], training=True)["logits"]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        self.apply_gradients("classifier_optimizer", tape, loss, self.trained_variables)
        hits = tf.equal(tf.argmax(logits, 1), tf.cast(labels, tf.int64))
        return {"loss": loss, "accuracy": tf.reduce_mean(tf.cast(hits, tf.float32))}
