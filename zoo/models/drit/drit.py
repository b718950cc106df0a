"""DRIT.

Papers: DRIT, arXiv 1808.00948, and DRIT++, arXiv 1905.01270; with mode seeking, MSGAN, arXiv
    1903.05628, section 4.3. Checked against HelenMao/MSGAN DRIT-Mode-Seeking (model.py, train.py)
    and HsinYingLee/DRIT src/model.py (`--no_ms`).
Known deviations: `generator_step`; discriminators return logits and see real and generated images
    in one call, so that with spectral normalization they take one step of power iteration where the
    official code takes two per sample; in larger batches the first half is translated (the official
    code always translates one image), and the sum in the KL divergence is divided by its size;
    images are rounded to bytes, where the official code truncates. Not reproduced: the limit of
    500,000 full steps.
"""

import keras
import numpy as np
import tensorflow as tf

from zoo.conditions.images import Images
from zoo.errors import ZooError, check_choice
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.models.base.learning_rates import check_decay, linear_decay_factor
from zoo.models.base.noise import normal, normal_rows
from zoo.models.drit import iteration, networks, objectives
from zoo.models.drit.objectives import LOSS_WEIGHTS

TARGETS = {"a2b": "b", "b2a": "a"}  # direction: the domain that images are translated to
TO_B = tf.TensorSpec([None], tf.bool)
GENERATOR_STEPS = ("same_point", "recompute")
FIRST_STEP = ("content_encoder", "attribute_encoder", "generator")  # networks that a step trains
SECOND_STEP = ("content_encoder", "generator")


@keras.saving.register_keras_serializable("zoo")
class DRIT(ConditionalGAN):
    """Unpaired translation between two domains, with shared content and domain-specific attributes.

    Batches are dicts: `images_a`, `images_b` float (2n, image_size, image_size, 3) in [-1, 1]. The
    first n of each are translated; the others only serve as real images for the discriminators of
    random attributes. n is 1 in the official code. `generate` and `interpolate` also take
    `direction` and `guide`, see `parse`.

    Args:
        image_size: int, a multiple of 4. 216 (crops of 256).
        filters: int. Channels of the first layers, 64.
        latent_dim: int. Size of the attribute code, 8.
        concat: bool. True (Yosemite): attributes are concatenated with the features, and encoded as
            a Gaussian; False (Cat2Dog, portraits): feature-wise, encoded as a point.
        mode_seeking_weight: float. 1 in MSGAN, per direction; 0 draws no second attribute.
        discriminators: dict. Arguments of `MultiScaleDiscriminator` (`filters` 64, `scales` 3,
            `layers` 4, `normalization` "none", `spectral` False); with `{"scales": 1}` those of
            `SingleScaleDiscriminator`.
        content_discriminator: dict. Arguments of `ContentDiscriminator` (`layers` 3, which needs
            images of 209 pixels; `normalization` "none").
        loss_weights: dict. Weights that differ from `DRIT.LOSS_WEIGHTS`.
        content_noise: float. Standard deviation of the noise on content features in training, 1.
        content_clip: float or None. Maximum gradient norm of the content discriminator, 5.
        weight_decay: float. L2 term in the gradient of all parameters, 1e-4.
        generator_step: "same_point": both steps of encoders and generator use gradients at the same
            weights, from one forward pass; "recompute": the forward pass is repeated between them,
            with the same noise.
        full_step_every: int. One step in so many trains everything, the others only the content
            discriminator; 3. With 1 all steps are full.
        steps_per_epoch: int or None. If given, the last two steps of an epoch are full, and the
            learning rates decay (see `linear_decay`).
        epochs, constant_epochs: ints. Length of the schedule, 1200, and epochs before the decay,
            600.
        seed: int. Key of all noise drawn in training.

    Example:

    ```python
    model = DRIT(mode_seeking_weight=1.0)
    images = model.generate(summers, samples_per_condition=4, seed=7)  # uint8 (..., 216, 216, 3)
    images = model.generate(winters, direction="b2a", guide=summer)
    ```

    Reference:
        - [Lee et al., 2018](https://arxiv.org/abs/1808.00948)
        - [Mao et al., 2019](https://arxiv.org/abs/1903.05628)
    """

    LOSS_WEIGHTS = LOSS_WEIGHTS
    task = "image-to-image"
    default_batch_size = 4
    batch_parts = 2  # the images to translate, and the others
    parse_options = ("direction", "guide")  # of `generate` and `interpolate`, see `parse`
    preset_network_names = ("content_encoder", "attribute_encoder", "generator")
    discriminator_names = tuple(f"discriminator_{domain}" for domain in ("a", "a2", "b", "b2"))
    network_names = (*preset_network_names, *discriminator_names, "content_discriminator")
    loss_names = (
        "content_discriminator_loss",
        "discriminator_loss",
        "first_generator_loss",
        "second_generator_loss",
        *LOSS_WEIGHTS,
        "mode_seeking",
        "image_distance",
        "latent_distance",
    )

    def __init__(
        self,
        image_size=216,
        filters=64,
        latent_dim=8,
        concat=True,
        mode_seeking_weight=0.0,
        discriminators=None,
        content_discriminator=None,
        loss_weights=None,
        content_noise=1.0,
        content_clip=5.0,
        weight_decay=1e-4,
        generator_step="same_point",
        full_step_every=3,
        steps_per_epoch=None,
        epochs=1200,
        constant_epochs=600,
        seed=0,
        **kwargs,
    ):
        check_choice("`generator_step`", generator_step, GENERATOR_STEPS)
        networks.check_settings("loss_weights", loss_weights, self.LOSS_WEIGHTS)
        networks.check_discriminators(discriminators, content_discriminator)
        if image_size < 4 or image_size % 4:
            raise ZooError(f"`image_size` must be a multiple of 4, got {image_size}.")
        super().__init__(latent_dim, mode_seeking_weight, ema_decay=None, seed=seed, **kwargs)
        self.image_size = image_size
        self.filters = filters
        self.concat = concat
        self.discriminators_config = dict(discriminators or {})
        self.content_discriminator_config = dict(content_discriminator or {})
        self.loss_weights = {**self.LOSS_WEIGHTS, **(loss_weights or {})}
        self.content_noise = content_noise
        self.content_clip = content_clip
        self.weight_decay = weight_decay
        self.generator_step = generator_step
        self.full_step_every = full_step_every
        self.steps_per_epoch = steps_per_epoch
        self.epochs = epochs
        self.constant_epochs = constant_epochs
        check_decay(self)
        self.condition = Images(
            image_size, directions=TARGETS, guide="attribute", guide_varies=concat
        )
        networks.build_for_generation(self)

    # --- networks ---------------------------------------------------------------------------------

    def build_training_networks(self):
        """Creates the discriminators.

        Raises:
            ZooError: the networks are too deep for the image size.
        """
        if hasattr(self, "content_discriminator"):
            return
        for name in self.discriminator_names:
            setattr(self, name, networks.build_discriminator(self, name))
        self.content_discriminator = networks.build_content_discriminator(self)

    @property
    def optimizer_groups(self):
        """The official learning rates: 1e-4, and 4e-5 for the content discriminator."""

        def group(names):
            return {
                f"{name}_optimizer": getattr(self, name).trainable_variables for name in names
            }

        return {
            "generator_optimizer": group(FIRST_STEP),
            "discriminator_optimizer": group(self.discriminator_names),
            "content_discriminator_optimizer": group(["content_discriminator"]),
        }

    # --- schedule of steps ------------------------------------------------------------------------

    def is_full_step(self, step):
        """Whether a step (its number, from 0) trains everything; see `iteration.is_full_step`."""
        return iteration.is_full_step(step, self.full_step_every, self.steps_per_epoch)

    batch_fields = property(iteration.batch_fields)

    def train_step(self, batch, full=None):
        """The step that the schedule has for this iteration; updates the counter and the means.

        Each mean is over the steps that have the term: `content_step` has one, `full_step` all.

        Args:
            batch: see the class.
            full: bool or None. `is_full_step` of the iteration, if the caller knows it; None
                decides inside the graph, which is impossible with several replicas.
        """
        self.check_batch(batch)
        self.set_learning_rates()
        losses = self.training_step(batch, full)
        if full is None:
            full = self.is_full_step(self.iteration.value)
        self.iteration.assign(self.iteration + 1)
        for tracker in self._trackers:
            always = tracker.name == "content_discriminator_loss"
            weight = 1.0 if always else tf.cast(full, tf.float32)
            tracker.update_state(losses[tracker.name], sample_weight=weight)
        return {tracker.name: tracker.result() for tracker in self._trackers}

    def training_step(self, batch, full=None):
        """`full_step` or `content_step`, by the schedule; terms that the latter lacks are 0.

        Raises:
            ZooError: the batch is invalid; or `full` is None with several replicas.
        """

        def content_step():
            losses = self.content_step(batch)
            zero = tf.zeros_like(losses["content_discriminator_loss"])
            return {**dict.fromkeys(self.loss_names, zero), **losses}

        if full is not None:
            return self.full_step(batch) if full else content_step()
        if self.replicas > 1:
            raise ZooError(
                "With several replicas DRIT cannot choose its step inside the graph. Call "
                "train_step(batch, full=model.is_full_step(step))."
            )
        full = self.is_full_step(self.iteration.value)
        return tf.cond(full, lambda: self.full_step(batch), content_step)

    def step_arguments(self, step):
        return {"full": self.is_full_step(step)}

    def learning_rate_factor(self):
        return linear_decay_factor(self)

    # --- the two steps ----------------------------------------------------------------------------

    def content_step(self, batch):
        """Trains only the content discriminator."""
        images, _ = iteration.split_batch(batch)
        content = iteration.encode_content(self, images, "content")
        return {"content_discriminator_loss": iteration.update_content_discriminator(self, content)}

    def full_step(self, batch):
        """One forward pass; a step of each discriminator, then two of encoders and generator."""
        images, others = iteration.split_batch(batch)
        with tf.GradientTape(persistent=True) as tape:
            outputs = iteration.forward(self, images)
        discriminator_loss = iteration.update_discriminators(self, images, others, outputs)
        content_loss = iteration.update_content_discriminator(self, outputs["content"])
        with tape:
            first = objectives.first_losses(self, images, outputs)
        iteration.update_networks(self, FIRST_STEP, tape, first["first_generator_loss"])
        if self.generator_step == "recompute":
            with tf.GradientTape(persistent=True) as tape:
                outputs = iteration.forward(self, images)
        with tape:
            second = objectives.second_losses(self, outputs)
        iteration.update_networks(self, SECOND_STEP, tape, second["second_generator_loss"])
        return {
            "content_discriminator_loss": content_loss,
            "discriminator_loss": discriminator_loss,
            **first,
            **second,
        }

    def normal(self, name, shape):
        """Noise N(0, 1), float32, determined by this iteration and `name`; of feature maps each
        replica draws its own."""
        shape = tf.unstack(shape)
        if len(shape) > 2:
            return normal(shape, self.noise_key(name, own=True))
        return normal_rows(shape, self.noise_key(name))

    # --- generation -------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """Translates domain a to b, from a dict of `source` and `latents`."""
        return {"images": iteration.translate(self, inputs["source"], inputs["latents"], "b")}

    def sample(
        self, condition, seeds=None, direction="a2b", mean=0.0, deviation=1.0, latents=None
    ):
        """Translations to the other domain; each row depends on its own image and seed only.

        Args:
            condition: dict of `source`, float (batch, image_size, image_size, 3) in [-1, 1].
            seeds: int64 (batch,). Seeds of the attributes.
            direction: "a2b" or "b2a".
            mean, deviation: mean and standard deviation of the attributes, float or (batch,
                latent_dim).
            latents: float (batch, latent_dim), standard normal, instead of latents from `seeds`.

        Returns:
            dict of `images`, float like the source.
        """
        latents = self.latents_from_seeds(seeds) if latents is None else latents
        attributes = mean + deviation * latents
        images = iteration.translate(self, condition["source"], attributes, TARGETS[direction])
        return {"images": images}

    def latents_of_guides(self, guides, latents, direction="a2b"):
        """The attributes of translations with the guides' style.

        Args:
            guides: float (batch, image_size, image_size, 3) in [-1, 1], images of the second domain
                of `direction`.
            latents: float (batch, latent_dim), standard normal, which draw from a guide's Gaussian
                with `concat`, and are not used without.
            direction: "a2b" or "b2a".
        """
        mean, deviation = networks.attributes_of(self, guides, TARGETS[direction])
        return mean + deviation * latents

    def parse(self, conditions, direction="a2b", guide=None):
        """The images, and the mean and standard deviation of their attributes.

        Args:
            conditions: images of the first domain of `direction`, see `zoo.images.read`.
            direction: "a2b" or "b2a".
            guide: None for random attributes, or images of the second domain that provide them: one
                for all conditions, or one per condition. With `concat` an attribute is drawn from
                the guide's Gaussian, with the image's seed; without, a guide has one attribute, and
                all images of a condition are equal.

        Raises:
            ZooError: the direction is unknown, an image cannot be read, or the number of guides is
                wrong.
        """
        check_choice("direction", direction, TARGETS)
        rows = super().parse(conditions)
        count = len(rows["source"])
        code = networks.guide_attributes(self, guide, count, TARGETS[direction])
        return {**rows, **code, "to_b": np.full(count, direction == "a2b")}

    @property
    def input_signature(self):
        code = tf.TensorSpec([None, self.latent_dim], tf.float32)
        # a call has one direction: `to_b` is the same in all of its rows
        return {**super().input_signature, "mean": code, "deviation": code, "to_b": TO_B}

    def sample_batch(self, inputs):
        code = {name: inputs[name] for name in ("latents", "mean", "deviation")}

        def images_in(direction):
            images = self.sample(inputs, **code, direction=direction)["images"]
            return tf.cast(images, tf.float32)

        to_b = inputs["to_b"][0]
        return {"images": tf.cond(to_b, lambda: images_in("a2b"), lambda: images_in("b2a"))}
