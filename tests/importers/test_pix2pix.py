"""Official U-Nets and encoders as models: what is read from the arrays, and what is refused."""

import numpy as np
import pytest

from tests.support.tiny_images import bicyclegan, pix2pix
from zoo.errors import ZooError
from zoo.importers import bicyclegan as bicycle_names
from zoo.importers import pix2pix as names


def state_dict(targets):
    return {name: target.to_official(target.variable.numpy()) for name, target in targets.items()}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"source_channels": 1, "latent_dim": 3},
        {"where_add": "input", "latent_dim": 0},
        {"where_add": "input", "normalization": "batch", "upsample": "bilinear"},
    ],
)
def test_sizes_are_read_from_the_arrays(settings):
    model = pix2pix(compiled=False, **settings)
    weights = state_dict(names.u_net_targets(model.generator))
    channels = settings.get("source_channels", 3)
    loaded = names.from_arrays(weights, source_channels=channels, seed=5)
    for name in ("image_size", "latent_dim", "where_add", "upsample", "normalization"):
        assert getattr(loaded, name) == getattr(model, name), name
    pairs = zip(loaded.generator.variables, model.generator.variables, strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert loaded.source_channels == channels and loaded.seed == 5


def test_statistics_of_instance_norms_are_dropped():
    weights = state_dict(names.u_net_targets(pix2pix(compiled=False).generator))
    old = {**weights, "model.submodule.down.2.running_mean": np.zeros(4)}
    assert names.from_arrays(old).normalization == "instance"
    kept = {"a.running_mean": 1, "a.weight": 2, "b.running_var": 3}
    assert set(names.without_instance_statistics(kept)) == {"a.running_mean", "a.weight"}


@pytest.mark.parametrize("encoder", ["resnet", "conv"])
def test_bicyclegan(encoder):
    model = bicyclegan(compiled=False, encoder=encoder, source_channels=1)
    weights = [
        state_dict(names.u_net_targets(model.generator)),
        state_dict(bicycle_names.encoder_targets(model.encoder)),
    ]
    loaded = bicycle_names.from_arrays(*weights)
    assert loaded.encoder_config == encoder and loaded.source_channels == 1
    for network in ("generator", "encoder"):
        pairs = zip(
            getattr(loaded, network).variables, getattr(model, network).variables, strict=True
        )
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_other_files_are_refused():
    weights = state_dict(names.u_net_targets(pix2pix(compiled=False).generator))
    with pytest.raises(ZooError, match="not a U-Net.*starts with h_net"):
        names.from_arrays({"h_net": np.zeros(1)})
    with pytest.raises(ZooError, match="not an encoder of BicycleGAN"):
        bicycle_names.from_arrays(weights, weights)
    del weights["model.up.1.weight"]
    with pytest.raises(ZooError, match="missing model.up.1.weight"):
        names.from_arrays(weights)


def test_the_encoder_tells_the_channels_where_the_generator_does_not():
    model = bicyclegan(compiled=False, where_add="input", source_channels=1)
    weights = (
        state_dict(names.u_net_targets(model.generator)),
        state_dict(bicycle_names.encoder_targets(model.encoder)),
    )
    loaded = bicycle_names.from_arrays(*weights)
    assert (loaded.source_channels, loaded.latent_dim) == (1, model.latent_dim)
    with pytest.raises(ZooError, match="discriminator_2.*without discriminator .net_D.pth.: give"):
        bicycle_names.from_arrays(*weights, discriminator_2={})


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_first_array_without_channels(shape):
    with pytest.raises(ZooError, match="model.down.0.weight has the shape"):
        names.from_arrays({"model.down.0.weight": np.ones(shape, "float32")})
