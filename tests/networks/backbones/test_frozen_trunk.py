"""Encoders on a frozen network: how pictures are resized for it (what trains: each encoder's)."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.networks.backbones.frozen_trunk import resize_bilinear


@pytest.mark.parametrize(("old", "new"), [(5, 9), (9, 5), (1, 4), (4, 4)])
def test_resize_agrees_with_tensorflow(old, new):
    x = np.random.default_rng(0).uniform(-1, 1, (2, old, old, 3)).astype("float32")
    for align_corners in (True, False):
        want = tf.compat.v1.image.resize_bilinear(
            x, (new, new), align_corners=align_corners, half_pixel_centers=not align_corners
        )
        np.testing.assert_allclose(resize_bilinear(x, new, new, align_corners), want, atol=1e-6)
