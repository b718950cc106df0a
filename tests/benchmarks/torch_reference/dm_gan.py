"""DM-GAN's training step in eager PyTorch, in the order of the official code (AttnGAN's)."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.attn_gan import AttnGAN
from tests.benchmarks.torch_reference.staged_networks import RefinementStage, StagedGenerator


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


class DMGAN(AttnGAN):
    """With spectral normalization in the discriminators, see `AttnGAN`."""

    spectral = True

    def make_generator(self, settings):
        return Generator(settings, self.features)
