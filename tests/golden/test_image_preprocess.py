"""Golden parity of box crop, scaling, crop and image pyramid with the official code (Pillow)."""

import numpy as np
import tensorflow as tf

from tests.golden.golden import Case
from zoo.images import crop


def _compare(case, key, got, tolerance):
    want = case.outputs[key]
    got = np.asarray(got)
    assert got.shape == want.shape, f"{key}: shape {got.shape}, expected {want.shape}"
    difference = np.abs(got.astype("float64") - want.astype("float64")).max()
    assert difference <= tolerance, f"{key}: off by {difference}, allowed {tolerance}"
    case.checked.add(key)


def test_image_preprocess():
    case = Case("attngan", "image_preprocess")
    sizes, tolerance = case.meta["sizes"], case.meta["tolerance"]
    count = sum(key.startswith("src") for key in case.inputs)
    assert count
    for number in range(count):
        source = tf.constant(case.inputs[f"src{number}"])
        box = case.inputs[f"bbox{number}"]
        cut = crop.box_crop(source, box) if box.size else source
        _compare(case, f"bbox_cropped{number}", cut, tolerance["uint8"])
        scaled = crop.scale(cut, sizes[-1])
        _compare(case, f"scaled{number}", scaled, tolerance["uint8"])
        top, left, flip = case.inputs[f"crop_ij_flip{number}"]
        square = crop.scale_and_crop(cut, sizes[-1], [top, left], bool(flip))
        for size, image in zip(sizes, crop.pyramid(square, sizes), strict=True):
            key = f"img{number}_{size}"
            _compare(case, key, tf.transpose(image, [2, 0, 1]), tolerance["img"])
    case.check_all_seen()
