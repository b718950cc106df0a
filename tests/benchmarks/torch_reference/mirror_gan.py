"""MirrorGAN's training step in eager PyTorch, in the order of the official code."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.attn_gan import AttnGAN
from tests.benchmarks.torch_reference.base import at_least_float32
from tests.benchmarks.torch_reference.staged_networks import (
    ConvLeakyReLU,
    RefinementStage,
    StagedGenerator,
)


class GlobalLocalAttention(nn.Module):
    """Attention of features to the words and to the whole sentence."""

    def __init__(self, filters, features, condition):
        super().__init__()
        self.words = nn.Module()
        self.words.keys = nn.Linear(features, filters, bias=False)
        self.sentence = nn.Linear(condition, filters)
        self.gate = nn.Linear(filters, filters, bias=False)

    def forward(self, pixels, condition, words, mask):
        keys = self.words.keys(words)  # (n, words, c)
        scores = torch.bmm(pixels, keys.transpose(1, 2).to(pixels.dtype))
        attention = scores.masked_fill(~mask[:, None], -1e30).softmax(-1)
        sentence = self.sentence(condition)[:, None]
        gate = self.gate(pixels * sentence).softmax(-1)
        return torch.bmm(attention.to(keys.dtype), keys), sentence * gate


class MirrorStage(RefinementStage):
    def __init__(self, filters, residual_blocks, features, condition):
        super().__init__(2 * filters, filters, residual_blocks)
        self.attention = GlobalLocalAttention(filters, features, condition)
        self.join = nn.Linear(3 * filters, 2 * filters, bias=False)

    def forward(self, features, condition, text):
        pixels = features.permute(0, 2, 3, 1).flatten(1, 2)
        contexts = self.attention(pixels, condition, text["words"], text["mask"])
        x = self.join(torch.cat([pixels, *(c.to(pixels.dtype) for c in contexts)], -1))
        return self.double(x.unflatten(1, features.shape[2:]).permute(0, 3, 1, 2))


class Generator(StagedGenerator):
    def stage(self, index, s, features):
        sizes = s["generator_filters"], s["residual_blocks"], features, s["condition_dim"]
        return MirrorStage(*sizes)


class CaptionEncoder(nn.Module):
    """The zoo's compact caption encoder."""

    def __init__(self, features=256, filters=32, image_size=64):
        super().__init__()
        self.count = image_size.bit_length() - 3
        widths = [3, *(filters * min(2**i, 8) for i in range(self.count))]
        for i in range(self.count):
            self.add_module(f"down_{i + 1}", ConvLeakyReLU(*widths[i : i + 2], stride=2))
        self.linear = nn.Linear(16 * widths[-1], features)
        self.norm = nn.BatchNorm1d(features, momentum=0.01)

    def forward(self, x):
        for i in range(self.count):
            x = getattr(self, f"down_{i + 1}")(x)
        return self.norm(self.linear(x.permute(0, 2, 3, 1).flatten(1)))


class CaptionDecoder(nn.Module):
    """An image's vector, then words -> the logits of each next word."""

    def __init__(self, vocabulary_size, features, units):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, features)
        self.rnn = nn.LSTM(features, units, batch_first=True)
        self.linear = nn.Linear(units, vocabulary_size)

    def forward(self, features, tokens):
        words = self.embedding(tokens[:, :-1])
        return self.linear(self.rnn(torch.cat([features[:, None], words], 1))[0])


class Captioner(nn.Module):
    def __init__(self, vocabulary_size, image_size, units=512, encoder=None, **_):
        super().__init__()
        self.encoder = CaptionEncoder(**{"image_size": image_size, **(encoder or {})})
        features = self.encoder.linear.out_features
        self.decoder = CaptionDecoder(vocabulary_size, features, units)

    def forward(self, images, tokens):
        features = at_least_float32(self.encoder(images))
        with torch.autocast("cpu", enabled=False):
            return self.decoder(features, tokens)


class MirrorGAN(AttnGAN):
    """With the compact captioner and the mean over all words, see `Reference`."""

    frozen = (*AttnGAN.frozen, "captioner")

    def make_networks(self, settings):
        networks, captioner = super().make_networks(settings), dict(settings["captioner"])
        if captioner.pop("kind", None) != "compact":
            self.trains = False
            return networks
        sizes = len(settings["vocabulary"]), settings["stage_sizes"][-1]
        return {**networks, "captioner": Captioner(*sizes, **captioner)}

    def make_generator(self, settings):
        return Generator(settings, self.features)

    def sample_losses(self, batch, text, images):
        """AttnGAN's terms, and the cross-entropy of the caption, read from the last image."""
        terms = super().sample_losses(batch, text, images)
        tokens = batch["tokens"]
        with self.autocast():
            logits = self["captioner"](images[-1], tokens)
        entropies = F.cross_entropy(logits.transpose(1, 2), tokens, reduction="none")
        mask = torch.arange(tokens.shape[1]) < batch["lengths"][:, None]
        caption = self.settings["caption_weight"] * entropies[mask].mean()
        return {**terms, "caption_loss": caption}
