"""The base of all conditional GANs: a generator, its moving average, mode seeking as a switch."""

import functools

import numpy as np
import tensorflow as tf

from zoo.checks import check_finite
from zoo.errors import ZooError
from zoo.losses.mode_seeking import mode_seeking_distances, mode_seeking_loss
from zoo.models.base import noise
from zoo.models.base.arguments import check
from zoo.models.base.system import System
from zoo.networks.budget import blank
from zoo.networks.build import build, builds_for_generation_only
from zoo.seeds import read_seeds

EMA_STATISTICS = ("average", "current")


class ConditionalGAN(System):
    """A generator with a latent, and one or more discriminators.

    A paper's class writes `make_generator`, calls `build_generators` when everything that this
    needs is there, makes its discriminators in `build_for_training`, and writes `training_step`.

    Args:
        latent_dim: int. Size of the latent z ~ N(0, 1).
        mode_seeking_weight: float. Weight of the mode seeking term (MSGAN, arXiv 1903.05628; 1 in
            the paper's tasks). 0 draws no second sample.
        ema_decay: float or None. Decay of the generator's moving average, which is what generates
            (0.999); None for no average: the generator itself generates.
        ema_statistics: "average" lets the moving average follow batch statistics too; "current"
            copies them, as the AttnGAN family's code does.
        seed: int. Key of all noise drawn in training.
    """

    discriminator_names = ("discriminator",)

    def __init__(
        self,
        latent_dim,
        mode_seeking_weight=0.0,
        ema_decay=0.999,
        ema_statistics="average",
        seed=0,
        **kwargs,
    ):
        if ema_statistics not in EMA_STATISTICS:
            raise ZooError(
                f"`ema_statistics` must be one of {EMA_STATISTICS}. Received: {ema_statistics!r}"
            )
        super().__init__(seed=seed, **kwargs)
        self.latent_dim = latent_dim
        self.mode_seeking_weight = mode_seeking_weight
        self.ema_decay = ema_decay
        self.ema_statistics = ema_statistics

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        """A new generator, not built yet."""
        raise NotImplementedError

    def build_generators(self, *inputs):
        """Makes `generator` and, where there is one, its EMA, equal to it.

        In a `generation_only` block the EMA alone, where there is one; `generator` is then made
        equal to it when it is first asked for, as training does.

        Args:
            *inputs: symbolic inputs of the generator, see `zoo.networks.build`.
        """
        if not self.averages or not builds_for_generation_only():
            self.generator = build(self.make_generator("generator"), *inputs)
        if self.averages:
            self.ema_generator = build(self.make_generator("ema_generator"), *inputs)
            self.ema_generator.trainable = False
            if builds_for_generation_only():
                self._generator_inputs = inputs
            else:
                self.reset_average()

    @functools.cached_property  # until `build_generators` sets the attribute itself
    def generator(self):
        """The network that is trained; of a preset made when first asked for, equal to the EMA."""
        inputs = vars(self).pop("_generator_inputs", None)
        if inputs is None:
            raise AttributeError(f"This {type(self).__name__} has no generator yet.")
        with blank():  # no random weights that the copy would replace
            self.generator = build(self.make_generator("generator"), *inputs)
        _copy_weights(self.ema_generator, self.generator)
        return self.generator

    @property
    def network_names(self):
        return ("generator", "ema_generator", *self.discriminator_names)

    @property
    def preset_network_names(self):
        return (self.generating.name,)

    @property
    def discriminators(self):
        return [getattr(self, name) for name in self.discriminator_names]

    @property
    def optimizer_groups(self):
        return {
            "generator_optimizer": {"generator_optimizer": self.generator.trainable_variables},
            "discriminator_optimizer": {
                f"{name}_optimizer": getattr(self, name).trainable_variables
                for name in self.discriminator_names
            },
        }

    # --- training ---------------------------------------------------------------------------------

    @property
    def samples(self):
        """Latents drawn for each condition in training: 2 with mode seeking, else 1."""
        return 2 if self.mode_seeking_weight else 1

    def draw(self, stream, batch, size):
        """Noise (batch, size) of this iteration."""
        return noise.normal([batch, size], self.noise_key(stream))

    def split_samples(self, value):
        """A batch of all samples as a list of one tensor per sample."""
        return tf.split(value, self.samples)

    def mode_seeking_term(self, images, latents):
        """Weighted mode seeking term of a doubled batch, one half each sample, and its distances.

        Returns:
            dict of scalars `mode_seeking`, `image_distance`, `latent_distance`; zeros without mode
            seeking.
        """
        if self.samples == 1:
            zero = tf.zeros([], images.dtype)
            return {"mode_seeking": zero, "image_distance": zero, "latent_distance": zero}
        pairs = (*tf.split(images, 2), *tf.split(latents, 2))
        image_distance, latent_distance = mode_seeking_distances(*pairs)
        return {
            "mode_seeking": self.mode_seeking_weight * mode_seeking_loss(*pairs),
            "image_distance": image_distance,
            "latent_distance": latent_distance,
        }

    @property
    def averages(self):
        """Whether there is a moving average."""
        return self.ema_decay is not None

    @property
    def generating(self):
        """The network that makes the pictures."""
        return self.ema_generator if self.averages else self.generator

    def reset_average(self):
        """Makes the moving average, if there is one, equal to the generator."""
        if self.averages:
            _copy_weights(self.generator, self.ema_generator)

    def update_average(self):
        """ema <- decay * ema + (1 - decay) * generator, over all weights (see `ema_statistics`)."""
        if not self.averages:
            return
        trained = {id(v) for v in self.generator.trainable_variables}
        pairs = list(zip(self.ema_generator.variables, self.generator.variables, strict=True))

        def follow(average, value, copied):
            if copied:
                average.assign(value)
            else:
                average.assign_sub((average - value) * tf.cast(1 - self.ema_decay, average.dtype))

        def update(strategy):
            for average, variable in pairs:
                copied = self.ema_statistics == "current" and id(variable) not in trained
                strategy.extended.update(average.value, follow, args=(variable.value, copied))

        context = tf.distribute.get_replica_context()
        if context is None or context.num_replicas_in_sync == 1:
            update(tf.distribute.get_strategy())
        else:
            context.merge_call(update)

    # --- generation -------------------------------------------------------------------------------

    def latents(self, seeds):
        """What `sample` draws for row seeds.

        Shapes: seeds int64 (batch,) -> float32 (batch, latent_dim), z ~ N(0, 1).
        """
        return noise.normal_from_seeds(seeds, self.latent_dim)

    def condition_rows(self, conditions, **settings):
        """What `generate` takes as conditions, read: (dict of arrays with a row each, how many)."""
        raise NotImplementedError

    def interpolate(self, conditions=None, steps=8, seed=0, batch_size=16, **settings):
        """Pictures of each condition between two latents: z = (1 - t) z_seed + t z_(seed + 1).

        The figure of MSGAN (arXiv 1903.05628): where a generator uses its latent, the pictures
        change step by step.

        Args:
            conditions: what `generate` takes: captions, labels or pictures.
            steps: int, at least 2. Pictures of a condition, t going evenly from 0 to 1.
            seed: int, or a list of one int for each condition. The first picture is that of
                `generate(conditions, seed=seed)`, the last that of `seed + 1`. Text-to-image
                systems keep the conditioning noise of `seed` (`noise_seed=seed`).
            batch_size: int. Pictures made at a time.
            **settings: what else `generate` takes to read its conditions, such as `unknown`, or
                `direction` and `guide`.

        Returns:
            uint8 (conditions * steps, h, w, channels), a condition's pictures in a row.

        Raises:
            ZooError: a model without latent, too few steps, or wrong conditions.
        """
        if not self.latent_dim:
            raise ZooError("This model has no latent (latent_dim is 0) that could be interpolated.")
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 2:
            raise ZooError(f"steps must be an integer from 2 on, got {steps!r}.")
        rows, count = self.condition_rows(conditions, **settings)
        seeds = read_seeds(seed, count, span=2)
        start, end = (self._drawn_latents(seeds + k)[:, None] for k in (0, 1))
        t = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None]
        latents = ((1 - t) * start + t * end).reshape(-1, self.latent_dim)
        rows = self.picture_rows(rows, steps, np.repeat(seeds, steps), latents)
        return self.generate_rows(rows, batch_size, only=("images",))["images"]

    def picture_rows(self, conditions, samples, seeds, latents=None):
        """The rows, by `row_specs`, of `samples` pictures of each condition in a row.

        Args:
            conditions: dict of arrays, see `condition_rows`.
            samples: int.
            seeds: int64 (conditions * samples,), of `row_seeds`.
            latents: float32 (conditions * samples, latent_dim) in place of those of the seeds.
        """
        rows = {name: row.repeat(samples, axis=0) for name, row in conditions.items()}
        return {**rows, "latents": self._drawn_latents(seeds) if latents is None else latents}

    def _drawn_latents(self, seeds):
        if not hasattr(self, "_latents_function"):
            specs = [tf.TensorSpec([None], tf.int64)]
            self._latents_function = tf.function(self.latents, specs, autograph=False)
        return self._latents_function(seeds).numpy()

    def pictures_of(self, conditions, samples, seed, batch_size, **settings):
        """What `generate` of a system returns whose `condition_rows` take these settings."""
        rows, count = self.condition_rows(conditions, **settings)
        rows = self.picture_rows(rows, samples, row_seeds(seed, count, samples))
        return self.generate_rows(rows, batch_size)["images"]

    def row_specs(self):
        """dict of `tf.TensorSpec` of what a picture is made from, a row each: the condition's own
        and `latents`."""
        return {"latents": tf.TensorSpec([None, self.latent_dim], tf.float32)}

    def rows_to_outputs(self, rows):
        """dict of `images` uint8 (rows, h, w, 3), and what else the model shows, row by row."""
        raise NotImplementedError

    def generate_rows(self, rows, batch_size=16, only=None):
        """Pictures of rows, some at a time: dict of arrays, by `rows_to_outputs`.

        Args:
            rows: dict of arrays of equal length, by `row_specs`.
            batch_size: int. The result does not depend on it.
            only: names that are kept, or None for all.

        Raises:
            ZooError: a `batch_size` that is no whole number from 1 on, or weights that are not
                finite.
        """
        check(type(self).__name__, "batch_size", batch_size, default=16)
        check_finite(f"This {type(self).__name__} cannot generate", self.preset_variables())
        if not hasattr(self, "_row_function"):
            self._row_function = tf.function(
                self.rows_to_outputs, autograph=False, input_signature=[self.row_specs()]
            )
        made = []
        for start in range(0, len(rows["latents"]), batch_size):
            part = {name: row[start : start + batch_size] for name, row in rows.items()}
            outputs = self._row_function(part)
            made.append({n: v.numpy() for n, v in outputs.items() if only is None or n in only})
        return {name: np.concatenate([part[name] for part in made]) for name in made[0]}


def _copy_weights(source, target):
    for variable, value in zip(target.variables, source.variables, strict=True):
        variable.assign(value)


def to_uint8(images):
    """[-1, 1] to 0...255: round((x + 1) * 127.5), clipped; the one place where this is done."""
    return tf.cast(tf.round(tf.clip_by_value((images + 1.0) * 127.5, 0.0, 255.0)), tf.uint8)


def row_seeds(seed, conditions, samples, name="seed", samples_name="samples_per_condition"):
    """int64 (conditions * samples,): `seed + k` for sample k, a condition's samples in a row.

    Args:
        seed: int, or a list of one int for each condition.
        conditions, samples: int.
        name, samples_name: what the user calls `seed` and `samples`.

    Raises:
        ZooError: another form, a seed out of range, or no samples.
    """
    whole = isinstance(samples, int | np.integer) and not isinstance(samples, bool)
    if not whole or samples < 1:
        raise ZooError(f"{samples_name} must be an integer from 1 on, got {samples!r}.")
    first = read_seeds(seed, conditions, name, span=int(samples))
    return (first[:, None] + np.arange(samples)[None]).reshape(-1)
