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
import numpy as np
import tensorflow as tf

from zoo.errors import ZooError
from zoo.images.read import read_pictures, to_float
from zoo.models.base import noise
from zoo.models.base.conditional_gan import to_uint8
from zoo.models.base.learning_rates import linear_decay_factor
from zoo.models.base.weight_decay import coupled_weight_decay
from zoo.models.drit import losses, schedule
from zoo.models.drit.attribute_encoder import AttributeEncoder
from zoo.models.drit.content_encoder import ContentEncoder
from zoo.models.drit.discriminators import (
    ContentDiscriminator,
    MultiScaleDiscriminator,
    SingleScaleDiscriminator,
)
from zoo.models.drit.domains import DOMAINS, OTHER
from zoo.models.drit.forward import encode_content, forward
from zoo.models.drit.generator import DRITGenerator
from zoo.models.image_to_image import ImageToImage
from zoo.networks.build import build, spec

TARGETS = {"a2b": "b", "b2a": "a"}  # direction: the domain that images are translated to
TO_B = tf.TensorSpec([None], tf.bool)
GENERATOR_STEPS = ("same_point", "recompute")
FIRST_STEP = ("content_encoder", "attribute_encoder", "generator")  # what the two steps train
SECOND_STEP = ("content_encoder", "generator")


@keras.saving.register_keras_serializable("zoo")
class DRIT(ImageToImage):
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
        loss_weights: dict. Those of `DRIT.LOSS_WEIGHTS` that differ.
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

    # The official weights. All terms are means over a domain, and summed over the domains.
    LOSS_WEIGHTS = {
        "adversarial_loss": 1.0,  # of translations with an encoded attribute
        "content_adversarial_loss": 1.0,  # the content discriminator is to say one half
        "self_reconstruction_loss": 10.0,  # L1, from a picture's own content and attribute
        "cross_cycle_loss": 10.0,  # L1, there and back
        "content_loss": 0.01,  # mean square of content features
        "attribute_loss": 0.01,  # KL divergence, a sum over dimensions; feature-wise, mean square
        "random_adversarial_loss": 1.0,  # of translations with a random attribute
        "latent_regression_loss": 10.0,  # L1 of a random attribute to its encoding
    }

    task = "image-to-image"
    condition_fields = ("source",)
    directions = tuple(TARGETS)
    source_channels = target_channels = 3
    preset_network_names = ("content_encoder", "attribute_encoder", "generator")
    discriminator_names = tuple(f"discriminator_{domain}" for domain in ("a", "a2", "b", "b2"))
    network_names = (
        *preset_network_names,
        *discriminator_names,
        "content_discriminator",
    )
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
        if generator_step not in GENERATOR_STEPS:
            raise ZooError(
                f"`generator_step` must be one of {GENERATOR_STEPS}, got {generator_step!r}."
            )
        if unknown := set(loss_weights or {}) - set(self.LOSS_WEIGHTS):
            raise ZooError(
                f"`loss_weights` may name {sorted(self.LOSS_WEIGHTS)}, got {sorted(unknown)}."
            )
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
        self._build_for_generation()

    # --- networks ---------------------------------------------------------------------------------

    def _build_for_generation(self):
        size, filters, latent_dim = self.image_size, self.filters, self.latent_dim
        images = {domain: spec(1, size, size, 3) for domain in DOMAINS}
        content = {
            "content": spec(1, size // 4, size // 4, 4 * filters),
            "attributes": spec(1, latent_dim),
        }
        self.content_encoder = build(ContentEncoder(filters, name="content_encoder"), images)
        self.attribute_encoder = build(
            AttributeEncoder(filters, latent_dim, self.concat, name="attribute_encoder"), images
        )
        self.generator = build(
            DRITGenerator(filters, latent_dim, self.concat, name="generator"),
            dict.fromkeys(DOMAINS, content),
        )

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
            content, **self.content_discriminator_config, name="content_discriminator"
        )
        network.check_size(size // 4)
        self.content_discriminator = build(network, spec(1, size // 4, size // 4, content))

    def _make_discriminator(self, name):
        settings = dict(self.discriminators_config)
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
        return linear_decay_factor(self)

    # --- the two steps ----------------------------------------------------------------------------

    def content_step(self, batch):
        """Trains the content discriminator alone."""
        images, _ = self._halves(batch)
        content = encode_content(self, images, "content")
        return {"content_discriminator_loss": self._train_content_discriminator(content)}

    def full_step(self, batch):
        """Forward once, every discriminator, then encoders and generator twice."""
        images, others = self._halves(batch)
        with tf.GradientTape(persistent=True) as tape:
            outputs = forward(self, images)
        discriminator_loss = self._train_discriminators(images, others, outputs)
        content_discriminator_loss = self._train_content_discriminator(outputs["content"])
        with tape:
            first = self.first_losses(images, outputs)
        self._update_networks(FIRST_STEP, tape, first["first_generator_loss"])
        if self.generator_step == "recompute":
            with tf.GradientTape(persistent=True) as tape:
                outputs = forward(self, images)
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

    def normal(self, stream, shape):
        """Noise N(0, 1) float32 of this iteration."""
        return noise.normal(shape, self.noise_key(stream))

    # --- losses -----------------------------------------------------------------------------------

    def judge(self, network, batches):
        """What a discriminator says of several batches of one size: a list of logit maps each."""
        maps = network(tf.concat(batches, 0), training=True)
        return list(zip(*[tf.split(logits, len(batches)) for logits in maps], strict=True))

    def judge_content(self, content):
        judged = self.judge(self.content_discriminator, [content[d] for d in DOMAINS])
        return dict(zip(DOMAINS, judged, strict=True))

    def first_losses(self, images, outputs):
        judged = {
            d: self.judge(getattr(self, f"discriminator_{d}"), [outputs["cross"][d]])[0]
            for d in DOMAINS
        }
        judged_content = self.judge_content(outputs["content"])
        terms = losses.first_terms(images, outputs, judged, judged_content)
        weighted = self._weighted(terms)
        return {"first_generator_loss": tf.add_n(list(weighted.values())), **weighted}

    def second_losses(self, outputs):
        random = outputs["random"]
        judged = {d: self.judge(getattr(self, f"discriminator_{d}2"), random[d]) for d in DOMAINS}
        weighted = self._weighted(losses.second_terms(outputs, judged))
        latents = tf.concat(outputs["latents"], 0)
        seeking = [self.mode_seeking_term(tf.concat(random[d], 0), latents) for d in DOMAINS]
        seeking = {name: tf.add_n([term[name] for term in seeking]) for name in seeking[0]}
        total = tf.add_n([*weighted.values(), seeking["mode_seeking"]])
        for name in ("image_distance", "latent_distance"):
            seeking[name] /= len(DOMAINS)
        return {"second_generator_loss": total, **weighted, **seeking}

    def _weighted(self, terms):
        return {
            name: self.loss_weights[name] * tf.add_n(list(values.values()))
            for name, values in terms.items()
        }

    # --- generation -------------------------------------------------------------------------------

    def call(self, inputs, training=False):
        """Domain a to b, of a dict of `source` and `latents`; see `translate`."""
        return {"images": self.translate(inputs["source"], inputs["latents"], "b")}

    def translate(self, images, attributes, target):
        """Pictures of the other domain -> pictures of `target` with these attributes.

        Shapes: images float (batch, h, w, 3) in [-1, 1], attributes (batch, latent_dim) -> float
        (batch, h, w, 3) in [-1, 1].
        """
        source = OTHER[target]
        content = self.content_encoder({source: images})[source]
        inputs = {"content": content, "attributes": attributes}
        return self.generator({target: inputs})[target]

    def sample(
        self, source, seeds=None, direction="a2b", mean=0.0, deviation=1.0, latents=None
    ):
        """Pictures in the other domain; a row depends on its own picture and seed alone.

        Args:
            source: float (batch, image_size, image_size, 3) in [-1, 1].
            seeds: int64 (batch,). Keys of the attributes.
            direction: "a2b" or "b2a".
            mean, deviation: of the attributes, float or (batch, latent_dim).
            latents: float (batch, latent_dim), standard normal, in place of the seeds.

        Returns:
            float like `source`.
        """
        latents = self.latents(seeds) if latents is None else latents
        return self.translate(source, mean + deviation * latents, TARGETS[direction])

    def generate(
        self,
        images,
        samples_per_condition=1,
        seed=0,
        direction="a2b",
        guide=None,
        batch_size=4,
    ):
        """Translations of pictures.

        Args:
            images: pictures of the first domain of `direction`, as `zoo.images.read` reads
                them: arrays of uint8 or of floats in [-1, 1], a file, a list of both, or a folder;
                in any size, scaled to the model's.
            samples_per_condition: int, at least 1. Picture k of a condition uses the row seed
                `seed + k`.
            seed: int, or a list of one int for each picture.
            direction: "a2b" or "b2a".
            guide: None for random attributes, or pictures of the second domain that give them: one
                for all conditions, or one for each. In the variant `concat` an attribute is drawn
                from the Gaussian that the guide is encoded as, with the row seed; feature-wise a
                guide gives one attribute, and with it a condition's samples are equal.
            batch_size: int. Pictures made at a time; the result does not depend on it.

        Returns:
            uint8 (pictures * samples_per_condition, image_size, image_size, 3), a picture's
            translations in a row.

        Raises:
            ZooError: no such direction, pictures that cannot be read, another number of guides, or
                no samples.
        """
        settings = {"direction": direction, "guide": guide}
        return self.pictures_of(images, samples_per_condition, seed, batch_size, **settings)

    def condition_rows(self, conditions, direction="a2b", guide=None):
        if direction not in TARGETS:
            raise ZooError(f"direction must be one of {', '.join(TARGETS)}, got {direction!r}.")
        rows, count = super().condition_rows(conditions)
        code = self._attributes(guide, count, TARGETS[direction])
        return {**rows, **code, "to_b": np.full(count, direction == "a2b")}, count

    def _attributes(self, guide, count, target, batch_size=4):
        """dict of `mean` and `deviation` of the attributes, float32 (count, latent_dim) each."""
        shape = (count, self.latent_dim)
        if guide is None:
            return {"mean": np.zeros(shape, "float32"), "deviation": np.ones(shape, "float32")}
        guides = to_float(read_pictures(guide, self.image_size, 3))
        if len(guides) not in (1, count):
            raise ZooError(
                f"guide must be one picture, or one for each of the {count} conditions, got "
                f"{len(guides)}."
            )
        made = []
        for start in range(0, len(guides), batch_size):
            code = self.attribute_encoder({target: guides[start : start + batch_size]})[target]
            deviation = tf.exp(0.5 * code["log_var"]) if self.concat else 0 * code["mean"]
            made.append((code["mean"], deviation))
        made = [np.broadcast_to(np.concatenate(part), shape) for part in zip(*made, strict=True)]
        return dict(zip(("mean", "deviation"), made, strict=True))

    def row_specs(self):
        code = tf.TensorSpec([None, self.latent_dim], tf.float32)
        # a call has one direction: `to_b` is the same in all of its rows
        return {**super().row_specs(), "mean": code, "deviation": code, "to_b": TO_B}

    def rows_to_outputs(self, rows):
        code = {name: rows[name] for name in ("source", "latents", "mean", "deviation")}

        def make(direction):
            return to_uint8(tf.cast(self.sample(**code, direction=direction), tf.float32))

        return {"images": tf.cond(rows["to_b"][0], lambda: make("a2b"), lambda: make("b2a"))}
