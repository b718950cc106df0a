"""XMC-GAN's official checkpoints (google-research/xmcgan_image_generation) by name.

With spectral normalization, every `Conv` and `Dense` in the names is a `SpectralConv` or
`SpectralDense`.

The frozen ResNet-50 is a pickled dict there, which is not read here for safety. If you trust it:

    tree = numpy.load("resnet_pretrained.npy", allow_pickle=True).item()
    flat = flax.traverse_util.flatten_dict(flax.core.unfreeze(tree))
    numpy.savez("resnet.npz", **{"/".join(k): numpy.asarray(v) for k, v in flat.items()})
"""

import numpy as np

from zoo.errors import ZooError
from zoo.importers.files import read_state_dict
from zoo.importers.registry import Importer
from zoo.importers.state_dict import Target, load_state_dict, make_model, prefixed, size_of
from zoo.models.xmc_gan import XMCGAN
from zoo.models.xmc_gan.generator import GLOBAL_BLOCKS, WIDTHS
from zoo.models.xmc_gan.perceptual_network import ResNetLogits

IMPORTER = Importer(
    repository="google-research/xmcgan_image_generation",
    files=("generator",),
    options=("hub_preprocess", "hub_encoder", "max_words"),
    marks=("generator_state/batch_stats/GenBlock_0/ConditionalBatchNorm_0/BatchNorm_0/mean",),
)
_ROW = (lambda a: np.squeeze(a, 0), lambda a: a[None])  # (1, units) - (units,)


# --- names ----------------------------------------------------------------------------------------


def linear_targets(prefix, number, layer):
    """Official `Dense_<number>` or `Conv_<number>` after `prefix`, from a `SpectralLinear`."""
    kind = "Dense" if layer.size is None else "Conv"
    path = f"{prefix}{'Spectral' if layer.spectral else ''}{kind}_{number}"
    return _linear(path, layer)


def _linear(path, layer):
    """Targets of an official linear layer of this full name."""
    targets = {f"params/{path}/kernel": Target(layer.kernel)}
    if layer.bias is not None:
        targets[f"params/{path}/bias"] = Target(layer.bias)
    if getattr(layer, "spectral", False):
        targets[f"spectral_norm_stats/{path}/u0"] = Target(layer.u, _ROW)
    return targets


def norm_targets(prefix, norm):
    """Official `ConditionalBatchNorm` or `LocalConditionalBatchNorm`; `prefix` ends in "/"."""
    return (
        linear_targets(prefix, 0, norm.gamma)
        | linear_targets(prefix, 1, norm.beta)
        | {
            f"batch_stats/{prefix}BatchNorm_0/mean": Target(norm.norm.moving_mean),
            f"batch_stats/{prefix}BatchNorm_0/var": Target(norm.norm.moving_variance),
        }
    )


def _convolutions(prefix, block):
    layers = (block.conv_1, block.conv_2, block.shortcut)
    targets = {}
    for number, layer in enumerate(layers):
        if layer is not None:
            targets |= linear_targets(prefix, number, layer)
    return targets


def up_block_targets(prefix, block):
    """Official `GenBlock` or `GenSpatialBlock`; `prefix` ends in "/", or is empty."""
    local = block.norm_1.gamma.size is not None
    kind = "LocalConditionalBatchNorm" if local else "ConditionalBatchNorm"
    targets = _convolutions(prefix, block)
    for number, norm in enumerate((block.norm_1, block.norm_2)):
        targets |= norm_targets(f"{prefix}{kind}_{number}/", norm)
    return targets


def down_block_targets(prefix, block):
    """Official `DiscOptimizedBlock` or `DiscBlock`; `prefix` ends in "/", or is empty."""
    return _convolutions(prefix, block)


def generator_targets(generator):
    """Official `Generator` names -> targets in an `XMCGANGenerator`.

    A name starts with its collection: `params/`, `batch_stats/` or `spectral_norm_stats/`.
    """
    targets = linear_targets("", 0, generator.project) | linear_targets("", 1, generator.start)
    targets |= linear_targets("", 0, generator.query) | linear_targets("", 1, generator.image)
    for i, block in enumerate(generator.blocks):
        name = f"GenBlock_{i}/" if i < GLOBAL_BLOCKS else f"GenSpatialBlock_{i - GLOBAL_BLOCKS}/"
        targets |= up_block_targets(name, block)
    return targets | norm_targets("LocalConditionalBatchNorm_0/", generator.norm)


def discriminator_targets(discriminator):
    """Official `Discriminator` names -> targets in an `XMCGANDiscriminator`."""
    targets = linear_targets("", 0, discriminator.logit)
    targets |= linear_targets("", 1, discriminator.sentence)
    targets |= linear_targets("", 0, discriminator.region)
    targets |= down_block_targets("DiscOptimizedBlock_0/", discriminator.blocks[0])
    for i, block in enumerate(discriminator.blocks[1:]):
        targets |= down_block_targets(f"DiscBlock_{i}/", block)
    return targets


def image_network_targets(network):
    """Official `ResNet` names -> targets in a `ResNetLogits`."""
    targets = {}
    for path, layer in network.parts.items():
        if hasattr(layer, "kernel"):
            targets |= _linear(path, layer)
            continue
        targets |= {
            f"params/{path}/scale": Target(layer.gamma),
            f"params/{path}/bias": Target(layer.beta),
            f"batch_stats/{path}/mean": Target(layer.moving_mean),
            f"batch_stats/{path}/var": Target(layer.moving_variance),
        }
    return targets


# --- files ----------------------------------------------------------------------------------------


def network_states(arrays):
    """The networks of a checkpoint's arrays: dict of `generator`, `discriminator`, `ema_generator`.

    The last has its own parameters, and the generator's statistics.
    """
    prefixes = {
        "generator": ("g_optimizer/target/", "generator_state/"),
        "discriminator": ("d_optimizer/target/", "discriminator_state/"),
        "ema_generator": ("ema_params/", "generator_state/"),
    }
    return {
        name: prefixed("params/", _under(parameters, arrays)) | _under(statistics, arrays)
        for name, (parameters, statistics) in prefixes.items()
    }


def _under(prefix, arrays):
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def load(checkpoint, text_encoder=None, training=False, **settings):
    """An `XMCGAN` with the networks of a run of the official code; its authors released none.

    Args:
        checkpoint: str. `checkpoints-<host>/ckpt-<n>.flax`.
        text_encoder: dict or None. `{"kind": "hub", ...}`, the modules whose vectors it was trained
            on (see `zoo.conditions.hub_captions`); BERT base by default. With None the model reads
            vectors that were computed elsewhere.
        training: bool. Whether to load the discriminator too, to continue training; the optimizers'
            states are not loaded.
        **settings: other arguments of `XMCGAN`, such as `max_words` (17).

    Raises:
        ZooError: the file cannot be read or is of another network, or the text encoder's vectors
            have another size.
    """
    return from_arrays(read_state_dict(checkpoint), text_encoder, training, **settings)


def from_arrays(arrays, text_encoder=None, training=False, **settings):
    """An `XMCGAN` of a checkpoint's arrays, dict of official name -> array; see `load`."""
    states = network_states(arrays)
    sizes = system_sizes(states)
    features = sizes["text_encoder"]["features"]
    if text_encoder is not None:
        if not isinstance(text_encoder, dict) or text_encoder.get("kind") != "hub":
            raise ZooError(
                'text_encoder must be {"kind": "hub", "preprocess": ..., "encoder": ...}, or None '
                f"for vectors computed elsewhere, got {text_encoder!r}."
            )
        sizes["text_encoder"] = text_encoder
    model = make_model(XMCGAN, sizes, settings, arrays)
    if model.condition.features != features:
        raise ZooError(
            f"The text encoder returns vectors of {model.condition.features} features, but the "
            f"checkpoint was trained on {features}: give the encoder that it was trained with."
        )
    load_state_dict(*_joined(model, states, training))
    return model


def _joined(model, states, training):
    """(targets, arrays) of all networks that are loaded, under `<network>: <official name>`."""
    targets = {"generator": generator_targets(model.generator)}
    if model.has_ema:
        targets["ema_generator"] = generator_targets(model.ema_generator)
    if training:
        model.build_for_training()
        targets["discriminator"] = discriminator_targets(model.discriminator)
    joined = ({}, {})
    for name, part in targets.items():
        for whole, own in zip(joined, (part, states[name]), strict=True):
            whole.update(prefixed(f"{name}: ", own))
    return joined


def system_sizes(states):
    """The arguments of `XMCGAN` that follow from the arrays of `network_states`."""
    generator = states["generator"]
    spectral = "params/SpectralDense_0/kernel" in generator
    prefix = "params/Spectral" if spectral else "params/"
    blocks = {k.split("/")[1] for k in generator if k.startswith("params/GenSpatialBlock_")}
    sizes = {len(widths) - GLOBAL_BLOCKS: size for size, widths in WIDTHS.items()}
    if len(blocks) not in sizes:
        raise ZooError(
            f"The checkpoint's generator has {len(blocks)} spatial blocks; XMC-GAN has one of "
            f"{sorted(sizes)}. It starts with {', '.join(list(generator)[:3]) or 'nothing'}."
        )
    size = sizes[len(blocks)]
    start = size_of(generator, f"{prefix}Dense_1/kernel", 1)
    first = "params/DiscOptimizedBlock_0/SpectralConv_0/kernel"
    return {
        "text_encoder": {
            "kind": "word_embeddings",
            "features": size_of(generator, f"{prefix}Dense_0/kernel", 0),
        },
        "image_size": size,
        "generator_filters": start // (16 * WIDTHS[size][0]),
        "discriminator_filters": size_of(states["discriminator"], first, 3),
        "latent_dim": size_of(generator, f"{prefix}Dense_0/kernel", 1),
        "generator_spectral": spectral,
    }


def load_image_network(model, path):
    """Loads the official ResNet-50 into an `XMCGAN` with image_network={"kind": "resnet50"}.

    Args:
        model: `XMCGAN`.
        path: str. A `.npz` file with the official names (see the top of this module).

    Raises:
        ZooError: the file cannot be read, or belongs to another network.
    """
    model.build_for_training()
    network = getattr(model, "image_network", None)
    if not isinstance(network, ResNetLogits):
        raise ZooError(
            'The model has no ResNet-50: create it with image_network={"kind": "resnet50"}.'
        )
    load_state_dict(image_network_targets(network), read_state_dict(path))
