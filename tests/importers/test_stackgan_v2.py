"""Released StackGAN-v2 generators -> models, on files of the official form and tiny sizes."""

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.importers import official
from zoo.importers import stackgan_v2 as names
from zoo.models.stackgan_v2 import StackGANV2

SIZES = {
    "stage_sizes": (64, 128),
    "generator_filters": 6,
    "residual_blocks": 1,
    "latent_dim": 5,
}


def save(path, model):
    """The generator's file as `DataParallel` names it."""
    targets = names.generator_targets(model.generator)
    arrays = {f"module.{k}": t.to_official(t.variable.numpy()) for k, t in targets.items()}
    np.savez(path, **arrays)
    return str(path)


@pytest.mark.parametrize("kind", ["embeddings", "none"])
def test_generates_what_the_official_weights_do(tmp_path, kind):
    text = {"kind": kind, **({"features": 7} if kind == "embeddings" else {})}
    model = StackGANV2(text_encoder=text, condition_dim=3, **SIZES)
    path = save(tmp_path / "netG_210000.npz", model)
    imported = official.stackgan_v2(path, mode_seeking_weight=1.0)
    assert imported.condition_dim == (3 if kind == "embeddings" else 0)
    assert {k: imported.get_config()[k] for k in SIZES} == {**SIZES, "stage_sizes": [64, 128]}
    condition = np.ones([1, 7]) if kind == "embeddings" else None
    expected = model.generate(condition, images_per_caption=2, seed=3)
    np.testing.assert_array_equal(imported.generate(condition, 2, seed=3), expected)


def test_another_network(tmp_path):
    np.savez(tmp_path / "netD0.npz", **{"module.logits.0.bias": np.zeros(1)})
    with pytest.raises(ZooError, match="no img_net1.img.0.weight.*starts with logits.0.bias"):
        official.stackgan_v2(str(tmp_path / "netD0.npz"))
