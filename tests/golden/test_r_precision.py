"""Golden parity of R-precision."""

import numpy as np

from tests.golden.golden import Case
from zoo.metrics.r_precision import cosine_scores, r_precision, r_precision_hits


def test_scores_and_folds(precision):
    case = Case("dm_gan", "r_precision")
    codes = case.inputs["cnn_code"], case.inputs["rnn_code"]
    case.check("scores", cosine_scores(*codes))
    case.check("hit", r_precision_hits(*codes))
    hits = case.inputs["R_shuffled"]
    for folds, name in (("official", "split"), ("exact", "split_full")):
        mean, deviation = r_precision(hits, folds)
        case.check(f"{name}_mean", mean)
        case.check(f"{name}_std", deviation)
    case.check_all_seen()


def test_hits_from_sentence_codes():
    case = Case("metrics", "r_precision_dmgan")
    i = case.inputs
    candidates = np.concatenate([i["sent_emb"][:, None], i["mismatched_sent_emb"]], axis=1)
    case.check("hits", r_precision_hits(i["cnn_code"], candidates))
    hits = i["R30000"].astype("float64")
    np.random.RandomState(case.meta["shuffle_seed"]).shuffle(hits)
    mean, deviation = r_precision(hits, "official")
    case.check("R_mean", mean)
    case.check("R_std", deviation)
    case.check_all_seen()
