"""DRIT.

Papers: DRIT, arXiv 1808.00948, and DRIT++, arXiv 1905.01270; mode seeking of it, MSGAN, arXiv
    1903.05628, section 4.3. Checked against HelenMao/MSGAN DRIT-Mode-Seeking (model.py, train.py)
    and HsinYingLee/DRIT src/model.py (`--no_ms`).
Known deviations: `generator_step`; discriminators give logits and see real and generated pictures
    in one call, so that with spectral normalisation they take one step of power iteration where the
    official code takes two for each sample; of larger batches the first half is translated (the
    official code translates one picture, whatever the batch), and the sum in its KL divergence is
    divided by its size; pictures are rounded to bytes, the official code cuts them off. Not
    reproduced: the limit of 500,000 full steps.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.models.drit import losses, schedule
from zoo.models.drit.cross_cycle import CrossCycle
from zoo.models.drit.discriminators import (
    ContentDiscriminator,
    MultiScaleDiscriminator,
    SingleScaleDiscriminator,
)
from zoo.models.drit.domains import DOMAINS
from zoo.models.learning_rates import linear_decay
from zoo.models.weight_decay import coupled_weight_decay
from zoo.networks.build import build, spec

GENERATOR_STEPS = ("same_point", "recompute")
FIRST_STEP = ("content_encoder", "attribute_encoder", "generator")  # what the two steps train
SECOND_STEP = ("content_encoder", "generator")


@keras.saving.register_keras_serializable("zoo")
class DRIT(CrossCycle):
    """Unpaired translation between two domains: content is shared, attributes are each domain's.

    Batches are dicts: `images_a`, `images_b` float (2n, image_size, image_size, 3) in [-1, 1]. The
    first n of each are translated, the others are only real pictures for the discriminators of
    random attributes. n is 1 in the official code.

    Args:
        image_size: int, a multiple of 4. 216 (crops of 256).
        filters: int. Channels of the first layers, 64.
        latent_dim: int. Size of the attribute code, 8.
        concat: bool. True (Yosemite): attributes are concatenated to the features, and encoded as a
            Gaussian; False (Cat2Dog, portraits): feature-wise, encoded as a point.
        mode_seeking_weight: float. 1 in MSGAN, for each direction; 0 draws no second attribute.
        discriminators: dict. Arguments of `MultiScaleDiscriminator` (`filters` 64, `scales` 3,
            `layers` 4, `normalization` "none", `spectral` False); with `{"scales": 1}` those of
            `SingleScaleDiscriminator`.
        content_discriminator: dict. Arguments of `ContentDiscriminator` (`layers` 3, which needs
            pictures of 209 pixels; `normalization` "none").
        loss_weights: dict. Those of `CrossCycle.LOSS_WEIGHTS` that differ.
        content_noise: float. Standard deviation of the noise on content features in training, 1.
        content_clip: float. Largest gradient norm of the content discriminator, 5.
        weight_decay: float. L2 coupled with the gradient of all parameters, 1e-4.
        generator_step: "same_point": both steps of encoders and generator are taken with gradients
            at the same weights, from one forward pass; "recompute": the forward pass is repeated
            between them, with the same noise.
        full_step_every: int. One step in so many trains everything, the others the content
            discriminator alone; 3. With 1 all steps are full.
        steps_per_epoch: int or None. With it the last two steps of an epoch are full, and the
            learning rates fall (see `linear_decay`); None for neither.
        epochs, constant_epochs: ints. For how long, 1200, and from when the rates fall, 600.
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

    discriminator_names = tuple(f"discriminator_{domain}" for domain in ("a", "a2", "b", "b2"))
    network_names = (
        *CrossCycle.preset_network_names,
        *discriminator_names,
        "content_discriminator",
    )
    loss_names = (
        "content_discriminator_loss",
        "discriminator_loss",
        "first_generator_loss",
        "second_generator_loss",
        *CrossCycle.LOSS_WEIGHTS,
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
        if generator_step not in GENERATOR_STEPS:
            raise ZooError(
                f"`generator_step` must be one of {GENERATOR_STEPS}. Received: {generator_step!r}"
            )
        super().__init__(
            image_size=image_size,
            filters=filters,
            latent_dim=latent_dim,
            concat=concat,
            mode_seeking_weight=mode_seeking_weight,
            content_noise=content_noise,
            loss_weights=loss_weights,
            seed=seed,
            **kwargs,
        )
        self.discriminator_settings = dict(discriminators or {})
        self.content_discriminator_settings = dict(content_discriminator or {})
        self.content_clip = content_clip
        self.weight_decay = weight_decay
        self.generator_step = generator_step
        self.full_step_every = full_step_every
        self.steps_per_epoch = steps_per_epoch
        self.epochs = epochs
        self.constant_epochs = constant_epochs

    def get_config(self):
        return {
            **self.base_config(),
            "discriminators": dict(self.discriminator_settings),
            "content_discriminator": dict(self.content_discriminator_settings),
            "content_clip": self.content_clip,
            "weight_decay": self.weight_decay,
            "generator_step": self.generator_step,
            "full_step_every": self.full_step_every,
            "steps_per_epoch": self.steps_per_epoch,
            "epochs": self.epochs,
            "constant_epochs": self.constant_epochs,
        }

    # --- networks ---------------------------------------------------------------------------------

    def build_for_training(self):
        """Makes the discriminators; their weights are new.

        Raises:
            ZooError: they are too deep for the size of the pictures.
        """
        if hasattr(self, "content_discriminator"):
            return
        size, content = self.image_size, 4 * self.filters
        for name in self.discriminator_names:
            network = self._make_discriminator(name)
            network.check_size(size)
            setattr(self, name, build(network, spec(1, size, size, 3)))
        network = ContentDiscriminator(
            content, **self.content_discriminator_settings, name="content_discriminator"
        )
        network.check_size(size // 4)
        self.content_discriminator = build(network, spec(1, size // 4, size // 4, content))

    def _make_discriminator(self, name):
        settings = dict(self.discriminator_settings)
        if settings.get("scales") == 1:
            del settings["scales"]
            return SingleScaleDiscriminator(**settings, name=name)
        return MultiScaleDiscriminator(**settings, name=name)

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

    # --- which step -------------------------------------------------------------------------------

    def is_full_step(self, step):
        """Whether a step (its number, from 0) trains everything; see `schedule.is_full_step`."""
        return schedule.is_full_step(step, self.full_step_every, self.steps_per_epoch)

    def train_step(self, batch, full=None):
        """The step that the schedule has for this iteration; its counter; and the running means.

        A mean is over the steps that have the term: `content_step` has one, `full_step` all.

        Args:
            batch: see the class.
            full: bool or None. `is_full_step` of the iteration, from a caller that knows it; None
                decides inside the graph, which several replicas cannot do.
        """
        self.set_learning_rates()
        made = self.training_step(batch, full)
        if full is None:
            full = self.is_full_step(self.iteration.value)
        self.iteration.assign(self.iteration + 1)
        for tracker in self._trackers:
            always = tracker.name == "content_discriminator_loss"
            weight = 1.0 if always else tf.cast(full, tf.float32)
            tracker.update_state(made[tracker.name], sample_weight=weight)
        return {tracker.name: tracker.result() for tracker in self._trackers}

    def training_step(self, batch, full=None):
        """`full_step` or `content_step`, as the schedule says; what the latter lacks is 0.

        Raises:
            ZooError: a batch of another form; or `full` is None on several replicas.
        """

        def content_step():
            made = self.content_step(batch)
            zero = tf.zeros_like(made["content_discriminator_loss"])
            return {**dict.fromkeys(self.loss_names, zero), **made}

        if full is not None:
            return self.full_step(batch) if full else content_step()
        if self.replicas > 1:
            raise ZooError(
                "On several replicas DRIT cannot choose its step inside the graph. Call "
                "train_step(batch, full=model.is_full_step(step))."
            )
        full = self.is_full_step(self.iteration.value)
        return tf.cond(full, lambda: self.full_step(batch), content_step)

    def step_arguments(self, step):
        return {"full": self.is_full_step(step)}

    def learning_rate_factor(self):
        if self.steps_per_epoch is None:
            return None
        epoch = self.iteration.value // self.steps_per_epoch
        return linear_decay(epoch, self.epochs, self.constant_epochs)

    # --- the two steps ----------------------------------------------------------------------------

    def content_step(self, batch):
        """Trains the content discriminator alone."""
        images, _ = self._halves(batch)
        content = self.encode_content(images, "content")
        return {"content_discriminator_loss": self._train_content_discriminator(content)}

    def full_step(self, batch):
        """Forward once, every discriminator, then encoders and generator twice."""
        images, others = self._halves(batch)
        with tf.GradientTape(persistent=True) as tape:
            outputs = self.forward(images)
        discriminator_loss = self._train_discriminators(images, others, outputs)
        content_discriminator_loss = self._train_content_discriminator(outputs["content"])
        with tape:
            first = self.first_losses(images, outputs)
        self._update_networks(FIRST_STEP, tape, first["first_generator_loss"])
        if self.generator_step == "recompute":
            with tf.GradientTape(persistent=True) as tape:
                outputs = self.forward(images)
        with tape:
            second = self.second_losses(outputs)
        self._update_networks(SECOND_STEP, tape, second["second_generator_loss"])
        return {
            "content_discriminator_loss": content_discriminator_loss,
            "discriminator_loss": discriminator_loss,
            **first,
            **second,
        }

    def _halves(self, batch):
        """Two dicts of domain -> pictures: those that are translated, and the others."""
        names = {domain: f"images_{domain}" for domain in DOMAINS}
        missing = [name for name in names.values() if name not in batch]
        if missing:
            raise ZooError(f"DRIT trains on `images_a` and `images_b`; the batch lacks {missing}.")
        sizes = {batch[name].shape[0] for name in names.values()} - {None}
        if len(sizes) > 1 or any(size % 2 for size in sizes):
            raise ZooError(
                "A batch of DRIT needs an even number of pictures a replica, the same of both "
                f"domains, got {sorted(sizes)}. The first half is translated."
            )
        halves = {domain: tf.split(batch[name], 2) for domain, name in names.items()}
        return [{domain: half[i] for domain, half in halves.items()} for i in range(2)]

    def _train_discriminators(self, images, others, outputs):
        """A step of each discriminator of pictures; the sum of their losses."""
        total = []
        for domain in DOMAINS:
            for name, real, fakes in (
                (f"discriminator_{domain}", images[domain], [outputs["cross"][domain]]),
                (f"discriminator_{domain}2", others[domain], outputs["random"][domain]),
            ):
                network = getattr(self, name)
                with tf.GradientTape() as tape:
                    judged_real, *judged = self.judge(network, [real, *fakes])
                    total.append(losses.discriminator_loss(judged_real, judged))
                variables = network.trainable_variables
                decay = coupled_weight_decay(variables, self.weight_decay)
                self._update(f"{name}_optimizer", tape, total[-1], variables, decay)
        return tf.add_n(total)

    def _train_content_discriminator(self, content):
        variables = self.content_discriminator.trainable_variables
        decay = coupled_weight_decay(variables, self.weight_decay)

        def clip(gradients):
            clipped, _ = tf.clip_by_global_norm(gradients, self.content_clip / self.replicas)
            return decay(clipped) if decay else clipped

        with tf.GradientTape() as tape:
            loss = losses.content_discriminator_loss(self.judge_content(content))
        self._update("content_discriminator_optimizer", tape, loss, variables, clip)
        return loss

    def _update_networks(self, names, tape, loss):
        """One step of the optimizer of each network named, from one backward pass."""
        self._update_together(
            tape,
            loss,
            {f"{name}_optimizer": getattr(self, name).trainable_variables for name in names},
            lambda variables: coupled_weight_decay(variables, self.weight_decay),
        )
