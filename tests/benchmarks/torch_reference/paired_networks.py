"""The U-Net, the patch discriminators and the encoder of Pix2Pix and BicycleGAN in eager PyTorch.

With instance normalization, transposed convolutions, and the latent at every level.
"""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.base import Named, at_least_float32, leaky


class UNet(nn.Module):
    """(source (n, c, h, w), latents (n, z) or None, dropout masks) -> images in [-1, 1]."""

    def __init__(self, settings):
        super().__init__()
        s, count = settings, settings["num_downs"]
        widths = [s["generator_filters"] * min(2**i, 8) for i in range(count)]
        self.count, self.dropout = count, s["dropout"]
        self.everywhere, latent = s["where_add"] == "all", s["latent_dim"]
        for i, width in enumerate(widths):
            inputs = widths[i - 1] if i else s["source_channels"]
            added = latent if i == 0 or self.everywhere else 0
            conv = nn.Conv2d(inputs + added, width, 4, stride=2, padding=1)
            self.add_module(f"down_{i}", Named(conv=conv))
            below = width if i == count - 1 else 2 * width
            outputs = widths[i - 1] if i else s["target_channels"]
            deconv = nn.ConvTranspose2d(below, outputs, 4, stride=2, padding=1)
            self.add_module(f"up_{i}", Named(conv=deconv))

    def forward(self, source, latents=None, masks=None):
        x, skips = source, []
        for i in range(self.count):
            skips.append(x)
            if latents is not None and (i == 0 or self.everywhere):
                maps = latents[..., None, None].expand(-1, -1, *x.shape[2:])
                x = torch.cat([x, maps.to(x.dtype)], 1)
            x = getattr(self, f"down_{i}").conv(leaky(x) if i else x)
            if 0 < i < self.count - 1:
                x = F.instance_norm(x)
        for i in reversed(range(self.count)):
            x = getattr(self, f"up_{i}").conv(F.relu(x))
            if i == 0:
                return torch.tanh(at_least_float32(x))
            x = F.instance_norm(x)
            if self.dropout and self.training and 4 <= i <= self.count - 2:
                x = F.dropout(x, self.dropout) if masks is None else x * masks[i]
            x = torch.cat([x, skips[i]], 1)


class Patches(nn.Module):
    """The discriminator of one scale: images -> logits (n, 1, h', w')."""

    def __init__(self, channels, filters, layers):
        super().__init__()
        self.count = layers + 1
        widths = [channels, *(filters * min(2**i, 8) for i in range(self.count))]
        for i in range(self.count):
            stride = 2 if i < layers else 1
            conv = nn.Conv2d(*widths[i : i + 2], 4, stride=stride, padding=1)
            self.add_module(f"conv_{i}", conv)
        self.logit = nn.Conv2d(widths[-1], 1, 4, padding=1)

    def forward(self, x):
        for i in range(self.count):
            x = getattr(self, f"conv_{i}")(x)
            x = leaky(F.instance_norm(x) if i else x)
        return self.logit(x)


class Discriminator(nn.Module):
    """Images -> list of logit maps, the full size first."""

    def __init__(self, channels, settings):
        super().__init__()
        self.count = settings["discriminator_scales"]
        for i in range(self.count):
            filters = round(settings["discriminator_filters"] / 2**i)
            part = Patches(channels, filters, settings["discriminator_layers"])
            self.add_module(f"scale_{i}", part)

    def forward(self, x):
        maps = []
        for i in range(self.count):
            if i:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            maps.append(getattr(self, f"scale_{i}")(x))
        return maps


def least_squares(maps, target):
    """LSGAN's loss, summed over the scales."""
    return sum((at_least_float32(logits) - target).square().mean() for logits in maps)


class BasicBlock(nn.Module):
    """Normalized residual block that halves the size."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_1 = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.conv_2 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        y = self.conv_1(leaky(F.instance_norm(x)))
        y = self.conv_2(leaky(F.instance_norm(y)))
        return F.avg_pool2d(y, 2) + self.shortcut(F.avg_pool2d(x, 2))


class Encoder(nn.Module):
    """Images -> (mu, log_var), each (n, z)."""

    def __init__(self, settings):
        super().__init__()
        filters, blocks = settings["encoder_filters"], settings["image_size"].bit_length() - 4
        self.blocks = blocks
        self.stem = nn.Conv2d(settings["target_channels"], filters, 4, stride=2, padding=1)
        for i in range(1, blocks):
            widths = filters * min(4, i), filters * min(4, i + 1)
            self.add_module(f"residual_{i}", BasicBlock(*widths))
        last = filters * min(4, blocks)
        self.mu = nn.Linear(last, settings["latent_dim"])
        self.log_var = nn.Linear(last, settings["latent_dim"])

    def forward(self, x):
        x = self.stem(x)
        for i in range(1, self.blocks):
            x = getattr(self, f"residual_{i}")(x)
        code = leaky(x).mean((2, 3))
        return at_least_float32(self.mu(code)), at_least_float32(self.log_var(code))
