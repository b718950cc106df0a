"""Networks of StackGAN++ and the AttnGAN family in eager PyTorch, with the zoo's layer names."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.benchmarks.torch_reference.base import Named, at_least_float32, leaky


def conv3x3(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


def tiled(vector, maps):
    """(n, c) -> (n, c, h, w), of the size and type of `maps`."""
    return vector.to(maps.dtype)[..., None, None].expand(-1, -1, *maps.shape[2:])


class ConvGLU(nn.Module):
    """(Nearest x2 ->) conv3x3 -> batch norm -> GLU."""

    def __init__(self, inputs, outputs, upsample=False):
        super().__init__()
        self.upsample = upsample
        self.conv, self.norm = conv3x3(inputs, 2 * outputs), nn.BatchNorm2d(2 * outputs)

    def forward(self, x):
        x = F.interpolate(x, scale_factor=2, mode="nearest") if self.upsample else x
        return F.glu(self.norm(self.conv(x)), dim=1)


class ResidualBlock(nn.Module):
    """x + BN(conv(GLU(BN(conv(x)))))."""

    def __init__(self, channels):
        super().__init__()
        self.gated = ConvGLU(channels, channels)
        self.conv, self.norm = conv3x3(channels, channels), nn.BatchNorm2d(channels)

    def forward(self, x):
        return x + self.norm(self.conv(self.gated(x)))


class InitialStage(nn.Module):
    """A code -> the features of the first image."""

    def __init__(self, inputs, size, filters):
        super().__init__()
        self.count = size.bit_length() - 3
        self.width = filters << self.count
        self.linear = nn.Linear(inputs, self.width * 32, bias=False)
        self.norm = nn.BatchNorm1d(self.width * 32)
        for i in range(self.count):
            up = ConvGLU(self.width >> i, self.width >> i + 1, upsample=True)
            self.add_module(f"up_{i + 1}", up)

    def forward(self, code):
        x = F.glu(self.norm(self.linear(code)), dim=1).reshape(-1, self.width, 4, 4)
        if self.up_1.conv.weight.is_contiguous(memory_format=torch.channels_last):
            x = x.contiguous(memory_format=torch.channels_last)
        for i in range(self.count):
            x = getattr(self, f"up_{i + 1}")(x)
        return x


class RefinementStage(nn.Module):
    """Residual blocks and an up-block; subclasses first add what the stage reads."""

    def __init__(self, channels, outputs, residual_blocks):
        super().__init__()
        self.count = residual_blocks
        for i in range(residual_blocks):
            self.add_module(f"residual_{i + 1}", ResidualBlock(channels))
        self.up = ConvGLU(channels, outputs, upsample=True)

    def double(self, x):
        for i in range(self.count):
            x = getattr(self, f"residual_{i + 1}")(x)
        return self.up(x)


class StagedGenerator(nn.Module):
    """Text and noise -> dict of `images`, one per stage, `mu`, `log_var`.

    `stage(index, features)` makes the refinement stage that leads to image `index + 1`; `narrows`
    halves the channels from stage to stage.
    """

    narrows = False

    def __init__(self, settings, features):
        super().__init__()
        s, self.sizes = settings, settings["stage_sizes"]
        filters, condition = s["generator_filters"], s["condition_dim"]
        self.augmentation = Named(linear=nn.Linear(features, 4 * condition))
        self.initial = InitialStage(condition + s["latent_dim"], self.sizes[0], filters)
        for i, size in enumerate(self.sizes):
            width = filters >> i if self.narrows else filters
            self.add_module(f"image_{size}", conv3x3(width, 3))
            if i:
                self.add_module(f"refinement_{i}", self.stage(i - 1, s, features))

    def forward(self, text, latents, noise):
        mu, log_var = F.glu(self.augmentation.linear(text["sentence"]), dim=1).chunk(2, dim=1)
        condition = mu + noise * torch.exp(0.5 * log_var)
        maps = [self.initial(torch.cat([condition, latents], 1))]
        for i in range(1, len(self.sizes)):
            maps.append(getattr(self, f"refinement_{i}")(maps[-1], condition, text))
        images = [
            torch.tanh(at_least_float32(getattr(self, f"image_{size}")(x)))
            for size, x in zip(self.sizes, maps, strict=True)
        ]
        return {"images": images, "mu": at_least_float32(mu), "log_var": at_least_float32(log_var)}


class SpectralConv2d(nn.Conv2d):
    """A convolution with the weight W / sigma; every call iterates u and v once, before it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        outputs = self.weight.shape[0]
        self.register_buffer("u", torch.zeros(outputs))
        self.register_buffer("v", torch.zeros(self.weight.numel() // outputs))

    def forward(self, x):
        matrix = self.weight.flatten(1)
        with torch.autocast("cpu", enabled=False):  # never in half precision
            with torch.no_grad():
                v = F.normalize(matrix.t() @ self.u, dim=0, eps=1e-12)
                u = F.normalize(matrix @ v, dim=0, eps=1e-12)
                self.u.copy_(u)
                self.v.copy_(v)
            weight = self.weight / (u @ (matrix @ v))
        return self._conv_forward(x, weight, self.bias)


class ConvLeakyReLU(nn.Module):
    """Convolution (3x3, or 4x4 with stride 2) -> batch or spectral norm -> LeakyReLU."""

    def __init__(self, inputs, outputs, stride=1, normalize=True, spectral=False):
        super().__init__()
        make = SpectralConv2d if spectral else nn.Conv2d
        size = {1: 3, 2: 4}[stride]
        self.conv = make(inputs, outputs, size, stride=stride, padding=1, bias=spectral)
        self.norm = nn.BatchNorm2d(outputs) if normalize and not spectral else nn.Identity()

    def forward(self, x):
        return leaky(self.norm(self.conv(x)))


class LogitHead(nn.Module):
    """4x4 features (and a condition) -> logits (n,)."""

    def __init__(self, channels, condition=0, spectral=False):
        super().__init__()
        self.logit = nn.Conv2d(channels, 1, 4, stride=4)
        if condition:
            self.joint = ConvLeakyReLU(channels + condition, channels, spectral=spectral)

    def forward(self, features, condition=None):
        if condition is not None:
            features = self.joint(torch.cat([features, tiled(condition, features)], 1))
        return self.logit(features).flatten()


class StageDiscriminator(nn.Module):
    """Images -> 4x4 features; `logits` of these: (conditional, unconditional)."""

    def __init__(self, size, filters, condition, spectral=False):
        super().__init__()
        downs = size.bit_length() - 3
        widths = [filters << i for i in range(downs)]
        reductions = [filters << i for i in range(downs - 2, 2, -1)]
        channels = [3, *widths, *reductions]
        names = [f"down_{i + 1}" for i in range(downs)]
        self.names = [*names, *(f"reduce_{i + 1}" for i in range(len(reductions)))]
        for i, name in enumerate(self.names):
            stride, normalize = (2 if i < downs else 1), i > 0
            block = ConvLeakyReLU(*channels[i : i + 2], stride, normalize, spectral)
            self.add_module(name, block)
        self.conditional = LogitHead(channels[-1], condition, spectral)
        self.unconditional = LogitHead(channels[-1])

    def forward(self, x):
        for name in self.names:
            x = getattr(self, name)(x)
        return x

    def logits(self, features, condition):
        return self.conditional(features, condition), self.unconditional(features)


class CompactImageEncoder(nn.Module):
    """The zoo's compact image encoder: images -> dict of `regions` (n, c, 8, 8) and `code`."""

    def __init__(self, features, filters, image_size):
        super().__init__()
        self.downs = downs = image_size.bit_length() - 4
        widths = [3, *(max(4 * filters >> i, filters // 2, 1) for i in reversed(range(downs)))]
        widths += [8 * filters] * 2
        for i in range(downs + 2):
            self.add_module(f"down_{i + 1}", ConvLeakyReLU(*widths[i : i + 2], stride=2))
        for i in (1, 2):
            self.add_module(f"context_{i}", ConvLeakyReLU(4 * filters, 4 * filters))
        self.emb_features = nn.Conv2d(4 * filters, features, 1, bias=False)
        self.emb_cnn_code = nn.Linear(32 * filters, features)

    def forward(self, x):
        for i in range(self.downs):
            x = getattr(self, f"down_{i + 1}")(x)
        x = x + self.context_2(self.context_1(x))
        y = getattr(self, f"down_{self.downs + 1}")(x)
        y = getattr(self, f"down_{self.downs + 2}")(y)
        pooled = y.permute(0, 2, 3, 1).flatten(1)
        return {"regions": self.emb_features(x), "code": self.emb_cnn_code(pooled)}


class TextEncoder(nn.Module):
    """Tokens -> dict of `words` (n, t, c), `sentence` (n, c), `mask` bool (n, t)."""

    def __init__(self, vocabulary_size, features=256, embedding_dim=300, **_):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim)
        self.rnn = nn.LSTM(embedding_dim, features // 2, bidirectional=True, batch_first=True)

    def forward(self, tokens, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        words, (hidden, _) = self.rnn(packed)
        words, _ = nn.utils.rnn.pad_packed_sequence(
            words, batch_first=True, total_length=tokens.shape[1]
        )
        return {"words": words, "sentence": torch.cat([*hidden], 1), "mask": tokens != 0}
