"""What the references of StackGAN++ and the AttnGAN family share: text, noise, `generate`."""

import re

import torch

from tests.benchmarks.torch_reference.base import Reference
from tests.benchmarks.torch_reference.staged_networks import TextEncoder


class Staged(Reference):
    """A system that reads captions with the recurrent encoder, see `Reference`."""

    frozen = ("text_encoder", "image_encoder")

    def __init__(self, model, *args, **kwargs):
        super().__init__(model, *args, **kwargs)
        self.sizes = self.settings["stage_sizes"]
        self.discriminators = [f"discriminator_{size}" for size in self.sizes]
        for name in ("generator", *self.discriminators):
            self.adam(name)
        self.ids = {word: i for i, word in enumerate(self.settings["vocabulary"])}

    @property
    def features(self):
        return self.settings["text_encoder"].get("features", 256)

    def make_text_encoder(self, settings):
        return TextEncoder(len(settings["vocabulary"]), **settings["text_encoder"])

    def prepare(self, batch):
        names = ("images", "mismatched_images")
        stages = {n: [self.images(x) for x in batch[n]] for n in names if n in batch}
        others = ("tokens", "lengths", "labels")
        return {**stages, **{n: torch.from_numpy(batch[n]).long() for n in others}}

    def encode(self, batch):
        with torch.no_grad():
            return self["text_encoder"](batch["tokens"], batch["lengths"])

    def draw(self, batch):
        """dict of the step's noise, by the zoo's names."""
        rows, s = self.samples * len(batch["labels"]), self.settings
        sizes = {"latents": s["latent_dim"], "condition": s["condition_dim"]}
        return {name: torch.randn(rows, size, dtype=self.dtype) for name, size in sizes.items()}

    def forward(self, text, noise):
        """The generator's outputs, one image per caption and sample."""
        repeated = {n: torch.cat([value] * self.samples) for n, value in text.items()}
        with self.autocast():
            return self["generator"](repeated, noise["latents"], noise["condition"])

    def read(self, captions):
        """(tokens, lengths) of captions; unknown words are left out."""
        s = self.settings
        rows = [
            [self.ids[w] for w in re.findall(r"\w+", caption.lower()) if w in self.ids]
            [: s["max_words"]] for caption in captions
        ]
        tokens = torch.zeros(len(rows), s["max_words"], dtype=torch.long)
        for row, words in zip(tokens, rows, strict=True):
            row[: len(words)] = torch.tensor(words)
        return tokens, torch.tensor([len(row) for row in rows])

    def generate(self, captions):
        """uint8 images (captions, size, size, 3)."""
        with torch.inference_mode():
            text = self["text_encoder"](*self.read(captions))
            sizes = self.settings["latent_dim"], self.settings["condition_dim"]
            noise = [torch.randn(len(captions), size, dtype=self.dtype) for size in sizes]
            with self.autocast():
                images = self.generator(text, *noise)["images"][-1]
        return self.to_bytes(images)


def kl_to_standard_normal(mu, log_var):
    """The mean over batch and dimensions."""
    return -0.5 * (1 + log_var - mu.square() - log_var.exp()).mean()
