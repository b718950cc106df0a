"""Preprocessing of images for Inception, in the variants that published scores were computed with.

Numbers of different variants are not comparable: DM-GAN's COCO images have a FID of 26.55 with one
and 24.24 with another. Checked against mseitzer/pytorch-fid inception.py, DM-GAN eval/FID
(fid_score.py, inception.py) and eval/IS (both scripts), and google-research/xmcgan_image_generation
inception_utils.py and tf_inception_utils.py.
Known deviations: resizing is in float64, while some of these use float32; Pillow's resize replaces
that of old SciPy, which called it.
"""

import numpy as np
from PIL import Image

from zoo.errors import ZooError, check_choice
from zoo.metrics.bilinear import resize

SIZE = 299
_IMAGENET_SCALE = np.array([0.458, 0.448, 0.450])
_IMAGENET_SHIFT = np.array([-0.030, -0.088, -0.188])


def pytorch_fid(images):
    """pytorch-fid, for the network of 2015: resized without anti-aliasing, [-1, 1]."""
    return 2 * resize(images / 255, SIZE, SIZE) - 1


def dm_gan_fid(images):
    """DM-GAN's FID, for torchvision's ImageNet network: Pillow's resize, and a channel transform
    that expects images normalized for ImageNet but is applied to images in [0, 1]."""
    return _pillow(images) / 255 * _IMAGENET_SCALE + _IMAGENET_SHIFT


def openai_score(images):
    """Inception score of COCO, for the network of 2015: Pillow's resize, 0 to 255 (its graph
    scales them to [-1, 1])."""
    return _pillow(images)


def bird_score(images):
    """Inception score of CUB, for StackGAN's classifier: Pillow's resize, [-1, 1]."""
    return _pillow(images) / 127.5 - 1


def xmc_gan(images):
    """XMC-GAN, for Keras' ImageNet network: resized with anti-aliasing, clipped to [-1, 1]."""
    return np.clip(2 * resize(images / 255, SIZE, SIZE, antialias=True) - 1, -1, 1)


PREPROCESSING = {
    "pytorch_fid": pytorch_fid,
    "dm_gan_fid": dm_gan_fid,
    "openai_score": openai_score,
    "bird_score": bird_score,
    "xmc_gan": xmc_gan,
}


def inception_input(images, preprocessing):
    """Images resized to 299 x 299 and scaled by one of the preprocessing variants.

    Args:
        images: uint8 (batch, h, w, 3).
        preprocessing: a key of `PREPROCESSING`.

    Returns:
        float64 (batch, 299, 299, 3).

    Raises:
        ZooError: an unknown preprocessing, or other images.
    """
    check_choice("preprocessing", preprocessing, PREPROCESSING)
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3 or not images.size:
        raise ZooError(
            "Images for Inception must be uint8 (batch, h, w, 3), got "
            f"{images.dtype} {images.shape}."
        )
    return PREPROCESSING[preprocessing](images)


def _pillow(images):
    """Pillow's bilinear resize, which is anti-aliased and rounds to bytes."""
    resized = [Image.fromarray(x).resize((SIZE, SIZE), Image.Resampling.BILINEAR) for x in images]
    return np.stack([np.asarray(x, np.float64) for x in resized])
