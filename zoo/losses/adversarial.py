"""Adversarial losses of conditional discriminators.

Sign convention: all losses are minimized. The inputs are logits; the official code computes the
binary cross-entropy of their sigmoid, which is the same except where a float saturates
(`clamped_cross_entropy`).
"""

from keras import ops

from zoo.errors import check_choice
from zoo.precision import at_least_float32


def binary_cross_entropy(logits, target):
    """Mean over the batch: target 1 -log sigmoid(logits), target 0 -log(1 - sigmoid(logits))."""
    logits = at_least_float32(logits)
    return ops.mean(ops.softplus(-logits if target else logits))


def clamped_cross_entropy(logits, target):
    """`binary_cross_entropy` as PyTorch's `BCELoss` computes it from sigmoid(logits).

    The logarithms are clipped at -100, and a sigmoid that has saturated at the wrong end has no
    gradient.
    """
    return probability_cross_entropy(ops.sigmoid(at_least_float32(logits)), target)


def probability_cross_entropy(probabilities, target):
    """Mean of -log p (target 1) or -log(1 - p) (target 0), at most 100 per element.

    The derivative is PyTorch's, (p - target) / max(p (1 - p), 1e-12) / count.
    """
    p = at_least_float32(probabilities)
    value = ops.minimum(-(ops.log(p) if target else ops.log1p(-p)), 100.0)
    slope = (p - target) / ops.maximum(p * (1 - p), 1e-12)
    value, slope, fixed = (ops.stop_gradient(x) for x in (value, slope, p))
    return ops.mean(value + slope * (p - fixed))


FORMS = {"logits": binary_cross_entropy, "probabilities": clamped_cross_entropy}


def cross_entropy(form):
    """The cross-entropy of an `adversarial_form`; `ZooError` unless it is a key of `FORMS`."""
    return FORMS[check_choice("`adversarial_form`", form, FORMS)]


def matching_aware_discriminator_loss(real, wrong, fakes, reduction="sum", wrong_weight=1.0):
    """Loss on real pairs, generated pairs, and real images with another caption.

    1/2 [U(real) + C(real)] + 1/3 [sum over fakes (U + C) + C(wrong)], and without unconditional
    logits C(real) + 1/2 [sum over fakes C + C(wrong)], every term a binary cross-entropy. Source:
    AttnGAN code/miscc/losses.py `discriminator_loss`; the sum over several fakes is MSGAN's.

    Args:
        real: dict of logits (batch,), `conditional` and, if the head exists, `unconditional`.
        wrong: conditional logits (batch - 1,) of mismatched pairs.
        fakes: list of dicts like `real`, one per generated sample.
        reduction: "sum" or "mean" over the samples.
        wrong_weight: float or scalar. Weight of C(wrong), for replicas with unequal numbers of
            mismatched pairs.
    """
    wrong_loss = binary_cross_entropy(wrong, 0)
    wrong_loss = wrong_loss * ops.cast(wrong_weight, wrong_loss.dtype)
    real_loss = sum(binary_cross_entropy(logits, 1) for logits in real.values())
    fake_loss = sum(binary_cross_entropy(logits, 0) for fake in fakes for logits in fake.values())
    if reduction == "mean":
        fake_loss = fake_loss / len(fakes)
    if "unconditional" in real:
        return real_loss / 2.0 + (fake_loss + wrong_loss) / 3.0
    return real_loss + (fake_loss + wrong_loss) / 2.0


def wrong_image_discriminator_loss(
    real, wrong, fakes, unconditional_weight=1.0, cross_entropy=binary_cross_entropy
):
    """Loss on real pairs, generated pairs, and mismatched real images with the same caption.

    With u the weight, C(real) + C(wrong) + sum over fakes C + u [U(real) + U(wrong) + sum over
    fakes U], every term a cross-entropy. A mismatched image is real: its unconditional target is 1.
    With u = 0, C(real) + 1/2 [C(wrong) + sum over fakes C]. Source: StackGAN-v2 code/trainer.py
    `condGANTrainer.train_Dnet`; the sum over several fakes is MSGAN's.

    Args:
        real, wrong: dicts of logits (batch,), `conditional` and, unless u = 0, `unconditional`.
        fakes: list of dicts like `real`, one per generated sample.
        unconditional_weight: float. u.
        cross_entropy: `binary_cross_entropy` or `clamped_cross_entropy`.
    """
    real_loss = cross_entropy(real["conditional"], 1)
    rest = cross_entropy(wrong["conditional"], 0)
    rest = rest + sum(cross_entropy(fake["conditional"], 0) for fake in fakes)
    if not unconditional_weight:
        return real_loss + 0.5 * rest
    unconditional = cross_entropy(real["unconditional"], 1) + cross_entropy(
        wrong["unconditional"], 1
    )
    unconditional += sum(cross_entropy(fake["unconditional"], 0) for fake in fakes)
    return real_loss + rest + unconditional_weight * unconditional


def unconditional_discriminator_loss(real, fakes, cross_entropy=binary_cross_entropy):
    """Loss on real and generated images, U(real) + sum over fakes U.

    Args:
        real: dict with the logits `unconditional` (batch,).
        fakes: list of such dicts, one per generated sample.
        cross_entropy: see `wrong_image_discriminator_loss`.
    """
    real_loss = cross_entropy(real["unconditional"], 1)
    return real_loss + sum(cross_entropy(fake["unconditional"], 0) for fake in fakes)


def generator_loss(fake, unconditional_weight=1.0, cross_entropy=None):
    """Sum over the heads of a generated batch's cross-entropy with target 1 (non-saturating).

    Args:
        fake: dict of logits (batch,), by head.
        unconditional_weight: float. Weight of the head `unconditional`.
        cross_entropy: a function, by default `binary_cross_entropy`.
    """
    cross_entropy = cross_entropy or binary_cross_entropy
    weights = {"conditional": 1.0, "unconditional": unconditional_weight}
    return sum(weights[head] * cross_entropy(logits, 1) for head, logits in fake.items())


def hinge_discriminator_loss(real, fake):
    """mean max(0, 1 - real) + mean max(0, 1 + fake), of logits; arXiv 1705.02894."""
    real, fake = at_least_float32(real), at_least_float32(fake)
    return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))


def hinge_generator_loss(fake):
    """-mean fake, of logits."""
    return -ops.mean(at_least_float32(fake))
