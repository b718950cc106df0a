"""Golden parity of StackGAN-v2's logged scores; the losses of the same case have their own test."""

from tests.golden.golden import Case
from zoo.metrics.inception_score import inception_score, negative_log_posterior_probability

METRICS = {
    "inception_score_splits": inception_score,
    "nlpp_splits": negative_log_posterior_probability,
}


def test_scores():
    case = Case("stackgan_v2", "losses")
    for key in case.outputs:
        for prefix, metric in METRICS.items():
            if key.startswith(prefix):
                splits = int(key.removeprefix(prefix))
                case.check(key, metric(case.inputs["predictions"], splits))
    case.check_all_seen(ignore=f"^(?!{'|'.join(METRICS)})")
    assert case.checked
