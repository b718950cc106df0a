"""Golden parity of the Inception score: the rules of OpenAI, CUB, XMC-GAN and TF-GAN."""

import re

import pytest

from tests.golden.golden import Case
from zoo.metrics.class_probabilities import class_probabilities, full_batches
from zoo.metrics.inception_score import inception_score, inception_scores


@pytest.mark.parametrize("name", ["is_divisible", "is_not_divisible", "is_small_batch64"])
def test_scores(name):
    case = Case("metrics", name)
    whole = class_probabilities(case.inputs["logits"])
    birds = class_probabilities(case.inputs["logits"], background=True)
    case.check("probs", whole)
    case.check("bird/probs", birds)
    rules = {
        "openai": (whole, "spread"),
        "bird": (full_batches(birds), "spread"),
        "xmc_gan": (whole, "dropped"),
    }
    for key in case.outputs:
        parts = re.fullmatch(r"(\w+)_splits(\d+)/(scores|mean|std)", key)
        if parts:
            p, remainder = rules[parts[1]]
            mean, deviation = inception_score(p, int(parts[2]), remainder)
            scores = inception_scores(p, int(parts[2]), remainder)
            case.check(key, {"scores": scores, "mean": mean, "std": deviation}[parts[3]])
    case.check("tfgan_from_logits", inception_score(whole, splits=1)[0])
    case.check_all_seen()
