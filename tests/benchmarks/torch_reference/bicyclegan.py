"""BicycleGAN's training step in eager PyTorch, in the order of the repository since 2020-06."""

import torch

from tests.benchmarks.torch_reference.base import mode_seeking
from tests.benchmarks.torch_reference.paired_networks import (
    Discriminator,
    Encoder,
    UNet,
    least_squares,
)
from tests.benchmarks.torch_reference.pix2pix import Paired

DISCRIMINATORS = ("discriminator", "discriminator_2")


class BicycleGAN(Paired):
    """With unconditional discriminators, two of them, and the joint step; see `Reference`."""

    def __init__(self, model, *args, **kwargs):
        super().__init__(model, *args, **kwargs)
        for name in ("generator", "encoder", *DISCRIMINATORS):
            self.adam(name)

    def make_networks(self, settings):
        channels = settings["target_channels"]
        return {
            "generator": UNet(settings), "encoder": Encoder(settings),
            **{name: Discriminator(channels, settings) for name in DISCRIMINATORS},
        }

    def draw(self, batch):
        """dict of the step's noise."""
        half, size = len(batch["source"]) // 2, self.settings["latent_dim"]
        return {
            "latents": torch.randn(self.samples * half, size, dtype=self.dtype),
            "encoding": torch.randn(half, size, dtype=self.dtype),
        }

    def train_step(self, batch, noise=None):
        """One iteration; returns a dict of floats."""
        noise, s = noise or self.draw(batch), self.settings
        latents = noise["latents"]
        source = batch["source"].chunk(2)[0]
        targets = batch["target"].chunk(2)
        with self.autocast():
            mu, log_var = self["encoder"](targets[0])
            code = mu + noise["encoding"] * torch.exp(log_var / 2)
            encoded = self["generator"](source, code)
            random = self["generator"](source.repeat(self.samples, 1, 1, 1), latents)
        for name in ("generator", "encoder"):
            self.optimizers[name].zero_grad()
        with self.fixed(*DISCRIMINATORS):
            with self.autocast():
                first = least_squares(self["discriminator"](encoded), 1)
                second = sum(
                    least_squares(self["discriminator_2"](x), 1)
                    for x in random.chunk(self.samples)
                )
            l1 = s["l1_weight"] * (encoded - targets[0]).abs().mean()
            kl = -0.5 * s["kl_weight"] * (1 + log_var - mu.square() - log_var.exp()).sum()
            seeking = mode_seeking(s["mode_seeking_weight"], random, latents)
            total = s["gan_weight"] * first + s["gan2_weight"] * second + l1 + kl + seeking
            total.backward(retain_graph=True)
        with self.fixed("encoder"):  # the latent term trains G only
            with self.autocast():
                recovered, _ = self["encoder"](random.chunk(self.samples)[0])
            wanted = latents.chunk(self.samples)[0]
            latent = s["latent_weight"] * (recovered - wanted).abs().mean()
            latent.backward()
        for name in ("encoder", "generator"):
            self.update(name)
        self.update_ema()
        losses = self._update_discriminators(targets, encoded.detach(), random.detach())
        return {
            **losses, "generator_loss": total.item(), "adversarial_loss": first.item(),
            "adversarial_2_loss": second.item(), "l1_loss": l1.item(), "kl_loss": kl.item(),
            "latent_loss": latent.item(), "mode_seeking": seeking.item(),
        }

    def _update_discriminators(self, targets, encoded, random):
        losses = {}
        cycles = zip(DISCRIMINATORS, ([encoded], random.chunk(self.samples)), targets, strict=True)
        for name, fakes, real in cycles:
            with self.autocast():
                loss = len(fakes) * least_squares(self[name](real), 1)
                for fake in fakes:
                    loss = loss + least_squares(self[name](fake), 0)
            self.step(name, loss)
            losses[f"{name}_loss"] = loss.item()
        return losses
