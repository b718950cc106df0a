"""SpotGAN: class to image with one dense layer per network. It is not from a paper."""

import keras
import tensorflow as tf
from keras import ops

from zoo.conditions.labels import Labels
from zoo.losses.adversarial import cross_entropy
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.networks.build import build_on, symbolic_input


class Generator(keras.layers.Layer):
    """dict of `latents`, `labels` -> dict of `images` (batch, size, size, 3) in [-1, 1]."""

    def __init__(self, image_size, classes, **kwargs):
        super().__init__(**kwargs)
        self.image_size, self.classes = image_size, classes
        self.dense = keras.layers.Dense(image_size**2 * 3, activation="tanh", name="dense")

    def call(self, inputs):
        labels = ops.one_hot(inputs["labels"], self.classes, dtype=inputs["latents"].dtype)
        x = self.dense(ops.concatenate([inputs["latents"], labels], axis=-1))
        return {"images": ops.reshape(x, (-1, self.image_size, self.image_size, 3))}


class Discriminator(keras.layers.Layer):
    """images, labels -> logits (batch, 1)."""

    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes
        self.dense = keras.layers.Dense(1, name="dense")

    def call(self, images, labels):
        x = ops.reshape(images, (ops.shape(images)[0], -1))
        return self.dense(ops.concatenate([x, ops.one_hot(labels, self.classes)], axis=-1))


@keras.saving.register_keras_serializable("zoo")
class SpotGAN(ConditionalGAN):
    """Class to image.

    Args:
        classes: int. Number of classes: 3.
        class_names: list of str or None. Their names.
        image_size: int. Height and width in pixels: 8.
        latent_dim: int. 4.
        mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed: see `ConditionalGAN`.
    """

    task = "label-to-image"
    loss_names = (
        "discriminator_loss", "generator_loss", "adversarial_loss", "mode_seeking",
        "image_distance", "latent_distance",
    )

    def __init__(
        self, classes=3, class_names=None, image_size=8, latent_dim=4, mode_seeking_weight=0.0,
        ema_decay=0.999, ema_statistics="average", ema_warmup=False, seed=0, **kwargs,
    ):
        super().__init__(
            latent_dim, mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed, **kwargs
        )
        self.condition = Labels(classes, class_names)
        self.classes, self.class_names, self.image_size = classes, class_names, image_size
        self.cross_entropy = cross_entropy("logits")
        self.build_generators()

    def make_generator(self, name):
        return Generator(self.image_size, self.classes, name=name)

    def build_training_networks(self):
        if not hasattr(self, "discriminator"):
            images = symbolic_input(2, self.image_size, self.image_size, 3)
            network = Discriminator(self.classes, name="discriminator")
            self.discriminator = build_on(network, images, symbolic_input(2, dtype="int64"))

    def training_step(self, batch):
        images, labels = batch["images"], batch["labels"]
        every_label = tf.concat([labels] * self.latents_per_condition, axis=0)
        latents = self.noise("latents", tf.shape(every_label)[0], self.latent_dim)
        with tf.GradientTape(persistent=True) as tape:
            fakes = self.generator({"latents": latents, "labels": every_label})["images"]
            real = self.discriminator(images, labels)
            fake = self.discriminator(fakes, every_label)
            # (1) the discriminator
            discriminator_loss = self.cross_entropy(real, 1) + self.cross_entropy(fake, 0)
            # (2) the generator
            adversarial_loss = self.cross_entropy(fake, 1)
            seeking = self.mode_seeking_term(fakes, latents)
            generator_loss = adversarial_loss + seeking["mode_seeking"]
        for network, loss in (
            (self.discriminator, discriminator_loss), (self.generator, generator_loss)
        ):
            name = f"{network.name}_optimizer"
            self.apply_gradients(name, tape, loss, network.trainable_variables)
        self.ema.update()
        return {
            "discriminator_loss": discriminator_loss, "generator_loss": generator_loss,
            "adversarial_loss": adversarial_loss, **seeking,
        }
