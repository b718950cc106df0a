"""Arguments that follow from the arrays of a DRIT checkpoint, and spectral normalization's
extra buffers."""

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.importers import drit as names
from zoo.importers.state_dict import load_state_dict
from zoo.models.drit import DRIT


def official(targets):
    return {k: t.to_official(t.variable.numpy() + 0.5) for k, t in targets.items()}


def model(concat, **settings):
    sizes = {"image_size": 32, "filters": 3, "latent_dim": 5, "concat": concat}
    return DRIT(**sizes, content_discriminator={"layers": 0}, **settings)


@pytest.mark.parametrize("concat", [True, False])
def test_a_generating_model_of_a_checkpoint(concat):
    state = official(names.system_targets(model(concat), training=False))
    sizes = names.system_sizes(state)
    assert sizes == {"filters": 3, "latent_dim": 5, "concat": concat}
    clone = DRIT(image_size=32, **sizes)
    targets = names.system_targets(clone, training=False)
    load_state_dict(targets, state)
    for name, target in targets.items():
        np.testing.assert_array_equal(target.to_official(target.variable.numpy()), state[name])
    assert len(targets) == sum(len(network.variables) for network in clone.networks.values())


@pytest.mark.parametrize("scales", [1, 2])
@pytest.mark.parametrize("spectral", [False, True])
def test_discriminators_of_a_checkpoint(scales, spectral):
    sizes = {"filters": 2, "scales": scales, "layers": 3, "spectral": spectral}
    built = model(True, discriminators=sizes)
    built.build_for_training()
    targets = names.discriminator_targets(built.discriminator_a)
    state = official(targets)
    assert names.discriminator_sizes(state) == sizes
    buffers = {k.removesuffix("_orig"): v for k, v in state.items() if k.endswith("_orig")}
    assert bool(buffers) == spectral
    buffers |= {f"{name}_v": np.ones(3) for name in buffers}  # of PyTorch since 1.1
    assert names.without_normalized(state | buffers).keys() == state.keys()
    load_state_dict(targets, names.without_normalized(state | buffers))
    for name, target in targets.items():
        np.testing.assert_array_equal(target.to_official(target.variable.numpy()), state[name])


def test_another_checkpoint():
    with pytest.raises(ZooError, match="no enc_c.convA.0.model.1.weight.*starts with h_net1"):
        names.system_sizes({"h_net1.fc.0.weight": np.zeros((2, 2))})
