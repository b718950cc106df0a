"""DM-GAN's training step in eager PyTorch, in the order of the official code (AttnGAN's)."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.attn_gan import damsm_losses
from tests.benchmarks.torch_reference.base import cross_entropy, mode_seeking
from tests.benchmarks.torch_reference.staged import Staged, kl_to_standard_normal
from tests.benchmarks.torch_reference.staged_networks import (
    CompactImageEncoder,
    RefinementStage,
    StagedGenerator,
    StageDiscriminator,
)


class DynamicMemory(nn.Module):
    """Features and words -> features fused with what the memory returns."""

    def __init__(self, filters, features):
        super().__init__()
        self.word_gate = nn.Linear(features, 1, bias=False)
        self.image_gate = nn.Linear(filters, 1, bias=False)
        self.word_memory = nn.Linear(features, 2 * filters)
        self.image_memory = nn.Linear(filters, 2 * filters)
        self.key, self.value = (nn.Linear(2 * filters, filters) for _ in range(2))
        self.response = nn.Linear(2 * filters, 1)

    def forward(self, features, words, mask):
        pooled = features.mean((2, 3)).detach()[:, None]
        gate = torch.sigmoid(self.word_gate(words) + self.image_gate(pooled))
        memory = gate * F.relu(self.word_memory(words))
        memory = memory + (1 - gate) * F.relu(self.image_memory(pooled))
        keys, values = F.relu(self.key(memory)), F.relu(self.value(memory))
        pixels = features.permute(0, 2, 3, 1).flatten(1, 2)  # (n, pixels, c)
        scores = torch.bmm(pixels, keys.transpose(1, 2).to(pixels.dtype))
        attention = scores.masked_fill(~mask[:, None], -1e30).softmax(-1)
        read = torch.bmm(attention.to(values.dtype), values)
        response = torch.sigmoid(self.response(torch.cat([pixels, read.to(pixels.dtype)], -1)))
        fused = (1 - response) * pixels + response * read
        return fused.unflatten(1, features.shape[2:]).permute(0, 3, 1, 2)


class MemoryStage(RefinementStage):
    def __init__(self, filters, residual_blocks, features):
        super().__init__(2 * filters, filters, residual_blocks)
        self.memory = DynamicMemory(filters, features)

    def forward(self, features, condition, text):
        fused = self.memory(features, text["words"], text["mask"])
        return self.double(torch.cat([fused, fused], 1))


class Generator(StagedGenerator):
    def stage(self, index, s, features):
        return MemoryStage(s["generator_filters"], s["residual_blocks"], features)


class DMGAN(Staged):
    """With the compact image encoder, see `Reference`."""

    spectral = True

    def make_networks(self, settings):
        s = settings
        encoder = {k: v for k, v in s["image_encoder"].items() if k != "kind"}
        encoders = {"image_encoder": CompactImageEncoder(**encoder)} if s["damsm_weight"] else {}
        return {
            **encoders,
            "text_encoder": self.make_text_encoder(s),
            "generator": self.make_generator(s),
            **{f"discriminator_{size}": StageDiscriminator(
                size, s["discriminator_filters"], self.features, self.spectral
            ) for size in s["stage_sizes"]},
        }

    def make_generator(self, settings):
        return Generator(settings, self.features)

    def train_step(self, batch, noise=None):
        """One iteration; returns a dict of floats."""
        noise, s = noise or self.draw(batch), self.settings
        order = torch.argsort(batch["lengths"], descending=True, stable=True)
        batch = {
            name: [x[order].contiguous(memory_format=self.format) for x in value]
            if isinstance(value, list) else value[order] for name, value in batch.items()
        }
        text = self.encode(batch)
        outputs = self.forward(text, noise)
        losses = [
            self._update(stage, batch["images"][stage], outputs["images"][stage].detach(),
                         text["sentence"]) for stage in range(len(self.sizes))
        ]
        with self.fixed(*self.discriminators):
            terms = [
                self.sample_losses(batch, text, images)
                for images in zip(*(x.chunk(self.samples) for x in outputs["images"]), strict=True)
            ]
            terms = {name: sum(term[name] for term in terms) for name in terms[0]}
            kl = self.samples * kl_to_standard_normal(outputs["mu"], outputs["log_var"])
            seeking = mode_seeking(
                s["mode_seeking_weight"], outputs["images"][-1], noise["latents"]
            )
            total = sum(terms.values()) + kl + seeking
            self.step("generator", total)
        self.update_ema()
        return {
            "discriminator_loss": sum(losses), "generator_loss": total.item(),
            "kl_loss": kl.item(), "mode_seeking": seeking.item(),
            **{name: term.item() for name, term in terms.items()},
        }

    def sample_losses(self, batch, text, images):
        """dict of the generator's weighted terms of one image per caption, by stage."""
        adversarial, weight = 0.0, self.settings["damsm_weight"]
        with self.autocast():
            for name, fake in zip(self.discriminators, images, strict=True):
                discriminator = self[name]
                logits = discriminator.logits(discriminator(fake), text["sentence"])
                adversarial = adversarial + sum(cross_entropy(x, 1) for x in logits)
            features = self["image_encoder"](images[-1]) if weight else None
        if not weight:
            return {"adversarial_loss": adversarial}
        words, sentences = damsm_losses(features, text, batch["labels"])
        return {
            "adversarial_loss": adversarial, "word_loss": weight * words,
            "sentence_loss": weight * sentences,
        }

    def _update(self, stage, real, fakes, sentence):
        """A step of a discriminator; the neighbor's caption makes the mismatched pairs."""
        name = self.discriminators[stage]
        discriminator = self[name]
        with self.autocast():
            features = [discriminator(x) for x in (real, *fakes.chunk(self.samples))]
            right, *made = [discriminator.logits(x, sentence) for x in features]
            wrong = discriminator.conditional(features[0][:-1], sentence[1:])
        real_loss = sum(cross_entropy(x, 1) for x in right)
        fake_loss = sum(cross_entropy(x, 0) for logits in made for x in logits)
        loss = real_loss / 2 + (fake_loss + cross_entropy(wrong, 0)) / 3
        self.step(name, loss)
        return loss.item()
