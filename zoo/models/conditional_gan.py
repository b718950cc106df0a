"""The base of all conditional GANs: a generator, its moving average, mode seeking as a switch."""

import tensorflow as tf

from zoo.losses.mode_seeking import mode_seeking_distances, mode_seeking_loss
from zoo.models import noise
from zoo.models.system import System

EMA_STATISTICS = ("average", "current")


class ConditionalGAN(System):
    """Args:
    latent_dim: int. Size of the latent z ~ N(0, 1).
    mode_seeking_weight: float. Weight of the mode seeking term (MSGAN, arXiv 1903.05628; 1 in the
        paper's tasks). 0 draws no second sample.
    ema_decay: float. Decay of the generator's moving average, which is what generates (0.999).
    ema_statistics: "average" lets the moving average follow batch statistics too; "current" copies
        them, as the AttnGAN family's code does.
    seed: int. Key of all noise drawn in training.
    """

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
            raise ValueError(
                f"`ema_statistics` must be one of {EMA_STATISTICS}. Received: {ema_statistics!r}"
            )
        super().__init__(seed=seed, **kwargs)
        self.latent_dim = latent_dim
        self.mode_seeking_weight = mode_seeking_weight
        self.ema_decay = ema_decay
        self.ema_statistics = ema_statistics

    def base_config(self):
        """The constructor arguments that this class adds."""
        return {
            "latent_dim": self.latent_dim,
            "mode_seeking_weight": self.mode_seeking_weight,
            "ema_decay": self.ema_decay,
            "ema_statistics": self.ema_statistics,
            "seed": self.seed,
        }

    @property
    def samples(self):
        """Latents drawn for each condition in training: 2 with mode seeking, else 1."""
        return 2 if self.mode_seeking_weight else 1

    def draw(self, stream, batch, size):
        """Noise (batch, size) of this iteration."""
        return noise.normal([batch, size], self.noise_key(stream))

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

    def reset_average(self):
        """Makes the moving average equal to the generator."""
        for average, variable in zip(
            self.ema_generator.variables, self.generator.variables, strict=True
        ):
            average.assign(variable)

    def update_average(self):
        """ema <- decay * ema + (1 - decay) * generator, over all weights (see `ema_statistics`)."""
        trained = {id(v) for v in self.generator.trainable_variables}
        pairs = list(zip(self.ema_generator.variables, self.generator.variables, strict=True))

        def follow(average, value, decay):
            average.assign_sub((average - value) * tf.cast(1 - decay, average.dtype))

        def update(strategy):
            for average, variable in pairs:
                copied = self.ema_statistics == "current" and id(variable) not in trained
                strategy.extended.update(
                    average.value, follow, args=(variable.value, 0.0 if copied else self.ema_decay)
                )

        context = tf.distribute.get_replica_context()
        if context is None or context.num_replicas_in_sync == 1:
            update(tf.distribute.get_strategy())
        else:
            context.merge_call(update)
