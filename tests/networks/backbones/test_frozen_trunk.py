"""Encoders on a frozen network: resizing of its images (see each encoder for what trains)."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.images.matrix_resize import resize_bilinear
from zoo.metrics.bilinear import resize


@pytest.mark.parametrize(("old", "new"), [(5, 9), (9, 5), (1, 4), (4, 4)])
def test_resize_agrees_with_tensorflow(old, new):
    x = np.random.default_rng(0).uniform(-1, 1, (2, old, old, 3)).astype("float32")
    for align_corners in (True, False):
        want = tf.compat.v1.image.resize_bilinear(
            x, (new, new), align_corners=align_corners, half_pixel_centers=not align_corners
        )
        np.testing.assert_allclose(resize_bilinear(x, new, new, align_corners), want, atol=1e-6)


@pytest.mark.parametrize(("old", "new"), [(5, 9), (9, 5), (1, 4), (12, 4)])
def test_antialiased_resize_agrees_with_the_one_of_the_metrics(old, new):
    x = np.random.default_rng(0).uniform(-1, 1, (2, old, old + 2, 3))
    found = resize_bilinear(x, new, new + 1, antialias=True)
    np.testing.assert_allclose(found, resize(x, new, new + 1, antialias=True), atol=1e-12)
