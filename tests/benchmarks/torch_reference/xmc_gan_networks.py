"""XMC-GAN's networks in eager PyTorch; the linear maps of the generator are not normalized."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.base import at_least_float32

UP = {64: (16, 8, 4, 2), 128: (16, 8, 4, 2, 1), 256: (16, 8, 8, 4, 2, 1)}
DOWN = {64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16), 256: (1, 2, 4, 8, 8, 16, 16)}
REGIONS, TEMPERATURE = 16, 15.0


def unit(x):
    """x scaled to length 1 along the last axis."""
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True).clamp_min(1e-12))


class BatchNorm(nn.Module):
    """Without scale and shift; the running variance follows the biased one, if `update`."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x, update):
        if not self.training:
            return F.batch_norm(x, self.running_mean, self.running_var, eps=1e-5)
        y, mean, scale = torch.native_batch_norm(x, None, None, None, None, True, 0.0, 1e-5)
        if update:
            with torch.no_grad():
                self.running_mean.lerp_(mean.to(self.running_mean.dtype), 0.1)
                variance = scale.to(self.running_var.dtype).pow(-2) - 1e-5
                self.running_var.lerp_(variance, 0.1)
        return y


class ModulatedNorm(nn.Module):
    """BN(x) (1 + gamma(c)) + beta(c), c a vector or a map of conditions."""

    def __init__(self, channels, condition, local):
        super().__init__()
        self.norm = BatchNorm(channels)
        for name in ("gamma", "beta"):
            layer = (nn.Conv2d(condition, channels, 1) if local else
                     nn.Linear(condition, channels))
            self.add_module(name, layer)

    def forward(self, x, condition, update):
        x = self.norm(x, update)
        gamma, beta = self.gamma(condition), self.beta(condition)
        if gamma.ndim == 2:
            gamma, beta = gamma[..., None, None], beta[..., None, None]
        elif gamma.shape[2:] != x.shape[2:]:
            factor = x.shape[2] // gamma.shape[2]
            gamma, beta = (F.interpolate(v, scale_factor=factor) for v in (gamma, beta))
        return x * (1 + gamma) + beta


class UpBlock(nn.Module):
    def __init__(self, inputs, outputs, condition, local):
        super().__init__()
        self.norm_1 = ModulatedNorm(inputs, condition, local)
        self.norm_2 = ModulatedNorm(outputs, condition, local)
        self.conv_1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv_2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, condition, update):
        y = F.relu(self.norm_1(x, condition, update))
        y = self.conv_1(F.interpolate(y, scale_factor=2))
        y = self.conv_2(F.relu(self.norm_2(y, condition, update)))
        return y + F.interpolate(self.shortcut(x), scale_factor=2)


class Generator(nn.Module):
    """(dict of `words`, `sentence`, `mask`, latents) -> images in [-1, 1]."""

    def __init__(self, settings, features):
        super().__init__()
        s, ratios = settings, UP[settings["image_size"]]
        filters, latent = s["generator_filters"], s["latent_dim"]
        self.width, self.count = ratios[0] * filters, len(ratios)
        self.project = nn.Linear(features, latent)
        self.start = nn.Linear(latent, self.width * 16)
        widths = [self.width, *(ratio * filters for ratio in ratios)]
        for i in range(self.count):
            local = i >= 2
            condition = 2 * latent + (features if local else 0)
            block = UpBlock(*widths[i : i + 2], condition, local)
            self.add_module(f"block_{i + 1}", block)
        self.query = nn.Conv2d(widths[2], features, 1)
        self.norm = ModulatedNorm(widths[-1], 2 * latent + features, True)
        self.image = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, text, latents, update=True):
        condition = torch.cat([self.project(text["sentence"]), latents], 1)
        x = self.start(latents).reshape(-1, 4, 4, self.width).permute(0, 3, 1, 2)
        if self.block_1.conv_1.weight.is_contiguous():  # 1x1 kernels are so in both formats
            x = x.contiguous()
        for i in (1, 2):
            x = getattr(self, f"block_{i}")(x, condition, update)
        context = self.attend(x, text)
        maps = condition[..., None, None].expand(-1, -1, *x.shape[2:])
        local = torch.cat([context.to(x.dtype), maps.to(x.dtype)], 1)
        for i in range(3, self.count + 1):
            x = getattr(self, f"block_{i}")(x, local, update)
        return torch.tanh(at_least_float32(self.image(F.relu(self.norm(x, local, update)))))

    def attend(self, x, text):
        """Word context of every position (n, c, h, w)."""
        queries = unit(at_least_float32(self.query(x)).permute(0, 2, 3, 1).flatten(1, 2))
        words = unit(at_least_float32(text["words"]))
        scores = TEMPERATURE * torch.bmm(queries, words.transpose(1, 2))
        attention = scores.masked_fill(~text["mask"][:, None], -1e30).softmax(-1)
        context = torch.bmm(attention.to(words.dtype), words)
        return context.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)


def length_one(vector):
    return vector * torch.rsqrt(vector.square().sum() + 1e-10)


class Spectral(nn.Module):
    """A linear map or convolution with the weight W / sigma; every call iterates u once."""

    def __init__(self, inputs, outputs, size=None):
        super().__init__()
        layer = nn.Linear(inputs, outputs) if size is None else nn.Conv2d(inputs, outputs, size)
        self.weight, self.bias, self.size = layer.weight, layer.bias, size
        self.register_buffer("u", torch.zeros(outputs))

    def forward(self, x):
        matrix = self.weight.flatten(1)  # (outputs, rest)
        with torch.autocast("cpu", enabled=False):  # never in half precision
            with torch.no_grad():
                v = length_one(self.u @ matrix)
                u = length_one(matrix @ v)
                self.u.copy_(u)
            weight = self.weight / (u @ (matrix @ v) + 1e-10)
        if self.size is None:
            return F.linear(x, weight, self.bias)
        return F.conv2d(x, weight, self.bias, padding=self.size // 2)


class DownBlock(nn.Module):
    def __init__(self, inputs, outputs, pooled, first):
        super().__init__()
        self.pooled, self.first = pooled, first
        self.conv_1, self.conv_2 = Spectral(inputs, outputs, 3), Spectral(outputs, outputs, 3)
        has_shortcut = pooled or first or inputs != outputs
        self.shortcut = Spectral(inputs, outputs, 1) if has_shortcut else nn.Identity()

    def forward(self, x):
        y = self.conv_2(F.relu(self.conv_1(x if self.first else F.relu(x))))
        if self.pooled:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        return y + self.shortcut(x)


class Discriminator(nn.Module):
    """(images of k batches, sentences of one) -> dict, see the zoo's `XMCGANDiscriminator`."""

    def __init__(self, settings, features):
        super().__init__()
        ratios, filters = DOWN[settings["image_size"]], settings["discriminator_filters"]
        self.count, widths = len(ratios), [3, *(ratio * filters for ratio in ratios)]
        side, regions = settings["image_size"], None
        for i in range(self.count):
            pooled = i < self.count - 1
            block = DownBlock(*widths[i : i + 2], pooled, first=not i)
            self.add_module(f"block_{i + 1}", block)
            side = side // 2 if pooled else side
            regions = widths[i + 1] if side == REGIONS else regions
        self.region = Spectral(regions, features, 1)
        self.logit, self.sentence = Spectral(widths[-1], 1), Spectral(features, widths[-1])

    def forward(self, images, sentence):
        x, regions = (images + 1) / 2, None
        for i in range(self.count):
            x = getattr(self, f"block_{i + 1}")(x)
            regions = x if x.shape[2] == REGIONS else regions
        regions = at_least_float32(self.region(regions)).flatten(2).transpose(1, 2)
        with torch.autocast("cpu", enabled=False):
            pooled = at_least_float32(F.relu(x)).sum((2, 3))
            codes = self.sentence(sentence)
            matched = (pooled * codes.repeat(len(pooled) // len(codes), 1)).sum(-1)
            logits = self.logit(pooled)[:, 0] + matched
        return {"logits": logits, "pooled": pooled, "regions": regions, "sentence": codes}
