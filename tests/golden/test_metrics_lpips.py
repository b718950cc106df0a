"""Golden parity of LPIPS: both versions, the three trunks, the plain sum and the map."""

import numpy as np
import pytest

from tests.golden import procedural
from tests.golden.golden import Case, nchw, nhwc, number_in, tensor
from zoo.importers.lpips import channel_weights, trunk_targets
from zoo.metrics.lpips import lpips, lpips_by_layer, lpips_map, trunk_input
from zoo.networks.backbones.perceptual_trunk import PerceptualTrunk
from zoo.networks.build import build_on, symbolic_input


@pytest.mark.parametrize("name", ["lpips_alex", "lpips_squeeze", "lpips_vgg"])
def test_distances(name, precision):
    case = Case("metrics", name)
    images = [nhwc(case.inputs[f"img{number}"]) for number in (0, 1)]
    trunk = PerceptualTrunk(case.meta["net"], name="trunk")
    build_on(trunk, symbolic_input(*images[0].shape))
    procedural.load(trunk_targets(trunk))

    for version in ("0.0", "0.1"):
        scaled = [trunk_input(x, version) for x in images]
        a, b = ([np.asarray(x) for x in trunk(tensor(x))] for x in scaled)
        net = case.meta["net"]
        weights = channel_weights(case.param(f"{net}/v{version}/"), net)
        layers = lpips_by_layer(a, b, weights)
        case.check(f"v{version}/per_layer", layers[:, :, None, None, None])
        case.check(f"v{version}/value", lpips(a, b, weights)[:, None, None, None])
    # the other keys are of version 0.1; images are in [-1, 1] here, so normalization is not needed
    case.check("v0.1/normalize_from_01/value", lpips(a, b, weights)[:, None, None, None])
    case.check("baseline_no_lin/value", lpips(a, b)[:, None, None, None])
    case.check("v0.1/identical", lpips(a, a, weights)[:, None, None, None])
    where = lpips_map(a, b, *images[0].shape[1:3], weights)
    key, step = number_in(case, r"v0\.1/spatial_sub(\d+)")
    case.check(key, where[:, None, ::step, ::step])
    corner = case.outputs["scaled_img0_corner"].shape[-2:]
    case.check("scaled_img0_corner", nchw(scaled[0])[:, :, : corner[0], : corner[1]])
    for number, x in enumerate(a):
        case.check(f"trunk/layer{number}_mean", x.mean((1, 2)))
    case.check_all_seen()
