"""What a text-to-image model shows of its work, and its numbers.

`zoo.visualization.attention_panel` draws it.

Of an image: where each word was read and how strongly (attention); which words a dynamic memory
took up, and where the image was redrawn from it (DM-GAN's gates); and what each of the two noises
changes alone: that of the conditioning Gaussian, and the latent. Only what a model has is there.
"""

import dataclasses
from itertools import combinations

import numpy as np

SPREAD = 6  # images of a strip


@dataclasses.dataclass
class Explanation:
    """One image and what the model shows of it.

    Attributes:
        label: str. The caption, or what stands for it.
        seed: int.
        image: uint8 (H, W, 3).
        details: dict, a row of what `generate` returns with `return_details`.
        strips: dict of uint8 (n, H, W, 3), images that differ in one noise alone, by its name:
            `conditioning_noise`, `latent`.
    """

    label: str
    seed: int
    picture: np.ndarray
    details: dict
    strips: dict = dataclasses.field(default_factory=dict)

    @property
    def words(self):
        return self.details["tokens"]

    def numbers(self):
        """dict of str, numbers and lists of one number a word; only what the model shows.

        `mean_sigma`, `mean_abs_mu`: of the conditioning Gaussian, over its dimensions, sigma being
        exp(log_var / 2). `distances`: see `mean_distance`.
        """
        shown, words = self.details, self.words
        result = {"caption": self.label, "seed": self.seed, "words": list(words)}
        if "attention" in shown:
            peaks = shown["attention"].max(axis=(0, 1))
            result["attention_peak"] = [float(peak) for peak in peaks[:len(words)]]
        if "writing_gate" in shown:
            result["writing_gate"] = [float(gate) for gate in shown["writing_gate"][:len(words)]]
        if "response_gate" in shown:
            result["mean_response_gate"] = float(shown["response_gate"].mean())
        if "mu" in shown:
            result["mean_sigma"] = float(np.exp(shown["log_var"] / 2).mean())
            result["mean_abs_mu"] = float(np.abs(shown["mu"]).mean())
        result["distances"] = {name: mean_distance(row) for name, row in self.strips.items()}
        return result


def mean_distance(images):
    """Mean of |a - b| over all pairs of uint8 (n, H, W, 3) and all pixels, with images in [-1, 1]
    as in the log's `image_distance`: 0 for equal images, 2 for black and white ones."""
    values = np.asarray(images, np.float32) / 127.5
    return float(np.mean([np.abs(a - b).mean() for a, b in combinations(values, 2)]))


def labels_of(captions):
    """A name for each row that `generate` makes of captions, of embeddings, or of None."""
    if captions is None:
        return ["no caption"]
    if isinstance(captions, np.ndarray):
        return [f"embedding {row}" for row in range(len(captions))]
    return list(captions)


def explanations(labels, seed, images, details):
    """An `Explanation` of each caption's first image, without strips.

    Args:
        labels: list of str, one a caption (see `labels_of`).
        seed: int.
        images, details: what `generate` returned.
    """
    count = len(images) // len(labels)
    return [
        Explanation(label, seed, images[row], {name: value[row] for name, value in details.items()})
        for label, row in zip(labels, range(0, len(images), count), strict=True)
    ]


def explain(model, captions, seed=0, **kwargs):
    """A list of `Explanation`s of the images with this seed, with strips.

    Args:
        model: a text-to-image system.
        captions: list of str, float (rows, features), or None: what the model's `generate` takes.
        seed: int. The first image of each strip is the explained one.
        **kwargs: see `generate` (`unknown`, `batch_size`).
    """
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
