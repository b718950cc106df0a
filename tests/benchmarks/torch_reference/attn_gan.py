"""AttnGAN's training iteration in eager PyTorch: what the benchmark compares the zoo with.

The same networks (`tests.benchmarks.torch_reference.attn_gan_networks`), losses and sequence as
`zoo.models.attn_gan.AttnGAN`, written as one would write them for speed in eager PyTorch: fused
Adam, `foreach` EMA, no weight gradients of the discriminators in the generator's step,
`channels_last` as an option. The parameters of each network come in the same order as the zoo's, so
that weights can be copied (`copy_weights`).
"""

import copy
import re

import numpy as np
import torch
from torch.nn import functional as F

from tests.benchmarks.torch_reference.attn_gan_networks import (
    Discriminator,
    Generator,
    ImageEncoder,
    TextEncoder,
)
from tests.benchmarks.torch_reference.base import at_least_float32


def binary_cross_entropy(logits, target):
    return F.softplus(-logits.float() if target else logits.float()).mean()


def discriminator_loss(discriminator, real, fake, sentence):
    real_features, fake_features = discriminator(real), discriminator(fake)
    right = discriminator.logits(real_features, sentence)
    made = discriminator.logits(fake_features, sentence)
    wrong = discriminator.conditional(real_features[:-1], sentence[1:])
    real_loss = sum(binary_cross_entropy(x, 1) for x in right)
    fake_loss = sum(binary_cross_entropy(x, 0) for x in made)
    return real_loss / 2 + (fake_loss + binary_cross_entropy(wrong, 0)) / 3


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


class TorchAttnGAN:
    """The training system: frozen encoders, generator and its EMA, discriminators.

    Args:
        settings: a `tests.benchmarks.settings.Settings`.
        bfloat16: bool. Autocast to bfloat16 around the networks (not the text encoder, not losses).
        channels_last: bool. Memory format of weights and images.
    """

    def __init__(self, settings, bfloat16=False, channels_last=False):
        s = self.settings = settings
        self.bfloat16 = bfloat16
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        sizes = s.stage_sizes
        self.text_encoder = TextEncoder(s.vocabulary_size, s.features, s.embedding_dim)
        self.generator = Generator(
            sizes, s.generator_filters, s.residual_blocks, s.latent_dim, s.condition_dim, s.features
        )
        self.image_encoder = ImageEncoder(s.features, s.image_filters, sizes[-1])
        self.discriminators = [
            Discriminator(size, s.discriminator_filters, s.features) for size in sizes
        ]
        self.networks = {
            "text_encoder": self.text_encoder, "generator": self.generator,
            "image_encoder": self.image_encoder,
            **{f"discriminator_{n}": d for n, d in zip(sizes, self.discriminators, strict=True)},
        }
        for network in self.networks.values():
            network.to(memory_format=self.format)
        for network in (self.text_encoder, self.image_encoder):
            network.eval().requires_grad_(False)
        self.ema_generator = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.networks["ema_generator"] = self.ema_generator
        self.pairs = tuple(
            list(weights(network).values()) for network in (self.ema_generator, self.generator)
        )
        self.generator_optimizer, *self.discriminator_optimizers = (
            torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999), eps=1e-8, fused=True)
            for n in (self.generator, *self.discriminators)
        )

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    def prepare(self, batch):
        """A batch of arrays (images channels last) as tensors in this system's format."""
        images = [
            torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=self.format)
            for x in batch["images"]
        ]
        return {"images": images, **{
            key: torch.from_numpy(batch[key]).long() for key in ("tokens", "lengths", "labels")
        }}

    def train_step(self, batch, latents=None, noise=None):
        """One iteration in the official order; returns a dict of floats."""
        order = torch.argsort(batch["lengths"], descending=True, stable=True)
        images = [x[order].contiguous(memory_format=self.format) for x in batch["images"]]
        tokens, lengths, labels = (batch[k][order] for k in ("tokens", "lengths", "labels"))
        with torch.no_grad():
            text = self.text_encoder(tokens, lengths)
        latents = torch.randn(len(order), self.settings.latent_dim) if latents is None else latents
        noise = torch.randn(len(order), self.settings.condition_dim) if noise is None else noise
        with self.autocast():
            outputs = self.generator(text, latents, noise)
        losses = []
        for discriminator, optimizer, real, fake in zip(
            self.discriminators, self.discriminator_optimizers, images, outputs["images"],
            strict=True,
        ):
            with self.autocast():
                losses.append(
                    discriminator_loss(discriminator, real, fake.detach(), text["sentence"])
                )
            optimizer.zero_grad()
            losses[-1].backward()
            optimizer.step()
        result = self._generator_step(outputs, text, labels)
        torch._foreach_lerp_(*self.pairs, 1e-3)
        result["discriminator_loss"] = sum(losses)
        return {name: loss.item() for name, loss in result.items()}

    def _generator_step(self, outputs, text, labels):
        for discriminator in self.discriminators:
            discriminator.requires_grad_(False)
        adversarial = 0.0
        with self.autocast():
            for discriminator, fake in zip(self.discriminators, outputs["images"], strict=True):
                logits = discriminator.logits(discriminator(fake), text["sentence"])
                adversarial = adversarial + sum(binary_cross_entropy(x, 1) for x in logits)
            features = self.image_encoder(outputs["images"][-1])
        words, sentences = (5.0 * x for x in damsm_losses(features, text, labels))
        mu, log_var = outputs["mu"].float(), outputs["log_var"].float()
        kl = -0.5 * (1 + log_var - mu.square() - log_var.exp()).mean()
        total = adversarial + words + sentences + kl
        self.generator_optimizer.zero_grad()
        total.backward()
        self.generator_optimizer.step()
        for discriminator in self.discriminators:
            discriminator.requires_grad_(True)
        return {
            "generator_loss": total, "adversarial_loss": adversarial, "word_loss": words,
            "sentence_loss": sentences, "kl_loss": kl,
        }

    def generate(self, captions):
        """uint8 array (captions, size, size, 3); `captions` are read with `settings.vocabulary`."""
        s = self.settings
        ids = {word: i for i, word in enumerate(s.vocabulary)}
        rows = [
            [ids[w] for w in re.findall(r"\w+", caption.lower()) if w in ids][: s.max_words]
            for caption in captions
        ]
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        tokens = torch.zeros(len(rows), s.max_words, dtype=torch.long)
        for row, i in enumerate(order):
            tokens[row, : len(rows[i])] = torch.tensor(rows[i])
        with torch.inference_mode():
            text = self.text_encoder(tokens, torch.tensor([len(rows[i]) for i in order]))
            latents = torch.randn(len(rows), s.latent_dim)
            noise = torch.randn(len(rows), s.condition_dim)
            with self.autocast():
                images = self.ema_generator(text, latents, noise)["images"][-1]
            images = ((images.float() + 1) * 127.5).clamp(0, 255).round().to(torch.uint8)
            return images[torch.tensor(order).argsort()].permute(0, 2, 3, 1).contiguous().numpy()


def weights(network):
    """The parameters and batch statistics of a network in order (no counters)."""
    return {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}


def copy_weights(network, arrays):
    """Fills a network from the zoo's weights (channels last, dense kernels (inputs, outputs))."""
    for (name, tensor), array in zip(weights(network).items(), arrays, strict=True):
        array = np.asarray(array)
        if array.ndim == 4:
            array = array.transpose(3, 2, 0, 1)
        elif array.ndim == 2 and not name.startswith("embedding"):
            array = array.T
        if tensor.shape != array.shape:
            raise ValueError(f"{name}: {tuple(tensor.shape)} does not match {array.shape}")
        tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))
