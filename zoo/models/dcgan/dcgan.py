"""Label-conditional DCGAN.

Papers: DCGAN, arXiv 1511.06434; with labels and mode seeking, MSGAN, arXiv 1903.05628, section 4.1.
    Checked against HelenMao/MSGAN DCGAN-Mode-Seeking/model.py (`CDCGAN`).
Known deviations: the discriminator returns logits (`adversarial_form`); batch-norm scales start at
    1 (`gamma_initialization`); images are rounded to bytes, where the official code truncates.
"""

import keras
import tensorflow as tf

from zoo.conditions.labels import Labels
from zoo.errors import ZooError, check_choice
from zoo.losses import adversarial
from zoo.models.base.batch_fields import image_field, label_field
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.models.base.weight_decay import coupled_weight_decay
from zoo.models.dcgan.discriminator import DCGANDiscriminator
from zoo.models.dcgan.generator import DCGANGenerator
from zoo.models.dcgan.layers import GAMMAS
from zoo.networks.build import build_on, symbolic_input


@keras.saving.register_keras_serializable("zoo")
class DCGAN(ConditionalGAN):
    """Class-conditional image generation.

    Batches are dicts: `images` float (batch, image_size, image_size, 3) in [-1, 1], `labels` int
    (batch,) in [0, classes).

    Args:
        classes: int. Number of classes; 10 for CIFAR-10.
        class_names: list of str or None. Their names, which `generate` then accepts too.
        image_size: int, a power of two of at least 16. 32 in the paper.
        filters: int. d, the narrowest layers' channels; 128.
        latent_dim: int. 100.
        training_samples: 1, 2 or None. Images generated per real image in training, each of them
            paired with the real image's loss; None means 2 with mode seeking, otherwise 1. 2
            without mode seeking is the official step without that term, 1 is the plain DCGAN.
        weight_decay: float. L2 term in the gradient of all parameters; 1e-4.
        adversarial_form: "logits" or "probabilities", the official one: binary cross-entropy of
            sigmoids, clipped at 100, whose gradient vanishes where a sigmoid saturates.
        gamma_initialization: "ones", or "uniform": batch-norm scales start at U(0, 1), the default
            of PyTorch at the authors' time (before 1.2).
        ema_decay: float or None. None (0 in a recipe), as in the official code: no EMA.
        mode_seeking_weight: float. 1 in MSGAN.
        ema_statistics, ema_warmup, seed: see `ConditionalGAN`.

    Example:

    ```python
    model = DCGAN(mode_seeking_weight=1.0)
    images = model.generate([3, 7], samples_per_condition=4, seed=7)  # uint8 (8, 32, 32, 3)
    ```

    Reference:
        - [Radford et al., 2016](https://arxiv.org/abs/1511.06434)
        - [Mao et al., 2019](https://arxiv.org/abs/1903.05628)
    """

    task = "label-to-image"
    default_batch_size = 64
    loss_names = (
        "discriminator_loss",
        "generator_loss",
        "adversarial_loss",
        "mode_seeking",
        "image_distance",
        "latent_distance",
    )

    def __init__(
        self,
        classes=10,
        class_names=None,
        image_size=32,
        filters=128,
        latent_dim=100,
        training_samples=None,
        weight_decay=1e-4,
        adversarial_form="logits",
        gamma_initialization="ones",
        mode_seeking_weight=0.0,
        ema_decay=None,
        ema_statistics="average",
        ema_warmup=False,
        seed=0,
        **kwargs,
    ):
        check_choice("`gamma_initialization`", gamma_initialization, GAMMAS)
        check_choice("`training_samples`", training_samples, (None, 1, 2))
        super().__init__(
            latent_dim, mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed, **kwargs
        )
        if training_samples == 1 and self.mode_seeking_weight:
            raise ZooError("Mode seeking compares two samples: `training_samples` must not be 1.")
        if training_samples == 2 and not latent_dim:
            raise ZooError("Two samples need a latent: `latent_dim` must be at least 1, got 0.")
        self.classes = classes
        self.condition = Labels(classes, class_names)
        self.class_names = self.condition.class_names
        self.image_size = image_size
        self.filters = filters
        self.training_samples = training_samples
        self.weight_decay = weight_decay
        self.adversarial_form = adversarial_form
        self.cross_entropy = adversarial.cross_entropy(adversarial_form)
        self.gamma_initialization = gamma_initialization
        self.build_generators()

    # --- networks ---------------------------------------------------------------------------------

    @property
    def named_rows(self):
        return {"generator/deconv_1/kernel": (3, self.latent_dim),
                "discriminator/conv_1/kernel": (2, 3)}

    def _sizes(self):
        """The arguments of both networks."""
        return {
            "image_size": self.image_size,
            "filters": self.filters,
            "classes": self.classes,
            "gamma_initialization": self.gamma_initialization,
        }

    def make_generator(self, name):
        return DCGANGenerator(latent_dim=self.latent_dim, **self._sizes(), name=name)

    def build_training_networks(self):
        """Creates the discriminator."""
        if not hasattr(self, "discriminator"):
            network = DCGANDiscriminator(**self._sizes(), name="discriminator")
            images = symbolic_input(2, self.image_size, self.image_size, 3)
            self.discriminator = build_on(network, images, symbolic_input(2, dtype="int64"))

    # --- one iteration ----------------------------------------------------------------------------

    @property
    def batch_fields(self):
        return {"images": image_field(self.image_size), "labels": label_field(self.classes)}

    @property
    def latents_per_condition(self):
        return self.training_samples or super().latents_per_condition

    def training_step(self, batch):
        """One iteration in the official order: G once, D, then G with the updated D.

        `batch` is a dict, see the class.
        """
        images, labels = batch["images"], batch["labels"]
        every_label = tf.concat([labels] * self.latents_per_condition, axis=0)
        latents = self.noise("latents", tf.shape(every_label)[0], self.latent_dim)
        with tf.GradientTape() as generator_tape:
            inputs = {"latents": latents, "labels": every_label}
            fakes = self.generator(inputs, training=True)["images"]

        with tf.GradientTape() as discriminator_tape:
            discriminator_loss = self.discriminator_loss(images, tf.stop_gradient(fakes), labels)
        self._step(self.discriminator, discriminator_tape, discriminator_loss)

        with generator_tape:
            losses = self.generator_losses(fakes, latents, labels)
        self._step(self.generator, generator_tape, losses["generator_loss"])
        self.ema.update()
        return {"discriminator_loss": discriminator_loss, **losses}

    def discriminator_loss(self, images, fakes, labels):
        """Each sample's images against the real ones, which count once per sample.

        Every term is a separate pass with its own batch statistics.
        """
        terms = []
        for fake in tf.split(fakes, self.latents_per_condition):
            terms.append(self.cross_entropy(self.discriminate(fake, labels), 0))
            terms.append(self.cross_entropy(self.discriminate(images, labels), 1))
        return tf.add_n(terms)

    def generator_losses(self, fakes, latents, labels):
        """dict of the generator's terms; `generator_loss` is their sum."""
        adversarial_loss = tf.add_n(
            [
                self.cross_entropy(self.discriminate(fake, labels), 1)
                for fake in tf.split(fakes, self.latents_per_condition)
            ]
        )
        seeking = self.mode_seeking_term(fakes, latents)
        return {
            "generator_loss": adversarial_loss + seeking["mode_seeking"],
            "adversarial_loss": adversarial_loss,
            **seeking,
        }

    def discriminate(self, images, labels):
        return self.discriminator(images, labels, training=True)

    def _step(self, network, tape, loss):
        variables = network.trainable_variables
        decay = coupled_weight_decay(variables, self.weight_decay)
        self.apply_gradients(f"{network.name}_optimizer", tape, loss, variables, decay)
