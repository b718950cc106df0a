"""The label-conditional DCGAN's training step in eager PyTorch, in the order of the MSGAN code."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.base import (
    Reference,
    cross_entropy,
    leaky,
    mode_seeking,
)


class Generator(nn.Module):
    """(latents (n, z), one-hot labels (n, classes)) -> images (n, 3, size, size)."""

    def __init__(self, image_size, filters, latent_dim, classes):
        super().__init__()
        self.count = image_size.bit_length() - 3
        widths = [latent_dim + classes, *(filters << i for i in reversed(range(self.count)))]
        for i in range(self.count):
            up = {"stride": 2, "padding": 1} if i else {}
            self.add_module(f"deconv_{i + 1}", nn.ConvTranspose2d(*widths[i : i + 2], 4, **up))
            self.add_module(f"norm_{i + 1}", nn.BatchNorm2d(widths[i + 1]))
        self.image = nn.ConvTranspose2d(widths[-1], 3, 4, stride=2, padding=1)

    def forward(self, latents, labels):
        x = torch.cat([latents, labels], 1)[..., None, None]
        for i in range(self.count):
            deconv, norm = (getattr(self, f"{kind}_{i + 1}") for kind in ("deconv", "norm"))
            x = F.relu(norm(deconv(x)))
        return torch.tanh(self.image(x))


class Discriminator(nn.Module):
    """(images, one-hot labels) -> logits (n,)."""

    def __init__(self, image_size, filters, classes):
        super().__init__()
        self.count = image_size.bit_length() - 3
        widths = [3 + classes, *(filters << i for i in range(self.count))]
        for i in range(self.count):
            conv = nn.Conv2d(*widths[i : i + 2], 4, stride=2, padding=1)
            self.add_module(f"conv_{i + 1}", conv)
            if i:
                self.add_module(f"norm_{i + 1}", nn.BatchNorm2d(widths[i + 1]))
        self.logit = nn.Conv2d(widths[-1], 1, 4)

    def forward(self, images, labels):
        maps = labels[..., None, None].expand(-1, -1, *images.shape[2:])
        x = torch.cat([images, maps], 1)
        for i in range(self.count):
            x = getattr(self, f"conv_{i + 1}")(x)
            x = leaky(getattr(self, f"norm_{i + 1}")(x) if i else x)
        return self.logit(x).flatten()


class DCGAN(Reference):
    """See `Reference`."""

    def __init__(self, model, *args, **kwargs):
        super().__init__(model, *args, **kwargs)
        for name in ("generator", "discriminator"):
            self.adam(name, weight_decay=self.settings["weight_decay"])

    def make_networks(self, settings):
        sizes = settings["image_size"], settings["filters"]
        return {
            "generator": Generator(*sizes, settings["latent_dim"], settings["classes"]),
            "discriminator": Discriminator(*sizes, settings["classes"]),
        }

    def prepare(self, batch):
        labels = F.one_hot(torch.from_numpy(batch["labels"]), self.settings["classes"])
        return {"images": self.images(batch["images"]), "labels": labels.to(self.dtype)}

    def draw(self, batch):
        """dict of the step's noise."""
        count = self.samples * len(batch["labels"])
        return {"latents": torch.randn(count, self.settings["latent_dim"], dtype=self.dtype)}

    def train_step(self, batch, noise=None):
        """One iteration; returns a dict of floats."""
        latents = (noise or self.draw(batch))["latents"]
        images, labels = batch["images"], batch["labels"]
        with self.autocast():
            fakes = self["generator"](latents, labels.repeat(self.samples, 1))
            loss = 0.0
            for fake in fakes.detach().chunk(self.samples):
                loss = loss + cross_entropy(self["discriminator"](fake, labels), 0)
                loss = loss + cross_entropy(self["discriminator"](images, labels), 1)
        self.step("discriminator", loss)
        with self.fixed("discriminator"):
            with self.autocast():
                adversarial = sum(
                    cross_entropy(self["discriminator"](fake, labels), 1)
                    for fake in fakes.chunk(self.samples)
                )
            seeking = mode_seeking(self.settings["mode_seeking_weight"], fakes, latents)
            self.step("generator", adversarial + seeking)
        self.update_ema()
        return {
            "discriminator_loss": loss.item(), "adversarial_loss": adversarial.item(),
            "mode_seeking": seeking.item(), "generator_loss": (adversarial + seeking).item(),
        }

    def generate(self, labels):
        """uint8 images of labels, ints (n,)."""
        with torch.inference_mode(), self.autocast():
            codes = F.one_hot(torch.tensor(labels), self.settings["classes"]).to(self.dtype)
            latents = torch.randn(len(codes), self.settings["latent_dim"], dtype=self.dtype)
            images = self.generator(latents, codes)
        return self.to_bytes(images)
