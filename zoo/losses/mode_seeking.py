"""The mode seeking regularization.

Paper: MSGAN, arXiv 1903.05628, equation 5. Checked against HelenMao/MSGAN (state of 2019-04-23).
"""

from keras import ops

from zoo.precision import at_least_float32


def mode_seeking_distances(images_1, images_2, latents_1, latents_2):
    """Mean absolute differences of two batches of images and of their latents.

    Returns a tuple of scalars (image distance, latent distance), the mean taken over all elements.
    """
    images = at_least_float32(images_2) - at_least_float32(images_1)
    latents = at_least_float32(latents_2) - at_least_float32(latents_1)
    return ops.mean(ops.abs(images)), ops.mean(ops.abs(latents))


def mode_seeking_loss(images_1, images_2, latents_1, latents_2, epsilon=1e-5, average=None):
    """1 / (image distance / latent distance + epsilon), a term of the generator's loss.

    Both distances are means over the whole batch, divided once, as in the official code; the
    gradient flows through both images. Identical images give 1 / epsilon with gradient 0;
    coinciding latents give a finite value too: the reciprocal is taken as
    latent / (image + epsilon * latent), the same number wherever the official form is defined, and
    0 where both distances are 0.

    Args:
        images_1, images_2: float (batch, ...), same shape, two samples of the same conditions.
        latents_1, latents_2: float (batch, latent), the latents of each.
        epsilon: float.
        average: function of a distance, such as its mean over replicas, or None.

    Returns:
        A scalar, at least float32.
    """
    image_distance, latent_distance = mode_seeking_distances(
        images_1, images_2, latents_1, latents_2
    )
    if average is not None:
        image_distance, latent_distance = average(image_distance), average(latent_distance)
    denominator = image_distance + epsilon * latent_distance
    return ops.divide_no_nan(latent_distance, denominator)


def mode_seeking_terms(pairs, weight, dtype, average=None):
    """dict of scalars: the weighted loss `mode_seeking`, `image_distance` and `latent_distance`.

    Args:
        pairs: (images_1, images_2, latents_1, latents_2), see `mode_seeking_loss`; None where a
            condition has one sample only, which gives zeros of `dtype`.
        weight: float.
        average: see `mode_seeking_loss`.
    """
    if pairs is None:
        zero = ops.zeros([], dtype)
        return {"mode_seeking": zero, "image_distance": zero, "latent_distance": zero}
    image_distance, latent_distance = mode_seeking_distances(*pairs)
    return {
        "mode_seeking": weight * mode_seeking_loss(*pairs, average=average),
        "image_distance": image_distance,
        "latent_distance": latent_distance,
    }
