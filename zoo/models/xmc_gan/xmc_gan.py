"""XMC-GAN.

Paper: XMC-GAN, arXiv 2101.04702. Checked against google-research/xmcgan_image_generation
    xmcgan/xmc_gan.py and xmcgan/train_utils.py. The code's order of updates is kept: the last step
    of the discriminator shares its forward pass with the generator's. So is its EMA, which has the
    running statistics of the generator itself (`ema_statistics`).
Known deviations: with bfloat16 the losses are computed in float32; replicas average their running
    statistics, where in the code each has its own and the first one's are stored. With mode
    seeking, which the authors did not use, every loss is the mean over both samples.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError, check_choice
from zoo.losses.contrastive import contrastive_loss
from zoo.models.base import replicas
from zoo.models.base.batch_fields import captioned_images
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.models.damsm.damsm import check_reads_words, resolve_damsm
from zoo.models.xmc_gan import losses
from zoo.models.xmc_gan.discriminator import XMCGANDiscriminator
from zoo.models.xmc_gan.generator import XMCGANGenerator
from zoo.models.xmc_gan.perceptual_network import make_image_network
from zoo.networks.build import build_on, symbolic_input


@keras.saving.register_keras_serializable("zoo")
class XMCGAN(ConditionalGAN):
    """Text to image in one stage, trained with contrastive losses between the pairs of a batch.

    A batch consists of `discriminator_steps` batches of the size that the losses are computed on,
    one after another.

    Args:
        vocabulary: sequence of str, or None if no captions are read.
        max_words: int. Maximum number of words read from a text; 17 word pieces in the paper.
        text_encoder: dict, see `zoo.conditions.text_condition`: `{"kind": "word_embeddings",
            "features": 768}`, as in the code and the default here, takes pre-computed vectors (of
            BERT in the code); `{"kind": "hub", ...}` computes them from captions; without a kind it
            is a recurrent encoder of captions.
        image_size: 64, 128 or 256.
        generator_filters: int. 96.
        discriminator_filters: int. 96.
        latent_dim: int. 128.
        discriminator_steps: int. Updates of the discriminator per update of the generator: 2.
        word_weight, sentence_weight, image_weight, network_weight: floats. Weights of the
            contrastive losses, all 1: regions with words, images with sentences, generated
            images with real ones in the discriminator's features, and in an image network's.
        image_network: dict or None. The frozen network (see `make_image_network`): `{"kind":
            "resnet50"}` in the code, `{"kind": "vgg19"}` as in the paper. It is created with new
            weights; `load_image_network` or `zoo.importers.xmc_gan` loads trained ones. None
            leaves its loss out.
        negatives: "replica", the code's, contrasts the pairs of each replica; "global" those of all
            replicas together, so that the losses are those of one large batch.
        synchronized: bool. Whether replicas share batch statistics in the generator.
        generator_spectral: bool. Whether the generator is spectrally normalized too.
        mode_seeking_weight, ema_decay, ema_warmup, seed: see `ConditionalGAN`.
        ema_statistics: "current", see `ConditionalGAN`.

    Example:

    ```python
    model = XMCGAN(image_size=128)
    text = {"words": words, "sentence": sentence, "lengths": lengths}  # of a BERT
    images = model.generate(text, images_per_caption=4, seed=7)  # uint8 (..., 128, 128, 3)
    ```

    Reference:
        - [Zhang et al., 2021](https://arxiv.org/abs/2101.04702)
    """

    task = "text-to-image"
    condition_dim = 0  # no conditioning Gaussian; `noise_seed` is accepted without effect
    loss_names = (
        "discriminator_loss",
        *losses.statistics("real_word", "real_sentence"),
        "generator_loss",
        "adversarial_loss",
        *losses.statistics("word", "sentence", "image"),
        "network_loss",
        "mode_seeking",
        "image_distance",
        "latent_distance",
    )

    def __init__(
        self,
        vocabulary=None,
        max_words=17,
        text_encoder=None,
        image_size=128,
        generator_filters=96,
        discriminator_filters=96,
        latent_dim=128,
        discriminator_steps=2,
        word_weight=1.0,
        sentence_weight=1.0,
        image_weight=1.0,
        network_weight=1.0,
        image_network=None,
        negatives="replica",
        synchronized=False,
        generator_spectral=False,
        mode_seeking_weight=0.0,
        ema_decay=0.999,
        ema_statistics="current",
        ema_warmup=False,
        seed=0,
        **kwargs,
    ):
        check_choice("`negatives`", negatives, replicas.SHARES)
        if discriminator_steps < 1:
            raise ZooError(
                "`discriminator_steps` must be at least 1, the step that shares its forward pass "
                f"with the generator's, got {discriminator_steps!r}."
            )
        if text_encoder is None and vocabulary is None:
            text_encoder = {"kind": "word_embeddings"}
        super().__init__(
            latent_dim, mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed, **kwargs
        )
        self.condition = self.read_text(vocabulary, max_words, text_encoder)
        self.image_size = image_size
        self.generator_filters = generator_filters
        self.discriminator_filters = discriminator_filters
        self.discriminator_steps = discriminator_steps
        self.word_weight = word_weight
        self.sentence_weight = sentence_weight
        self.image_weight = image_weight
        self.network_weight = network_weight
        self.image_network_config = None if image_network is None else dict(image_network)
        self.negatives = negatives
        self.synchronized = synchronized
        self.generator_spectral = generator_spectral
        check_reads_words(self, self.condition)
        self.build_generators()

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        return XMCGANGenerator(
            image_size=self.image_size,
            filters=self.generator_filters,
            latent_dim=self.latent_dim,
            features=self.condition.features,
            spectral=self.generator_spectral,
            synchronized=self.synchronized,
            name=name,
        )

    @property
    def batch_parts(self):
        """int. Parts of a batch, one per update of the discriminator."""
        return self.discriminator_steps

    @property
    def image_sizes(self):
        """Height and width of the training images in pixels, as a list of one."""
        return [self.image_size]

    @property
    def network_names(self):
        return (*super().network_names, "image_network")

    @property
    def loss_weights(self):
        """dict of the contrastive losses' weights."""
        return {
            "word": self.word_weight,
            "sentence": self.sentence_weight,
            "image": self.image_weight,
            "network": self.network_weight,
        }

    def build_training_networks(self):
        """Creates the discriminator and, if configured, the image network."""
        images = symbolic_input(2, self.image_size, self.image_size, 3)
        if not hasattr(self, "discriminator"):
            network = XMCGANDiscriminator(
                self.image_size,
                self.discriminator_filters,
                self.condition.features,
                name="discriminator",
            )
            inputs = {"images": images, "sentence": symbolic_input(2, self.condition.features)}
            self.discriminator = build_on(network, inputs)
        if self.image_network_config is not None and not hasattr(self, "image_network"):
            network = make_image_network(self.image_network_config, name="image_network")
            network.trainable = False
            self.image_network = build_on(network, images)

    def load_damsm(self, damsm):
        """Copies the text encoder of a trained `DAMSM`, given as an object or a preset's handle.

        Raises:
            ZooError: this model reads no captions, or the vocabularies or sizes differ.
        """
        if self.condition.encoder is None:
            raise ZooError(
                "This model reads no captions, so it has no text encoder to copy a DAMSM's into."
            )
        damsm = resolve_damsm(damsm, self.vocabulary, self.hub_encoder)
        damsm.copy_weights_to("text_encoder", self.text_encoder)

    def load_image_network(self, weights="imagenet"):
        """Loads the weights of an image network of Keras Applications, by name or by path.

        Raises:
            ZooError: there is no image network, or it is the code's own.
        """
        self.build_for_training()
        if not hasattr(getattr(self, "image_network", None), "load"):
            raise ZooError(
                'Expected image_network={"kind": "vgg19"} or "keras_resnet50", got '
                f"{self.image_network_config!r}; for the code's ResNet-50 see "
                "zoo.importers.xmc_gan."
            )
        self.image_network.load(weights)

    # --- one iteration ----------------------------------------------------------------------------

    batch_fields = property(captioned_images)

    def training_step(self, batch):
        """Steps of the discriminator alone, then a step of both networks from one forward pass.

        `batch` is a dict: `images`, a tuple of one, float (batch, s, s, 3) in [-1, 1], and the
        fields of `condition`.
        """
        *first, last = self.split_discriminator_batches(batch)
        for part in first:
            fakes = tf.stop_gradient(self.draw_images(part, update=False))
            with tf.GradientTape() as tape:
                outputs = self.discriminate(part, fakes)
                terms = losses.discriminator_terms(outputs, self.loss_weights)
            self._step("discriminator", tape, terms)

        with tf.GradientTape() as discriminator_tape, tf.GradientTape() as generator_tape:
            fakes = self.draw_images(last, update=True)
            outputs = self.discriminate(last, fakes)
            terms = losses.discriminator_terms(outputs, self.loss_weights)
            generator_terms = self.generator_losses(outputs, last["real"], fakes, last["latents"])
        self._step("discriminator", discriminator_tape, terms)
        self._step("generator", generator_tape, generator_terms)
        self.ema.update()
        return {**terms, **generator_terms}

    def _step(self, name, tape, terms):
        variables = getattr(self, name).trainable_variables
        self.apply_gradients(f"{name}_optimizer", tape, terms[f"{name}_loss"], variables)

    def split_discriminator_batches(self, batch):
        """The batch split along its first axis: one dict per step of the discriminator."""
        images, steps = batch["images"][-1], self.discriminator_steps
        if images.shape[0] is not None and images.shape[0] % steps:
            raise ZooError(
                f"The batch size of each replica must be a multiple of discriminator_steps, "
                f"{steps}, got {images.shape[0]} images."
            )
        values = {**self.condition.encode(batch), "real": images}
        split = {name: tf.split(value, steps) for name, value in values.items()}
        parts = [{name: pieces[i] for name, pieces in split.items()} for i in range(steps)]
        for i, part in enumerate(parts):
            count = tf.shape(part["real"])[0] * self.latents_per_condition
            part["latents"] = self.noise(f"latents_{i}", count, self.latent_dim)
        return parts

    def draw_images(self, part, update):
        """Images (samples * n, s, s, 3); without `update`, running statistics are unchanged."""
        text = {
            name: tf.concat([part[name]] * self.latents_per_condition, axis=0)
            for name in ("words", "sentence", "mask")
        }
        inputs = {**text, "latents": part["latents"]}
        return self.generator(inputs, training=True, update=update)["images"][-1]

    def discriminate(self, part, fakes):
        """The discriminator's outputs in the form of `zoo.models.xmc_gan.losses`."""
        images = tf.concat([tf.cast(part["real"], fakes.dtype), fakes], axis=0)
        outputs = self.discriminator(
            {"images": images, "sentence": part["sentence"]}, training=True
        )
        per_batch = {
            name: tf.split(outputs[name], 1 + self.latents_per_condition)
            for name in ("logits", "pooled", "regions")
        }
        for name in ("pooled", "regions"):
            per_batch[name] = [self.gather_across_replicas(value) for value in per_batch[name]]
        return {
            **per_batch,
            "sentence": self.gather_across_replicas(outputs["sentence"]),
            "words": self.gather_across_replicas(part["words"]),
            "mask": self.gather_across_replicas(part["mask"]),
        }

    def gather_across_replicas(self, rows):
        """The rows of all replicas, if these are negatives of each other."""
        return replicas.gather(rows) if self.negatives == "global" else rows

    # --- losses -----------------------------------------------------------------------------------

    def generator_losses(self, outputs, real, fakes, latents):
        """dict of the generator's terms; `generator_loss` is their weighted sum."""
        terms = losses.generator_terms(outputs, self.loss_weights)
        terms["network_loss"] = self._network_loss(real, fakes)
        seeking = self.mode_seeking_term(fakes, latents)
        added = [value for name, value in terms.items() if name.endswith("_loss")]
        total = tf.add_n([*added, seeking["mode_seeking"]])
        return {"generator_loss": total, **terms, **seeking}

    def _network_loss(self, real, fakes):
        """Contrastive loss of generated and real images in the features of the image network."""
        if self.image_network_config is None:
            return tf.zeros([], fakes.dtype)
        real = self.gather_across_replicas(self.image_network(tf.cast(real, fakes.dtype)))
        each = [
            contrastive_loss(real, self.gather_across_replicas(self.image_network(sample)))["loss"]
            for sample in tf.split(fakes, self.latents_per_condition)
        ]
        return self.network_weight * tf.add_n(each) / self.latents_per_condition
