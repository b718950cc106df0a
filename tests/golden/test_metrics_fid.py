"""Golden parity of the Fréchet distance with pytorch-fid, XMC-GAN's routine and TF-GAN."""

import re

import numpy as np
import pytest

from tests.golden.golden import Case
from zoo.errors import ZooError
from zoo.metrics.feature_statistics import FeatureStatistics
from zoo.metrics.frechet_distance import frechet_distance, frechet_distance_of_gaussians

VALUES = ("pytorch_fid", "reference_eigh", "xmc_gan", "tfgan", "tfgan_float32_in")


@pytest.mark.parametrize(
    "name",
    ["regular", "identical", "collapsed", "constant_columns", "low_rank", "rank_deficient"],
)
def test_features(name):
    case = Case("metrics", f"fid_{name}")
    statistics = []
    for number in (1, 2):
        features = case.inputs[f"feat{number}"]
        whole = FeatureStatistics(features.shape[1])
        for batch in np.array_split(features, min(7, len(features))):
            whole.update(batch)
        statistics += [whole.mean, whole.covariance]
        case.check(f"mu{number}", whole.mean)
        case.check(f"sigma{number}", whole.covariance)
        want = case.outputs[f"sigma{number}"]
        np.testing.assert_allclose(whole.covariance, want, atol=1e-12 * max(1, np.abs(want).max()))
    got = frechet_distance_of_gaussians(*statistics)
    spread = max(1, *(np.trace(covariance) for covariance in statistics[1::2]))
    whole = frechet_distance(case.inputs["feat1"], case.inputs["feat2"])
    np.testing.assert_allclose(got, whole, atol=1e-7 * spread)
    np.testing.assert_allclose(got, case.outputs["reference_eigh"], rtol=1e-6, atol=1e-9 * spread)
    raised = [key for key in VALUES if case.outputs.get(f"{key}/raised")]
    for key in (key for key in VALUES if key not in raised):
        case.check(key, got)
    case.check_all_seen(ignore="|".join(["/raised$", *(f"^{key}$" for key in raised)]))


def test_given_statistics():
    case = Case("metrics", "fid_from_stats")
    refused = set()
    for pair in case.meta["pairs"]:
        names = ("mu1", "sigma1", "mu2", "sigma2")
        values = [case.inputs[f"{pair}/{name}"] for name in names]
        # The offset is for a product without a root, which two covariances never have. (The scalar
        # raises in one official routine for a change of SciPy, and has a value in the other.)
        if case.outputs[f"xmc_gan/{pair}/raised"] or case.outputs[f"{pair}/eps_offset_used"]:
            refused.add(pair)
            with pytest.raises(ZooError, match="A covariance"):
                frechet_distance_of_gaussians(*values)
            continue
        got = frechet_distance_of_gaussians(*values)
        for key in {f"{pair}/fid", f"xmc_gan/{pair}/fid"} & set(case.outputs):
            case.check(key, got)
    pairs = "|".join(re.escape(pair) for pair in refused) or "$."
    case.check_all_seen(ignore=f"/(raised|eps_offset_used)$|(^|/)({pairs})/")
