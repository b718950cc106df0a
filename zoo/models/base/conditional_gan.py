"""Base class of all conditional GANs: generation, the generator's EMA, mode seeking."""

import functools

import numpy as np
import tensorflow as tf

from zoo.conditions.records import row_count
from zoo.errors import ZooError, check_choice
from zoo.losses.mode_seeking import mode_seeking_terms
from zoo.models.base import generation
from zoo.models.base.arguments import aliased
from zoo.models.base.ema import ExponentialMovingAverage
from zoo.models.base.noise import normal_from_seeds, normal_rows
from zoo.models.base.system import System
from zoo.networks.budget import blank
from zoo.networks.build import build_on, builds_for_generation_only, symbolic_input
from zoo.precision import using_policy
from zoo.seeds import drawn, per_image_seeds, read_seeds
from zoo.visualization.image_array import image_array

EMA_STATISTICS = ("average", "current")


class ConditionalGAN(System):
    """A generator with a latent, and one or more discriminators.

    A paper's class sets `condition`, implements `make_generator`, calls `build_generators` at the
    end of its constructor, creates its discriminators in `build_training_networks`, and
    implements `training_step`.

    Args:
        latent_dim: int. Size of the latent z ~ N(0, 1).
        mode_seeking_weight: float. Weight of the mode seeking term (MSGAN, arXiv 1903.05628; 1 in
            the paper's tasks). 0 draws no second sample.
        ema_decay: float or None. Decay of the exponential moving average (EMA) of the generator's
            weights, which generates the images (0.999); None: the generator itself generates them.
        ema_statistics: "average" averages batch statistics too; "current" copies them, as the
            AttnGAN family's code does.
        ema_warmup: bool. Use the decay min(`ema_decay`, (1 + n) / (10 + n)) in iteration n = 0, 1,
            ..., so that the EMA follows the first changes; False, as in the papers.
        seed: int. Key of all noise drawn in training.
    """

    discriminator_names = ("discriminator",)
    condition_dim = None  # size of the conditioning Gaussian's noise, if the generator has one
    default_batch_size = 16  # images generated at a time

    def __init__(
        self,
        latent_dim,
        mode_seeking_weight=0.0,
        ema_decay=0.999,
        ema_statistics="average",
        ema_warmup=False,
        seed=0,
        **kwargs,
    ):
        check_choice("`ema_statistics`", ema_statistics, EMA_STATISTICS)
        if mode_seeking_weight and not latent_dim:
            raise ZooError("Mode seeking needs a latent: `latent_dim` must be at least 1, got 0.")
        super().__init__(seed=seed, **kwargs)
        self.latent_dim = latent_dim
        self.mode_seeking_weight = mode_seeking_weight
        self.ema_decay = ema_decay
        self.ema_statistics = ema_statistics
        self.ema_warmup = ema_warmup

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        """A new generator, not built yet."""
        raise NotImplementedError

    def build_generators(self):
        """Creates `generator` and, if there is an EMA, `ema_generator` with equal weights.

        In a `generation_only` block with an EMA only the latter is created; `generator` then
        follows at its first use, as in training, with the EMA's weights.
        """
        deferred = self.has_ema and builds_for_generation_only()
        if not deferred:
            self.generator = build_on(self.make_generator("generator"), self.generator_inputs)
        average = None
        if self.has_ema:
            average = build_on(self.make_generator("ema_generator"), self.generator_inputs)
            average.trainable = False
            self.ema_generator = average
        self.ema = ExponentialMovingAverage(
            lambda: self.generator, average, self.ema_decay, self.ema_statistics,
            self.iteration if self.ema_warmup else None,
        )
        if not deferred:
            self.ema.reset()
        self._generator_is_deferred = deferred

    @functools.cached_property  # until `build_generators` sets the attribute itself
    def generator(self):
        """The trained network; in a loaded preset created at its first use, equal to the EMA."""
        if not vars(self).pop("_generator_is_deferred", False):
            raise AttributeError(f"This {type(self).__name__} has no generator yet.")
        with using_policy(self.dtype_policy), blank():  # no random weights: the copy replaces them
            self.generator = build_on(self.make_generator("generator"), self.generator_inputs)
        self.ema.restore()
        return self.generator

    @property
    def generator_inputs(self):
        """The generator's inputs, as symbolic tensors."""
        noise = {name: symbolic_input(2, size) for name, size in self.noise_sizes.items()}
        return {**self.condition.symbolic(), **noise}

    @property
    def noise_sizes(self):
        """dict of name -> size of the generator's noise vectors, in the order they are drawn."""
        condition_noise = {} if self.condition_dim is None else {"noise": self.condition_dim}
        return {"latents": self.latent_dim, **condition_noise}

    @property
    def has_ema(self):
        """Whether there is an EMA of the generator."""
        return self.ema_decay is not None

    @property
    def inference_generator(self):
        """The network that generates: the EMA, or without one the generator itself."""
        return self.ema_generator if self.has_ema else self.generator

    @property
    def network_names(self):
        return (
            *self.condition.network_names, "generator", "ema_generator", *self.discriminator_names
        )

    @property
    def preset_network_names(self):
        return (*self.condition.network_names, self.inference_generator.name)

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

    def call(self, inputs, training=False):
        """The generator (in training) or its EMA, on a dict like `generator_inputs`."""
        return (self.generator if training else self.inference_generator)(inputs, training=training)

    # --- training ---------------------------------------------------------------------------------

    @property
    def latents_per_condition(self):
        """Number of latents per condition in training: 2 with mode seeking, else 1."""
        return 2 if self.mode_seeking_weight else 1

    def noise(self, name, batch, size, samples=None, positions=None):
        """Noise N(0, 1), float32 (batch, size), of this iteration and `name`; see `normal_rows`."""
        shape, samples = [batch, size], samples or self.latents_per_condition
        return normal_rows(shape, self.noise_key(name), samples, positions)

    def training_inputs(self, encoded, batch_size, **order):
        """The generator's inputs in training: each condition once per latent, with new noise.

        `encoded`: dict of tensors (batch_size, ...) from `condition.encode`; `order`: `positions`
        of the rows, see `normal_rows`.
        """
        samples = self.latents_per_condition
        rows = batch_size * samples
        inputs = {name: tf.concat([value] * samples, axis=0) for name, value in encoded.items()}
        inputs["latents"] = self.noise("latents", rows, self.latent_dim, **order)
        if self.condition_dim is not None:
            inputs["noise"] = self.noise("condition", rows, self.condition_dim, **order)
        return inputs

    def split_samples(self, value):
        """Splits a batch of all samples into a list of one tensor per sample."""
        return tf.split(value, self.latents_per_condition)

    def mode_seeking_term(self, images, latents):
        """dict of scalars `mode_seeking` (weighted), `image_distance`, `latent_distance`; zeros
        with one latent per condition. `images` and `latents` hold one half per sample."""
        pairs = None
        if self.latents_per_condition > 1:
            pairs = (*tf.split(images, 2), *tf.split(latents, 2))
        return mode_seeking_terms(pairs, self.mode_seeking_weight, images.dtype, self.averaging)

    # --- generation -------------------------------------------------------------------------------

    def generate(
        self,
        conditions=None,
        images_per_condition=None,
        seed=0,
        batch_size=None,
        return_details=False,
        **options,
    ):
        """Generates images from conditions.

        Args:
            conditions: captions (str or list of str), sentence embeddings (float (conditions,
                features)), a dict of word vectors (see
                `zoo.conditions.WordEmbeddings`), labels (int, or a name where the classes have
                names, or a list of them), images (arrays of uint8 or of floats in [-1, 1], a file,
                a list of both, or a folder; see `zoo.images.read`), as the model reads; None for a
                model without a condition. `captions=`, `labels=` and `images=` are aliases.
            images_per_condition: int, at least 1; default 1. Image k of a condition has the seed
                `seed + k`. `images_per_caption` and `samples_per_condition` are aliases.
            seed: int, or a list of one int per condition; None draws one at random.
            batch_size: int. Images generated at a time; the result does not depend on it. By
                default 16; 64 of labels, 4 of images.
            return_details: bool. Whether to return the generator's other outputs too.
            **options: for captions, `unknown`: "drop" leaves unknown words out, "unk" reads them as
                `<unk>`. For a model with a conditioning Gaussian, `noise_seed`: like `seed`, but
                for the Gaussian's noise only, so that images of one condition with one `seed` and
                several `noise_seed`s show its spread. Further options: see the model's class.

        Returns:
            uint8 (conditions * images_per_condition, size, size, channels), the images of a
            condition one after another, an array that a notebook shows and whose `seeds` has the
            seed of each image. With `return_details` also a dict of float32 arrays with one row per
            image, each from the last stage that has it, such as `mu`, `log_var`, `attention` (see
            the generator), and `tokens`, a list of the words read per image.

        Warns:
            zoo.errors.WordsLeftOut: words or symbols of captions are not read; lists them.

        Raises:
            ZooError: the model does not read such conditions, or an argument is invalid.
        """
        name = f"{type(self).__name__}.generate"
        conditions, _ = aliased(name, "conditions", conditions, options, (self.condition.argument,))
        count, count_name = aliased(
            name, "images_per_condition", images_per_condition, options, generation.COUNT_NAMES, 1
        )
        noise_seed = options.pop("noise_seed", None) if self.condition_dim is not None else None

        # (1) Parse the conditions: one row per condition.
        rows = generation.parse_conditions(self, name, conditions, options)

        # (2) Draw the noise of each image from its seed, once.
        seeds = per_image_seeds(drawn(seed), row_count(rows), count, images_name=count_name)
        noise = generation.draw_noise(self, seeds)
        if noise_seed is not None:
            others = per_image_seeds(noise_seed, row_count(rows), count, "noise_seed", count_name)
            noise["noise"] = generation.draw_noise(self, others)["noise"]

        # (3) Run the generator in batches; the images are uint8.
        row_of_image = np.repeat(np.arange(row_count(rows)), count)
        arguments = row_of_image, noise, batch_size, return_details
        outputs = generation.run_batched(self, rows, *arguments)
        images = image_array(outputs.pop("images"), columns=int(count), seeds=seeds)
        if not return_details:
            return images
        words = self.condition.words(rows)
        return images, {**outputs, "tokens": [words[row] for row in row_of_image]}

    def interpolate(self, conditions=None, steps=8, seed=0, batch_size=None, **options):
        """Images of each condition between two latents: z = (1 - t) z_seed + t z_(seed + 1).

        As in MSGAN's figure (arXiv 1903.05628): if the generator uses its latent, the images
        change gradually.

        Args:
            conditions: as for `generate`, with the same aliases.
            steps: int, at least 2. Images per condition, for evenly spaced t from 0 to 1.
            seed: int, list of one int per condition, or None for a random one. The first image is
                that of `generate(conditions, seed=seed)`, the last that of `seed + 1`; a
                conditioning Gaussian keeps the noise of `seed` (`noise_seed=seed`).
            batch_size: int, as for `generate`.
            **options: options of `generate` that concern its conditions, such as `unknown`, or
                `direction` and `guide`.

        Returns:
            uint8 (conditions * steps, h, w, channels), the images of a condition one after another.

        Raises:
            ZooError: the model has no latent, `steps` is too small, or a condition is invalid.
        """
        generation.check_interpolates(self, steps)
        name = f"{type(self).__name__}.interpolate"
        conditions, _ = aliased(name, "conditions", conditions, options, (self.condition.argument,))
        rows = generation.parse_conditions(self, name, conditions, options)
        seeds = read_seeds(drawn(seed), row_count(rows), span=2)
        row_of_image, noise = generation.noise_between(self, seeds, steps)
        images = generation.run_batched(self, rows, row_of_image, noise, batch_size)["images"]
        return image_array(images, columns=int(steps))

    def sample(self, condition, seeds=None, **noise):
        """The generator's outputs for a batch; each row depends on its own condition and seed only.

        Args:
            condition: dict of tensors (batch, ...) as in `condition.fields`.
            seeds: int64 (batch,). Seeds of the noise.
            **noise: float (batch, size) as in `noise_sizes`, instead of noise from `seeds`.

        Returns:
            The generator's dict: `images`, float (batch, size, size, channels) in [-1, 1], or a
            list of one such tensor per stage, lowest resolution first; and its other outputs.
        """
        if set(noise) != set(self.noise_sizes):
            noise = {**self.noise_from_seeds(seeds), **noise}
        return self({**self.condition.encode(condition), **noise}, training=False)

    def noise_from_seeds(self, seeds):
        """The generator's noise: int64 (batch,) -> dict of N(0, 1) float32 (batch, size)."""
        sizes = self.noise_sizes
        if not sizes:
            return {}
        values = normal_from_seeds(seeds, sum(sizes.values()))
        return dict(zip(sizes, tf.split(values, list(sizes.values()), axis=1), strict=True))

    def latents_from_seeds(self, seeds):
        """The latents that `generate` uses: int64 (batch,) -> float32 (batch, latent_dim)."""
        return self.noise_from_seeds(seeds)["latents"]

    # --- parts of generation ----------------------------------------------------------------------

    @property
    def parse_options(self):
        """Names of the `options` of `generate` and `interpolate` that `parse` takes."""
        return self.condition.options

    def parse(self, conditions, **options):
        """The user's conditions as a dict of arrays, one row each, as in `input_signature`."""
        return self.condition.parse(conditions, **options)

    @property
    def input_signature(self):
        """dict of `tf.TensorSpec`: the condition and the noise that determine an image."""
        sizes = self.noise_sizes.items()
        return {
            **self.condition.fields,
            **{name: tf.TensorSpec([None, size], tf.float32) for name, size in sizes},
        }

    def sample_batch(self, inputs):
        """dict of `images` (batch, h, w, channels) in [-1, 1] and the generator's other outputs,
        all in float32; `inputs`: as in `input_signature`."""
        outputs = self.sample(inputs, **{name: inputs[name] for name in self.noise_sizes})
        last = {n: v[-1] if isinstance(v, list) else v for n, v in outputs.items()}
        return {n: tf.cast(v, tf.float32) for n, v in last.items()}
