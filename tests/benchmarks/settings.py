"""The sizes that the benchmark measures at, and its synthetic batches."""

from dataclasses import dataclass

import numpy as np

from recipes import attn_gan, damsm


@dataclass(frozen=True)
class Settings:
    """Sizes of AttnGAN and its batches; `emoji()` gives the recipe's."""

    batch_size: int
    stage_sizes: tuple
    generator_filters: int
    discriminator_filters: int
    residual_blocks: int
    latent_dim: int
    condition_dim: int
    features: int
    embedding_dim: int
    image_filters: int
    max_words: int
    vocabulary_size: int = 1229  # of the emoji captions
    name: str = "those of `recipes/attn_gan.py:emoji`"

    @property
    def vocabulary(self):
        """Made-up words: "<end>", "<unk>", "w2", "w3" ..."""
        return ["<end>", "<unk>", *(f"w{i}" for i in range(2, self.vocabulary_size))]

    def describe(self):
        """One line."""
        sizes = "/".join(str(size) for size in self.stage_sizes)
        return (
            f"{self.name}: stage sizes {sizes}, generator filters {self.generator_filters}, "
            f"discriminator filters {self.discriminator_filters}, residual blocks "
            f"{self.residual_blocks}, latent {self.latent_dim}, condition {self.condition_dim}, "
            f"features {self.features}, compact image encoder with {self.image_filters} filters, "
            f"at most {self.max_words} words, batch {self.batch_size}"
        )


def emoji(**changes):
    """The settings of `recipes/attn_gan.py:emoji` and its DAMSM."""
    gan, matching = attn_gan.get_config("emoji"), damsm.get_config("emoji").model
    names = ("generator_filters", "discriminator_filters", "residual_blocks", "latent_dim",
             "condition_dim")
    return Settings(**{
        "batch_size": gan.batch_size, "stage_sizes": tuple(gan.model.stage_sizes),
        **{name: gan.model[name] for name in names},
        "features": matching.features, "embedding_dim": matching.embedding_dim,
        "image_filters": matching.image_filters, "max_words": gan.data.max_words, **changes,
    })


def quick():
    """Small sizes, to try the program out."""
    return emoji(
        batch_size=4, stage_sizes=(8, 16, 32), generator_filters=4, discriminator_filters=4,
        latent_dim=8, condition_dim=6, features=16, embedding_dim=12, image_filters=4,
        vocabulary_size=50, name="tiny ones, to try the program out",
    )


def make_batch(settings, seed=0):
    """A constant batch of arrays, images channels last in [-1, 1]; captions of 2 to 8 words."""
    rng = np.random.default_rng(seed)
    count, words = settings.batch_size, settings.max_words
    lengths = rng.integers(2, min(8, words) + 1, count)
    tokens = rng.integers(2, settings.vocabulary_size, (count, words))
    tokens[np.arange(words)[None] >= lengths[:, None]] = 0
    largest = rng.uniform(-1, 1, (count, settings.stage_sizes[-1], settings.stage_sizes[-1], 3))
    return {
        "images": tuple(
            largest[:, :: settings.stage_sizes[-1] // s, :: settings.stage_sizes[-1] // s]
            .astype("float32") for s in settings.stage_sizes
        ),
        "tokens": tokens.astype("int32"), "lengths": lengths.astype("int32"),
        "labels": np.arange(count, dtype="int64"),
    }


def captions_of(settings, batch):
    """The batch's captions as text."""
    return [
        " ".join(settings.vocabulary[t] for t in row[:n])
        for row, n in zip(batch["tokens"], batch["lengths"], strict=True)
    ]
