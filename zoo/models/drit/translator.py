"""What DRIT translates with: the encoders and the generator, and `generate`."""

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError
from zoo.models.conditional_gan import to_uint8
from zoo.models.drit.attribute_encoder import AttributeEncoder
from zoo.models.drit.content_encoder import ContentEncoder
from zoo.models.drit.domains import DOMAINS, OTHER
from zoo.models.drit.generator import DRITGenerator
from zoo.models.image_to_image import ImageToImage
from zoo.models.pictures import read_pictures, to_float
from zoo.networks.build import build, spec

TARGETS = {"a2b": "b", "b2a": "a"}  # direction: the domain that pictures are translated to
TO_B = tf.TensorSpec([None], tf.bool)


class Translator(ImageToImage):
    """Translates pictures of each of two domains to the other.

    Args:
        image_size: int. Pixels of the pictures, a multiple of 4.
        filters: int. Channels of the first layers.
        latent_dim: int. Size of the attribute code.
        concat: bool. The variant, see `DRITGenerator`.
        **kwargs: see `ConditionalGAN` (`mode_seeking_weight`, `seed`).
    """

    directions = tuple(TARGETS)
    preset_network_names = ("content_encoder", "attribute_encoder", "generator")

    def __init__(self, image_size, filters, latent_dim, concat, **kwargs):
        if image_size < 4 or image_size % 4:
            raise ZooError(f"`image_size` must be a multiple of 4. Received: {image_size}")
        super().__init__(image_size, latent_dim=latent_dim, **kwargs)
        self.filters = filters
        self.concat = concat
        images = {domain: spec(1, image_size, image_size, 3) for domain in DOMAINS}
        content = {
            "content": spec(1, image_size // 4, image_size // 4, 4 * filters),
            "attributes": spec(1, latent_dim),
        }
        self.content_encoder = build(ContentEncoder(filters, name="content_encoder"), images)
        self.attribute_encoder = build(
            AttributeEncoder(filters, latent_dim, concat, name="attribute_encoder"), images
        )
        self.generator = build(
            DRITGenerator(filters, latent_dim, concat, name="generator"),
            dict.fromkeys(DOMAINS, content),
        )

    def base_config(self):
        fixed = ("ema_decay", "ema_statistics", "source_channels", "target_channels")
        config = {n: value for n, value in super().base_config().items() if n not in fixed}
        return {**config, "filters": self.filters, "concat": self.concat}

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
            images: pictures of the first domain of `direction`, as `zoo.models.pictures` reads
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
