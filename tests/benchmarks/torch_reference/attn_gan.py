"""AttnGAN's training step in eager PyTorch, in the order of the official code."""

import torch
from torch import nn

from tests.benchmarks.torch_reference.base import at_least_float32, cross_entropy, mode_seeking
from tests.benchmarks.torch_reference.staged import Staged, kl_to_standard_normal
from tests.benchmarks.torch_reference.staged_networks import (
    CompactImageEncoder,
    RefinementStage,
    StagedGenerator,
    StageDiscriminator,
)


class WordAttention(nn.Module):
    """Word context of every pixel (n, c, h, w)."""

    def __init__(self, filters, features):
        super().__init__()
        self.keys = nn.Linear(features, filters, bias=False)

    def forward(self, features, words, mask):
        keys = self.keys(words)  # (n, words, c)
        pixels = features.permute(0, 2, 3, 1).flatten(1, 2)
        scores = torch.bmm(pixels, keys.transpose(1, 2).to(pixels.dtype))
        attention = scores.masked_fill(~mask[:, None], -1e30).softmax(-1)
        context = torch.bmm(attention.to(keys.dtype), keys)
        return context.unflatten(1, features.shape[2:]).permute(0, 3, 1, 2)


class AttentionStage(RefinementStage):
    def __init__(self, filters, residual_blocks, features):
        super().__init__(2 * filters, filters, residual_blocks)
        self.attention = WordAttention(filters, features)

    def forward(self, features, condition, text):
        context = self.attention(features, text["words"], text["mask"])
        return self.double(torch.cat([features, context.to(features.dtype)], 1))


class Generator(StagedGenerator):
    def stage(self, index, s, features):
        return AttentionStage(s["generator_filters"], s["residual_blocks"], features)


def cosine(a, b):
    norms = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    return (a * b).sum(-1) / norms.clamp_min(1e-8)


def damsm_losses(image, text, labels):
    """Word loss and sentence loss, each in both directions, in float32."""
    regions, words = at_least_float32(image["regions"]).flatten(2).transpose(1, 2), text["words"]
    open_words = text["mask"]
    scores = torch.einsum("ird,jtd->jitr", regions, words)
    scores = scores.masked_fill(~open_words[:, None, :, None], -1e30).softmax(2)
    context = torch.einsum("jitr,ird->jitd", (4.0 * scores).softmax(3), regions)
    similarity = 5.0 * cosine(context, words[:, None])
    similarity = similarity.masked_fill(~open_words[:, None], -1e30).logsumexp(2).t()
    sentences = cosine(at_least_float32(image["code"])[:, None], text["sentence"][None])
    return matching_loss(similarity, labels), matching_loss(sentences, labels)


def matching_loss(similarity, labels):
    own = torch.eye(len(labels), dtype=torch.bool)
    same = (labels[:, None] == labels[None]) & ~own
    logits = (10.0 * similarity).masked_fill(same, -1e30)
    chosen = logits.diagonal()
    return sum((logits.logsumexp(dim) - chosen).mean() for dim in (1, 0))


class AttnGAN(Staged):
    """With the compact image encoder; with others it only generates. See `Reference`."""

    spectral = False

    def make_networks(self, settings):
        s, encoders = settings, {}
        if s["damsm_weight"]:
            encoder = dict(s["image_encoder"])
            self.trains = encoder.pop("kind", None) == "compact"
            encoders = {"image_encoder": CompactImageEncoder(**encoder)} if self.trains else {}
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
