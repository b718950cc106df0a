"""DRIT's networks in eager PyTorch: concatenated attributes, discriminators without norms."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.base import Named, at_least_float32, leaky

DOMAINS = ("a", "b")


def conv(inputs, outputs, size, stride=1, pad=0):
    """A convolution with reflection padding."""
    mode = "reflect" if pad else "zeros"
    return nn.Conv2d(inputs, outputs, size, stride, padding=pad, padding_mode=mode)


class ConvLeakyReLU(nn.Module):
    def __init__(self, *args):
        super().__init__()
        self.conv = conv(*args)

    def forward(self, x):
        return F.leaky_relu(self.conv(x), 0.01)


class ConvInstanceNorm(nn.Module):
    def __init__(self, inputs, outputs, stride=1, activate=True):
        super().__init__()
        self.conv, self.activate = conv(inputs, outputs, 3, stride, 1), activate

    def forward(self, x):
        x = F.instance_norm(self.conv(x))
        return F.relu(x) if self.activate else x


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = ConvInstanceNorm(channels, channels)
        self.second = ConvInstanceNorm(channels, channels, activate=False)

    def forward(self, x):
        return x + self.second(self.first(x))


class ContentEncoder(nn.Module):
    """dict of domain -> images, to dict of domain -> features (n, 4 filters, h / 4, w / 4)."""

    def __init__(self, filters):
        super().__init__()
        for domain in DOMAINS:
            self.add_module(f"domain_{domain}", Named(
                stem=ConvLeakyReLU(3, filters, 7, 1, 3),
                down_1=ConvInstanceNorm(filters, 2 * filters, 2),
                down_2=ConvInstanceNorm(2 * filters, 4 * filters, 2),
                **{f"residual_{i}": ResidualBlock(4 * filters) for i in (1, 2, 3)},
            ))
        self.shared = ResidualBlock(4 * filters)

    def forward(self, images):
        features = {}
        for domain, x in images.items():
            for block in getattr(self, f"domain_{domain}").children():
                x = block(x)
            features[domain] = self.shared(x)
        return features


class DownsampleBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first, self.second = conv(inputs, inputs, 3, 1, 1), conv(inputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        y = self.second(leaky(self.first(leaky(x))))
        return F.avg_pool2d(y, 2) + self.shortcut(F.avg_pool2d(x, 2))


class AttributeEncoder(nn.Module):
    """dict of domain -> images, to dict of domain -> (mu, log_var), each (n, z)."""

    def __init__(self, filters, latent_dim):
        super().__init__()
        for domain in DOMAINS:
            self.add_module(f"domain_{domain}", Named(
                stem=conv(3, filters, 4, 2, 1),
                **{f"block_{i}": DownsampleBlock(i * filters, (i + 1) * filters)
                   for i in (1, 2, 3)},
                mean=nn.Linear(4 * filters, latent_dim),
                log_var=nn.Linear(4 * filters, latent_dim),
            ))

    def forward(self, images):
        codes = {}
        for domain, x in images.items():
            part = getattr(self, f"domain_{domain}")
            x = part.block_3(part.block_2(part.block_1(part.stem(x))))
            x = leaky(x).mean((2, 3))
            codes[domain] = at_least_float32(part.mean(x)), at_least_float32(part.log_var(x))
        return codes


class ImageLayerNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = (nn.Parameter(torch.zeros(channels)) for _ in range(2))

    def forward(self, x):
        x = F.layer_norm(x, x.shape[1:])
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class UpsampleBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, 3, 2, padding=1, output_padding=1)
        self.norm = ImageLayerNorm(outputs)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


def with_code(x, code):
    return torch.cat([x, code.to(x.dtype)[..., None, None].expand(-1, -1, *x.shape[2:])], 1)


class Generator(nn.Module):
    """(domain, content features, attributes) -> images."""

    def __init__(self, filters, latent_dim):
        super().__init__()
        wide = 4 * filters + latent_dim
        middle = (wide + latent_dim) // 2
        narrow = (middle + latent_dim) // 2
        self.shared = ResidualBlock(4 * filters)
        for domain in DOMAINS:
            self.add_module(f"domain_{domain}", Named(
                **{f"residual_{i}": ResidualBlock(wide) for i in (1, 2, 3)},
                up_1=UpsampleBlock(wide + latent_dim, middle),
                up_2=UpsampleBlock(middle + latent_dim, narrow),
                image=nn.Conv2d(narrow + latent_dim, 3, 1),
            ))

    def forward(self, domain, content, code):
        part = getattr(self, f"domain_{domain}")
        x = with_code(self.shared(content), code)
        for i in (1, 2, 3):
            x = getattr(part, f"residual_{i}")(x)
        x = part.up_1(with_code(x, code))
        x = part.up_2(with_code(x, code))
        return torch.tanh(at_least_float32(part.image(with_code(x, code))))


class Chain(nn.Module):
    """`block_1`, `block_2`, ..., then a 1x1 convolution to logits."""

    def __init__(self, blocks, channels):
        super().__init__()
        self.count = len(blocks)
        for i, block in enumerate(blocks):
            self.add_module(f"block_{i + 1}", block)
        self.logit = nn.Conv2d(channels, 1, 1)

    def forward(self, x):
        for i in range(self.count):
            x = getattr(self, f"block_{i + 1}")(x)
        return self.logit(x)


class ImageDiscriminator(nn.Module):
    """Images -> list of logit maps, the full size first."""

    def __init__(self, filters=64, scales=3, layers=4, **_):
        super().__init__()
        self.count = scales
        widths = [3, *(filters << i for i in range(layers))]
        for scale in range(scales):
            blocks = [ConvLeakyReLU(*widths[i : i + 2], 4, 2, 1) for i in range(layers)]
            self.add_module(f"scale_{scale + 1}", Chain(blocks, widths[-1]))

    def forward(self, x):
        maps = []
        for i in range(self.count):
            if i:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            maps.append(getattr(self, f"scale_{i + 1}")(x))
        return maps


class ContentDiscriminator(Chain):
    """Content features -> list of one logit map."""

    def __init__(self, channels, layers=3, **_):
        large = [ConvLeakyReLU(channels, channels, 7, 2, 1) for _ in range(layers)]
        super().__init__([*large, ConvLeakyReLU(channels, channels, 4)], channels)

    def forward(self, x):
        return [super().forward(x)]
