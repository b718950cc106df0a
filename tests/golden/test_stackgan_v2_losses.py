"""Golden parity of StackGAN-v2's losses."""

import numpy as np
import tensorflow as tf

from tests.golden.golden import Case, nchw, nhwc, tensor
from zoo.losses import adversarial, color_consistency
from zoo.losses.kl import kl_to_standard_normal
from zoo.losses.mode_seeking import mode_seeking_distances, mode_seeking_loss


def test_losses(precision):
    case = Case("stackgan_v2", "losses")
    i = {k: tensor(nhwc(v) if v.ndim == 4 else v) for k, v in case.inputs.items()}
    case.check("kl", kl_to_standard_normal(i["mu"], i["logvar"])[None])

    with tf.GradientTape() as tape:
        tape.watch(i["prob"])
        real = adversarial.probability_cross_entropy(i["prob"], 1)
    case.check("bce_real", real[None])
    case.check("bce_fake", adversarial.probability_cross_entropy(i["prob"], 0)[None])
    case.check("bce_real_dprob", tape.gradient(real, i["prob"]))

    for name in ("hi", "lo"):
        mean, covariance = color_consistency.color_statistics(i[f"img_{name}"])
        case.check(f"mean_{name}", np.asarray(mean)[:, :, None, None])
        case.check(f"cov_{name}", covariance)
    weight = case.meta["config"].get("COLOR_LOSS", 50.0)  # that of the unconditional tasks
    means, covariances = color_consistency.color_differences(i["img_hi"], i["img_lo"])
    case.check("color_mu", weight * means[None])
    case.check("color_cov", weight * 5 * covariances[None])
    total = color_consistency.color_consistency_loss([i["img_lo"], i["img_hi"]])
    np.testing.assert_allclose(total, means + 5 * covariances, rtol=1e-5)

    samples = [i[k] for k in ("fake1", "fake2", "noise1", "noise2")]
    with tf.GradientTape() as tape:
        tape.watch(samples)
        loss = case.meta["config"]["MS_LOSS"] * mode_seeking_loss(*samples)
    image_distance, latent_distance = mode_seeking_distances(*samples)
    case.check("ms_ratio", (image_distance / latent_distance)[None])
    case.check("ms_loss", loss[None])
    case.check("ms_dfake1", nchw(tape.gradient(loss, samples[0])))
    identical = mode_seeking_loss(samples[0], samples[0], *samples[2:])
    case.check("ms_loss_identical_images", case.meta["config"]["MS_LOSS"] * identical[None])
    case.check_all_seen(ignore="^(inception_score|nlpp)_splits")  # metrics, not losses
