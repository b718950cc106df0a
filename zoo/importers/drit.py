"""DRIT's official checkpoints by name (HelenMao/MSGAN DRIT-Mode-Seeking, HsinYingLee/DRIT).

A checkpoint is a dict whose `enc_c`, `enc_a`, `gen`, `disA`, `disA2`, `disB`, `disB2` and
`disContent` are these state dicts.
"""

import re

import numpy as np

from zoo.importers.files import network, part, read_state_dict
from zoo.importers.registry import Importer
from zoo.importers.state_dict import (
    Target,
    conv,
    conv_transpose,
    count_of,
    linear,
    load_state_dict,
    make_model,
    prefixed,
    size_of,
)
from zoo.models.drit.domains import DOMAINS

IMPORTER = Importer(
    repository="HsinYingLee/DRIT or HelenMao/MSGAN",
    files=("generator",),
    options=("image_size",),
    marks=("enc_c.convA.0.model.1.weight",),
)
NETWORKS = {  # official name -> attribute of a `DRIT`
    "enc_c": "content_encoder",
    "enc_a": "attribute_encoder",
    "gen": "generator",
    "disA": "discriminator_a",
    "disA2": "discriminator_a2",
    "disB": "discriminator_b",
    "disB2": "discriminator_b2",
    "disContent": "content_discriminator",
}
GENERATING = ("enc_c", "enc_a", "gen")
# of a 1x1 ConvTranspose2d, onto a convolution: (in, out, 1, 1) - (1, 1, in, out)
POINTWISE_TRANSPOSE = (lambda a: a.transpose(2, 3, 0, 1), lambda a: a.transpose(2, 3, 0, 1))


# --- blocks ---------------------------------------------------------------------------------------


def leaky_targets(name, block):
    """`LeakyReLUConv2d`, with or without spectral normalization."""
    return discriminator_conv_targets(f"{name}.model.1", block.conv)


def discriminator_conv_targets(name, layer):
    """A discriminator's convolution; see `without_normalized` for spectral normalization."""
    if not hasattr(layer, "u"):
        return conv(name, layer)
    return {
        f"{name}.weight_orig": Target(layer.kernel, "conv"),
        f"{name}.weight_u": Target(layer.u),
        f"{name}.bias": Target(layer.bias),
    }


def without_normalized(state_dict):
    """A state dict without the buffers that spectral normalization recomputes: `weight`, and the
    `weight_v` that PyTorch stores since 1.1."""

    def recomputed(name):
        layer, _, last = name.rpartition(".")
        return last in ("weight", "weight_v") and f"{layer}.weight_orig" in state_dict

    return {name: array for name, array in state_dict.items() if not recomputed(name)}


def residual_targets(name, block):
    """`INSResBlock`."""
    return conv(f"{name}.model.1", block.first.conv) | conv(f"{name}.model.5", block.second.conv)


def conditional_residual_targets(name, block):
    """`MisINSResBlock`."""
    targets = {}
    for i, half in ((1, "first"), (2, "second")):
        targets |= conv(f"{name}.conv{i}.0.1", getattr(block, half).conv)
        targets |= conv(f"{name}.blk{i}.0", getattr(block, f"{half}_wide"))
        targets |= conv(f"{name}.blk{i}.2", getattr(block, f"{half}_narrow"))
    return targets


def image_norm_targets(name, layer):
    """`LayerNorm`, whose official weights are (channels, 1, 1)."""
    layout = (lambda a: np.squeeze(a, (1, 2)), lambda a: a[:, None, None])
    return {
        f"{name}.weight": Target(layer.gamma, layout),
        f"{name}.bias": Target(layer.beta, layout),
    }


def upsample_targets(name, block):
    """`ReLUINSConvTranspose2d`."""
    norm = image_norm_targets(f"{name}.model.1", block.norm)
    return conv_transpose(f"{name}.model.0", block.conv) | norm


def downsample_targets(name, block):
    """`BasicBlock`."""
    return {
        **conv(f"{name}.conv.2", block.first),
        **conv(f"{name}.conv.4.1", block.second),
        **conv(f"{name}.shortcut.1", block.shortcut),
    }


# --- networks -------------------------------------------------------------------------------------


def content_encoder_targets(encoder):
    """`E_content`."""
    targets = residual_targets("conv_share.0", encoder.shared)
    for domain in DOMAINS:
        name = f"conv{domain.upper()}"
        stem, *downs = encoder.part(domain).blocks[:3]
        targets |= leaky_targets(f"{name}.0", stem)
        for i, block in enumerate(downs):
            targets |= conv(f"{name}.{i + 1}.model.1", block.conv)
        for i, block in enumerate(encoder.part(domain).blocks[3:]):
            targets |= residual_targets(f"{name}.{i + 3}", block)
    return targets


def attribute_encoder_targets(encoder):
    """`E_attr_concat` or `E_attr`."""
    targets = {}
    for domain in DOMAINS:
        branch = encoder.part(domain)
        if not encoder.concat:
            for i, layer in enumerate((branch.stem, *branch.downs, branch.mean)):
                targets |= conv(f"model_{domain}.{3 * i + 1}", layer)
            continue
        letter = domain.upper()
        targets |= conv(f"conv_{letter}.1", branch.stem)
        for i, block in enumerate(branch.blocks):
            targets |= downsample_targets(f"conv_{letter}.{i + 2}", block)
        targets |= linear(f"fc_{letter}.0", branch.mean)
        targets |= linear(f"fcVar_{letter}.0", branch.log_var)
    return targets


def generator_targets(generator):
    """`G_concat` or `G`."""
    targets = {}
    if generator.concat:
        targets |= residual_targets("dec_share.0", generator.shared)
    for domain in DOMAINS:
        decoder, letter = generator.part(domain), domain.upper()
        make = _concat_decoder_targets if generator.concat else _feature_wise_decoder_targets
        targets |= make(letter, decoder)
    return targets


def _concat_decoder_targets(letter, decoder):
    targets = {}
    for i, block in enumerate(decoder.blocks):
        targets |= residual_targets(f"dec{letter}1.{i}", block)
    targets |= upsample_targets(f"dec{letter}2.0", decoder.up_1)
    targets |= upsample_targets(f"dec{letter}3.0", decoder.up_2)
    return targets | conv(f"dec{letter}4.0", decoder.image, POINTWISE_TRANSPOSE)


def _feature_wise_decoder_targets(letter, decoder):
    targets = {}
    for i, layer in enumerate(decoder.mlp):
        targets |= linear(f"mlp{letter}.{2 * i}", layer)
    for i, block in enumerate(decoder.blocks):
        targets |= conditional_residual_targets(f"dec{letter}{i + 1}", block)
    targets |= upsample_targets(f"dec{letter}5.0", decoder.up_1)
    targets |= upsample_targets(f"dec{letter}5.1", decoder.up_2)
    return targets | conv(f"dec{letter}5.2", decoder.image, POINTWISE_TRANSPOSE)


def stack_targets(prefix, discriminator):
    """The layers of one `ConvDiscriminator`; `prefix` ends in a dot."""
    targets = {}
    for i, block in enumerate(discriminator.blocks):
        targets |= leaky_targets(f"{prefix}{i}", block)
    name = f"{prefix}{len(discriminator.blocks)}"
    return targets | discriminator_conv_targets(name, discriminator.logit)


def discriminator_targets(discriminator):
    """`MultiScaleDis`, `Dis` or `Dis_content`."""
    if not hasattr(discriminator, "scales"):
        return stack_targets("model.", discriminator)
    targets = {}
    for i, scale in enumerate(discriminator.scales):
        targets |= stack_targets(f"Diss.{i}.", scale)
    return targets


# --- systems --------------------------------------------------------------------------------------

_MAKERS = {
    "enc_c": content_encoder_targets,
    "enc_a": attribute_encoder_targets,
    "gen": generator_targets,
}


def system_targets(model, training=True):
    """Targets of a `DRIT` under `<official network>.<name>`.

    Args:
        model: a `DRIT`.
        training: bool. True includes the discriminators, which must exist; False covers only the
            networks that generate.
    """
    targets = {}
    for official, name in NETWORKS.items():
        if official in GENERATING or training:
            make = _MAKERS.get(official, discriminator_targets)
            targets |= prefixed(f"{official}.", make(getattr(model, name)))
    return targets


def system_sizes(state_dict):
    """The arguments of `DRIT` that follow from the arrays of `enc_c` and `gen`.

    Args:
        state_dict: dict of `<official network>.<name>` -> array.

    Raises:
        ZooError: the arrays are not a checkpoint of DRIT.
    """
    filters = size_of(state_dict, "enc_c.convA.0.model.1.weight", 0)
    concat = "gen.decA4.0.weight" in state_dict
    head = "gen.decA2.0.model.0.weight" if concat else "gen.mlpA.0.weight"
    latent_dim = size_of(state_dict, head, 0 if concat else 1)
    if concat:  # the first upsampling block has 4 x filters features and the code twice as inputs
        latent_dim = (latent_dim - 4 * filters) // 2
    return {"filters": filters, "latent_dim": latent_dim, "concat": concat}


def discriminator_sizes(state_dict):
    """The argument `discriminators` of `DRIT`, from the arrays of an official `disA`."""
    spectral = any(name.endswith("weight_orig") for name in state_dict)
    kind = "weight_orig" if spectral else "weight"
    scales = count_of(state_dict, r"Diss\.(\d+)\.")
    first = "Diss.0" if scales else "model"
    return {
        "filters": size_of(state_dict, f"{first}.0.model.1.{kind}", 0),
        "scales": scales or 1,
        "layers": count_of(state_dict, rf"{re.escape(first)}\.(\d+)\.model\.1\.{kind}$"),
        "spectral": spectral,
    }


def content_discriminator_sizes(state_dict):
    """The argument `content_discriminator` of `DRIT`, from the arrays of a `disContent`."""
    return {"layers": count_of(state_dict, r"model\.(\d+)\.model\.1\.weight$") - 1}


def load(checkpoint, training=False, **settings):
    """A `DRIT` that generates with released weights, of either variant.

    Args:
        checkpoint: str. A checkpoint of MSGAN or DRIT, such as `01200.pth`.
        training: bool. Whether to load the discriminators too, to continue training.
        **settings: other arguments of `DRIT`, such as another `image_size` (216): the size of the
            images does not follow from the arrays.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """
    from zoo.models.drit import DRIT

    arrays = without_normalized(read_state_dict(checkpoint))
    sizes = system_sizes(arrays)
    if training:
        parts = {name: network(arrays, name) for name in ("disA", "disContent")}
        sizes["discriminators"] = discriminator_sizes(parts["disA"])
        sizes["content_discriminator"] = content_discriminator_sizes(
            parts["disContent"]
        )
    model = make_model(DRIT, sizes, settings, arrays)
    if training:
        model.build_for_training()
    needed = NETWORKS if training else GENERATING
    load_state_dict(system_targets(model, training), part(arrays, *needed))
    return model
