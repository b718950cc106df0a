"""AttnGAN's training iteration in eager PyTorch: what the benchmark compares the zoo with.

The same networks, losses and sequence as `zoo.models.attn_gan.AttnGAN`, written as one would write
them for speed in eager PyTorch: fused Adam, `foreach` moving average, no weight gradients of the
discriminators in the generator's step, `channels_last` as an option. The parameters of each network
come in the same order as the zoo's, so that weights can be copied (`copy_weights`).
"""

import copy
import re

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def conv3x3(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


class ConvGLU(nn.Module):
    """(Upsample ->) conv3x3 -> batch norm -> GLU."""

    def __init__(self, inputs, outputs, upsample=False):
        super().__init__()
        self.upsample = upsample
        self.conv = conv3x3(inputs, 2 * outputs)
        self.norm = nn.BatchNorm2d(2 * outputs)

    def forward(self, x):
        if self.upsample:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return F.glu(self.norm(self.conv(x)), dim=1)


class ResidualBlock(nn.Module):
    """x + BN(conv(GLU(BN(conv(x)))))."""

    def __init__(self, channels):
        super().__init__()
        self.gated = ConvGLU(channels, channels)
        self.conv = conv3x3(channels, channels)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return x + self.norm(self.conv(self.gated(x)))


class ConvLeakyReLU(nn.Module):
    """Convolution (3x3, or 4x4 with stride 2) -> batch norm -> LeakyReLU(0.2)."""

    def __init__(self, inputs, outputs, stride=1, normalize=True):
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, {1: 3, 2: 4}[stride], stride=stride, padding=1, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs) if normalize else nn.Identity()

    def forward(self, x):
        return F.leaky_relu(self.norm(self.conv(x)), 0.2, inplace=True)


class TextEncoder(nn.Module):
    """Embedding -> one bidirectional LSTM layer; the captions come with the longest first."""

    def __init__(self, vocabulary_size, features, embedding_dim):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim)
        self.rnn = nn.LSTM(embedding_dim, features // 2, bidirectional=True, batch_first=True)

    def forward(self, tokens, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True
        )
        words, (hidden, _) = self.rnn(packed)
        words, _ = nn.utils.rnn.pad_packed_sequence(
            words, batch_first=True, total_length=tokens.shape[1]
        )
        return {
            "words": words, "sentence": torch.cat([hidden[0], hidden[1]], 1),
            "mask": tokens != 0,
        }


class WordAttention(nn.Module):
    """context = sum over words of softmax(pixel . key) * key."""

    def __init__(self, features, word_features):
        super().__init__()
        self.keys = nn.Linear(word_features, features, bias=False)

    def forward(self, pixels, words, mask):
        batch, channels, height, width = pixels.shape
        keys = self.keys(words)  # (batch, words, channels)
        scores = torch.bmm(pixels.flatten(2).transpose(1, 2), keys.transpose(1, 2))
        attention = torch.softmax(scores.masked_fill(~mask[:, None], -1e30), dim=-1)
        context = torch.bmm(attention, keys).transpose(1, 2)
        return (
            context.reshape(batch, channels, height, width),
            attention.reshape(batch, height, width, -1),
        )


class AttentionStage(nn.Module):
    def __init__(self, filters, residual_blocks, word_features):
        super().__init__()
        self.attention = WordAttention(filters, word_features)
        self.residuals = nn.Sequential(
            *(ResidualBlock(2 * filters) for _ in range(residual_blocks))
        )
        self.up = ConvGLU(2 * filters, filters, upsample=True)

    def forward(self, features, words, mask):
        context, attention = self.attention(features, words, mask)
        x = torch.cat([features, context], 1)
        return self.up(self.residuals(x)), attention


class Generator(nn.Module):
    def __init__(self, sizes, filters, residual_blocks, latent_dim, condition_dim, features):
        super().__init__()
        doublings = sizes[0].bit_length() - 3
        self.width = filters * 2**doublings
        self.augmentation = nn.Linear(features, 4 * condition_dim)
        self.linear = nn.Linear(condition_dim + latent_dim, self.width * 16 * 2, bias=False)
        self.norm = nn.BatchNorm1d(self.width * 16 * 2)
        self.ups = nn.Sequential(*(
            ConvGLU(self.width >> i, self.width >> i + 1, upsample=True) for i in range(doublings)
        ))
        self.refinements = nn.ModuleList(
            AttentionStage(filters, residual_blocks, features) for _ in sizes[1:]
        )
        self.heads = nn.ModuleList(conv3x3(filters, 3) for _ in sizes)

    def forward(self, text, latents, noise):
        mu, log_var = F.glu(self.augmentation(text["sentence"]), dim=1).chunk(2, dim=1)
        condition = mu + noise * torch.exp(0.5 * log_var)
        x = F.glu(self.norm(self.linear(torch.cat([condition, latents], 1))), dim=1)
        x = x.reshape(-1, self.width, 4, 4)
        if self.ups[0].conv.weight.is_contiguous(memory_format=torch.channels_last):
            x = x.contiguous(memory_format=torch.channels_last)
        features, attention = [self.ups(x)], []
        for stage in self.refinements:
            refined, weights = stage(features[-1], text["words"], text["mask"])
            features.append(refined)
            attention.append(weights)
        images = [torch.tanh(head(x)) for head, x in zip(self.heads, features, strict=True)]
        return {"images": images, "attention": attention, "mu": mu, "log_var": log_var}


class LogitHead(nn.Module):
    def __init__(self, channels, sentence_features=0):
        super().__init__()
        self.logit = nn.Conv2d(channels, 1, 4, stride=4)
        if sentence_features:
            self.joint = ConvLeakyReLU(channels + sentence_features, channels)

    def forward(self, features, sentence=None):
        if sentence is not None:
            tiled = sentence.to(features.dtype)[:, :, None, None].expand(-1, -1, 4, 4)
            features = self.joint(torch.cat([features, tiled], 1))
        return self.logit(features).reshape(-1)


class Discriminator(nn.Module):
    def __init__(self, size, filters, sentence_features):
        super().__init__()
        halvings = size.bit_length() - 3
        widths = [filters * 2**i for i in range(halvings)]
        reductions = [filters * 2**i for i in range(halvings - 2, 2, -1)]
        channels = [3, *widths, *reductions]
        self.blocks = nn.Sequential(*(
            ConvLeakyReLU(channels[i], channels[i + 1], 2 if i < halvings else 1, normalize=i > 0)
            for i in range(len(channels) - 1)
        ))
        self.conditional = LogitHead(channels[-1], sentence_features)
        self.unconditional = LogitHead(channels[-1])

    def forward(self, images):
        return self.blocks(images)

    def logits(self, features, sentence):
        return self.conditional(features, sentence), self.unconditional(features)


class ImageEncoder(nn.Module):
    """The compact image encoder."""

    def __init__(self, features, filters, image_size):
        super().__init__()
        halvings = image_size.bit_length() - 4
        widths = [max(4 * filters >> i, filters // 2, 1) for i in reversed(range(halvings))]
        channels = [3, *widths]
        self.local_blocks = nn.Sequential(*(
            ConvLeakyReLU(channels[i], channels[i + 1], stride=2) for i in range(halvings)
        ))
        self.context_blocks = nn.Sequential(*(
            ConvLeakyReLU(4 * filters, 4 * filters) for _ in range(2)
        ))
        self.global_blocks = nn.Sequential(
            ConvLeakyReLU(4 * filters, 8 * filters, 2), ConvLeakyReLU(8 * filters, 8 * filters, 2)
        )
        self.emb_features = nn.Conv2d(4 * filters, features, 1, bias=False)
        self.emb_cnn_code = nn.Linear(32 * filters, features)

    def forward(self, images):
        x = self.local_blocks(images)
        x = x + self.context_blocks(x)
        pooled = self.global_blocks(x).permute(0, 2, 3, 1).flatten(1)
        return {"regions": self.emb_features(x), "code": self.emb_cnn_code(pooled)}


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
    regions, words = image["regions"].float().flatten(2).transpose(1, 2), text["words"]
    open_words = text["mask"]
    scores = torch.einsum("ird,jtd->jitr", regions, words)
    scores = scores.masked_fill(~open_words[:, None, :, None], -1e30).softmax(2)
    context = torch.einsum("jitr,ird->jitd", (4.0 * scores).softmax(3), regions)
    similarity = 5.0 * cosine(context, words[:, None])
    similarity = similarity.masked_fill(~open_words[:, None], -1e30).logsumexp(2).t()
    sentences = cosine(image["code"].float()[:, None], text["sentence"][None])
    return matching_loss(similarity, labels), matching_loss(sentences, labels)


def matching_loss(similarity, labels):
    own = torch.eye(len(labels), dtype=torch.bool)
    same = (labels[:, None] == labels[None]) & ~own
    logits = (10.0 * similarity).masked_fill(same, -1e30)
    chosen = logits.diagonal()
    return sum((logits.logsumexp(dim) - chosen).mean() for dim in (1, 0))


class TorchAttnGAN:
    """The training system: frozen encoders, generator and its moving average, discriminators.

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
        for place, i in enumerate(order):
            tokens[place, : len(rows[i])] = torch.tensor(rows[i])
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
