"""StackGAN++'s training step in eager PyTorch, in the official order, with both heads."""

import torch

from tests.benchmarks.torch_reference.base import cross_entropy, mode_seeking
from tests.benchmarks.torch_reference.staged import Staged, kl_to_standard_normal
from tests.benchmarks.torch_reference.staged_networks import (
    ConvGLU,
    RefinementStage,
    StagedGenerator,
    StageDiscriminator,
    tiled,
)


class ConcatStage(RefinementStage):
    """The condition at every pixel, then residual blocks and an up-block."""

    def __init__(self, channels, outputs, residual_blocks, condition):
        super().__init__(channels, outputs, residual_blocks)
        self.joint = ConvGLU(channels + condition, channels)

    def forward(self, features, condition, text):
        return self.double(self.joint(torch.cat([tiled(condition, features), features], 1)))


class Generator(StagedGenerator):
    narrows = True

    def stage(self, index, s, features):
        width = s["generator_filters"] >> index
        return ConcatStage(width, width // 2, s["residual_blocks"], s["condition_dim"])


class StackGANV2(Staged):
    """See `Reference`."""

    def make_networks(self, settings):
        s = settings
        return {
            "text_encoder": self.make_text_encoder(s), "generator": Generator(s, self.features),
            **{f"discriminator_{size}": StageDiscriminator(
                size, s["discriminator_filters"], s["condition_dim"]) for size in s["stage_sizes"]},
        }

    def logits(self, name, images, condition):
        discriminator = self[name]
        return discriminator.logits(discriminator(images), condition)

    def train_step(self, batch, noise=None):
        """One iteration; returns a dict of floats."""
        text, noise, s = self.encode(batch), noise or self.draw(batch), self.settings
        outputs = self.forward(text, noise)
        conditions = outputs["mu"].chunk(self.samples)
        losses = [self._update(stage, batch, outputs) for stage in range(len(self.sizes))]
        with self.fixed(*self.discriminators):
            adversarial = 0.0
            with self.autocast():
                for name, images in zip(self.discriminators, outputs["images"], strict=True):
                    for fake, mu in zip(images.chunk(self.samples), conditions, strict=True):
                        conditional, other = self.logits(name, fake, mu)
                        adversarial = adversarial + cross_entropy(conditional, 1)
                        adversarial = adversarial + s["unconditional_weight"] * cross_entropy(
                            other, 1
                        )
            mean = kl_to_standard_normal(outputs["mu"], outputs["log_var"])
            kl = s["kl_weight"] * self.samples * mean
            seeking = mode_seeking(
                s["mode_seeking_weight"], outputs["images"][-1], noise["latents"]
            )
            total = adversarial + kl + seeking
            self.step("generator", total)
        self.update_ema()
        return {
            "discriminator_loss": sum(losses), "generator_loss": total.item(),
            "adversarial_loss": adversarial.item(), "kl_loss": kl.item(),
            "mode_seeking": seeking.item(),
        }

    def _update(self, stage, batch, outputs):
        """A step of a discriminator on real, mismatched and generated images, one call each."""
        name, conditions = self.discriminators[stage], outputs["mu"].detach().chunk(self.samples)
        fakes = outputs["images"][stage].detach().chunk(self.samples)
        with self.autocast():
            real = self.logits(name, batch["images"][stage], conditions[0])
            wrong = self.logits(name, batch["mismatched_images"][stage], conditions[0])
            made = [self.logits(name, f, mu) for f, mu in zip(fakes, conditions, strict=True)]
        loss = cross_entropy(real[0], 1) + cross_entropy(wrong[0], 0)
        other = cross_entropy(real[1], 1) + cross_entropy(wrong[1], 1)
        for conditional, unconditional in made:
            loss = loss + cross_entropy(conditional, 0)
            other = other + cross_entropy(unconditional, 0)
        loss = loss + self.settings["unconditional_weight"] * other
        self.step(name, loss)
        return loss.item()
