"""Explanations of generated images: the internals of a text-to-image model, and summary numbers.

`zoo.visualization.attention_panel` draws them.

An explanation has the attention to each word; the writing and response gates of a dynamic memory
(DM-GAN); and strips of images in which only one of the two noises varies, that of the conditioning
Gaussian or the latent. It contains only the parts that the model has.
"""

import dataclasses
from itertools import combinations

import numpy as np

SPREAD = 6  # images per strip


@dataclasses.dataclass
class Explanation:
    """One image and the internals of the model for it.

    Attributes:
        label: str. The caption, or a replacement.
        seed: int.
        image: uint8 (H, W, 3).
        details: dict, one row of the details that `generate` returns with `return_details`.
        strips: dict of uint8 (n, H, W, 3), images that differ only in the noise that is the key:
            `conditioning_noise`, `latent`.
    """

    label: str
    seed: int
    image: np.ndarray
    details: dict
    strips: dict = dataclasses.field(default_factory=dict)

    @property
    def words(self):
        return self.details["tokens"]

    def numbers(self):
        """dict of str, numbers, and lists of one number per word; only what the model has.

        `mean_sigma`, `mean_abs_mu`: means over the dimensions of the conditioning Gaussian, with
        sigma = exp(log_var / 2). `distances`: see `mean_distance`.
        """
        details, words = self.details, self.words
        result = {"caption": self.label, "seed": self.seed, "words": list(words)}
        if "attention" in details:
            peaks = details["attention"].max(axis=(0, 1))
            result["attention_peak"] = [float(peak) for peak in peaks[:len(words)]]
        if "writing_gate" in details:
            result["writing_gate"] = [float(gate) for gate in details["writing_gate"][:len(words)]]
        if "response_gate" in details:
            result["mean_response_gate"] = float(details["response_gate"].mean())
        if "mu" in details:
            result["mean_sigma"] = float(np.exp(details["log_var"] / 2).mean())
            result["mean_abs_mu"] = float(np.abs(details["mu"]).mean())
        result["distances"] = {name: mean_distance(row) for name, row in self.strips.items()}
        return result


def mean_distance(images):
    """Mean of |a - b| over all pairs of uint8 (n, H, W, 3) and all pixels, with images in [-1, 1]
    as in the logged `image_distance`: 0 for equal images, 2 between black and white."""
    values = np.asarray(images, np.float32) / 127.5
    return float(np.mean([np.abs(a - b).mean() for a, b in combinations(values, 2)]))


def labels_of(captions):
    """One label per condition: a caption, an embedding, or no caption."""
    if captions is None:
        return ["no caption"]
    if isinstance(captions, str):
        return [captions]
    if isinstance(captions, np.ndarray) and captions.dtype.kind in "fiu":
        return [f"embedding {row}" for row in range(len(captions))]
    return list(captions)


def explanations(labels, seed, images, details):
    """An `Explanation` of each caption's first image, without strips.

    Args:
        labels: list of str, one per caption (see `labels_of`).
        seed: int.
        images, details: the output of `generate`.
    """
    count = len(images) // len(labels)
    return [
        Explanation(label, seed, images[row], {name: value[row] for name, value in details.items()})
        for label, row in zip(labels, range(0, len(images), count), strict=True)
    ]


def explain(model, captions, seed=0, **kwargs):
    """`Explanation`s, with strips, of the images with this seed: one per caption.

    Args:
        model: a text-to-image system.
        captions: captions or sentence embeddings in any form that the model's `generate` takes, or
            None.
        seed: int. The first image of each strip is the explained one.
        **kwargs: see `generate` (`unknown`, `batch_size`).
    """
    if model.condition.kind == "embeddings":
        captions = model.parse(captions)["sentence"]  # float32 (rows, features)
    captions = [captions] if isinstance(captions, str) else captions
    images, details = model.generate(captions, seed=seed, return_details=True, **kwargs)
    result = explanations(labels_of(captions), seed, images, details)
    for name, images in _strips(model, captions, seed, "mu" in details, kwargs).items():
        for index, explanation in enumerate(result):
            explanation.strips[name] = images[index * SPREAD:(index + 1) * SPREAD]
    return result


def _strips(model, captions, seed, has_gaussian, kwargs):
    if captions is None:
        return {"latent": model.generate(None, SPREAD, seed=seed, **kwargs)}
    repeated = [caption for caption in captions for _ in range(SPREAD)]
    one = [seed] * len(repeated)
    many = [seed + k for k in range(SPREAD)] * len(captions)

    def make(seeds, noise_seeds):
        return model.generate(repeated, seed=seeds, noise_seed=noise_seeds, **kwargs)

    strips = {"conditioning_noise": make(one, many)} if has_gaussian else {}
    return {**strips, "latent": make(many, one)}
