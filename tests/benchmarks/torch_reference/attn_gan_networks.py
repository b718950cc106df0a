"""AttnGAN's networks in eager PyTorch, with the zoo's sizes and order of parameters."""

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
        num_upsamples = sizes[0].bit_length() - 3
        self.width = filters * 2**num_upsamples
        self.augmentation = nn.Linear(features, 4 * condition_dim)
        self.linear = nn.Linear(condition_dim + latent_dim, self.width * 16 * 2, bias=False)
        self.norm = nn.BatchNorm1d(self.width * 16 * 2)
        self.ups = nn.Sequential(*(
            ConvGLU(self.width >> i, self.width >> i + 1, upsample=True)
            for i in range(num_upsamples)
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
        num_downsamples = size.bit_length() - 3
        widths = [filters * 2**i for i in range(num_downsamples)]
        reductions = [filters * 2**i for i in range(num_downsamples - 2, 2, -1)]
        channels = [3, *widths, *reductions]
        self.blocks = nn.Sequential(*(
            ConvLeakyReLU(*channels[i : i + 2], 2 if i < num_downsamples else 1, normalize=i > 0)
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
        num_downsamples = image_size.bit_length() - 4
        widths = [max(4 * filters >> i, filters // 2, 1) for i in reversed(range(num_downsamples))]
        channels = [3, *widths]
        self.local_blocks = nn.Sequential(*(
            ConvLeakyReLU(channels[i], channels[i + 1], stride=2) for i in range(num_downsamples)
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
