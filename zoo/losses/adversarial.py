"""Adversarial losses of discriminators that also see a condition.

Sign convention: both losses are minimised. Logits go in; the official code takes binary
cross-entropy of their sigmoid, which is the same except where a float saturates.
"""

from keras import ops

from zoo.precision import at_least_float32


def binary_cross_entropy(logits, target):
    """Mean over the batch: target 1 -log sigmoid(logits), target 0 -log(1 - sigmoid(logits))."""
    logits = at_least_float32(logits)
    return ops.mean(ops.softplus(-logits if target else logits))


def matching_aware_discriminator_loss(real, wrong, fakes):
    """Real pairs against generated pairs and against real images with another caption.

    1/2 [U(real) + C(real)] + 1/3 [sum over fakes (U + C) + C(wrong)], and without unconditional
    logits C(real) + 1/2 [sum over fakes C + C(wrong)], every term a binary cross-entropy. Source:
    AttnGAN code/miscc/losses.py `discriminator_loss`; the sum over several fakes is MSGAN's.

    Args:
        real: dict of logits (batch,), `conditional` and, where the head exists, `unconditional`.
        wrong: conditional logits (batch - 1,) of mismatched pairs.
        fakes: list of dicts like `real`, one for each generated sample.
    """
    wrong_loss = binary_cross_entropy(wrong, 0)
    real_loss = sum(binary_cross_entropy(logits, 1) for logits in real.values())
    fake_loss = sum(binary_cross_entropy(logits, 0) for fake in fakes for logits in fake.values())
    if "unconditional" in real:
        return real_loss / 2.0 + (fake_loss + wrong_loss) / 3.0
    return real_loss + (fake_loss + wrong_loss) / 2.0


def generator_loss(fake):
    """Sum over the heads of a generated batch's cross-entropy to "real" (non-saturating)."""
    return sum(binary_cross_entropy(logits, 1) for logits in fake.values())
