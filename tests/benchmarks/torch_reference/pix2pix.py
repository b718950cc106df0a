"""Pix2Pix' training step in eager PyTorch, in the order of the MSGAN code: G first, then D."""

import torch

from tests.benchmarks.torch_reference.base import Reference, mode_seeking
from tests.benchmarks.torch_reference.paired_networks import Discriminator, UNet, least_squares


class Paired(Reference):
    """What Pix2Pix and BicycleGAN share, see `Reference`."""

    def prepare(self, batch):
        return {name: self.images(batch[name]) for name in ("source", "target")}

    def generate(self, sources):
        """uint8 images of sources, uint8 (n, size, size, channels)."""
        with torch.inference_mode(), self.autocast():
            source = self.images(sources) / 127.5 - 1
            latents = torch.randn(len(source), self.settings["latent_dim"], dtype=self.dtype)
            images = self.generator(source, latents)
        return self.to_bytes(images)


class Pix2Pix(Paired):
    """See `Reference`."""

    def __init__(self, model, *args, **kwargs):
        super().__init__(model, *args, **kwargs)
        for name in ("generator", "discriminator"):
            self.adam(name)

    def make_networks(self, settings):
        channels = settings["source_channels"] + settings["target_channels"]
        return {"generator": UNet(settings), "discriminator": Discriminator(channels, settings)}

    def draw(self, batch):
        """dict of the step's noise."""
        count = self.samples * len(batch["source"])
        return {"latents": torch.randn(count, self.settings["latent_dim"], dtype=self.dtype)}

    def discriminate(self, source, images):
        return self["discriminator"](torch.cat([source, images.to(source.dtype)], 1))

    def train_step(self, batch, noise=None):
        """One iteration; returns a dict of floats."""
        latents = (noise or self.draw(batch))["latents"]
        source, target = batch["source"], batch["target"]
        with self.autocast():
            images = self["generator"](source.repeat(self.samples, 1, 1, 1), latents)
        with self.fixed("discriminator"):
            samples = images.chunk(self.samples)
            with self.autocast():
                adversarial = sum(
                    least_squares(self.discriminate(source, x), 1) for x in samples
                )
            l1 = self.settings["l1_weight"] * (samples[0] - target).abs().mean()
            seeking = mode_seeking(self.settings["mode_seeking_weight"], images, latents)
            total = adversarial + l1 + seeking
            self.step("generator", total)
        self.update_ema()
        with self.autocast():
            loss = self.samples * least_squares(self.discriminate(source, target), 1)
            for fake in images.detach().chunk(self.samples):
                loss = loss + least_squares(self.discriminate(source, fake), 0)
        self.step("discriminator", loss)
        return {
            "discriminator_loss": loss.item(), "generator_loss": total.item(),
            "adversarial_loss": adversarial.item(), "l1_loss": l1.item(),
            "mode_seeking": seeking.item(),
        }
