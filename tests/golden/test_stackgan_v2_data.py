"""Golden parity of StackGAN++'s box crop, scaling, crop, flip and pyramid (Pillow)."""

import numpy as np
import tensorflow as tf

from tests.golden.golden import Case
from zoo.images import crop


def _bytes(image):
    """The uint8 form of an image in [-1, 1]."""
    return np.rint((np.asarray(image, "float64") + 1.0) * 127.5).astype("uint8")


def test_preprocess():
    case = Case("stackgan_v2", "preprocess")
    image = tf.constant(case.inputs["image_u8"])
    cut = crop.box_crop(image, case.inputs["bbox_xywh"])
    keys = sorted(key for key in case.outputs if key.startswith("flip"))
    sizes = sorted({case.outputs[key].shape[-1] for key in keys})
    case.check("resized_hw", crop.scale(cut, sizes[-1]).shape[:2])
    for flip in sorted({key.split("_")[0] for key in keys}):
        square = crop.scale_and_crop(
            cut, sizes[-1], case.inputs["crop_top_left"], flip=flip == "flip1"
        )
        for stage, level in enumerate(crop.pyramid(square, sizes)):
            key = f"{flip}_img{stage}"
            channels_first = np.moveaxis(level.numpy(), -1, 0)
            case.check(key, channels_first)
            np.testing.assert_array_equal(_bytes(channels_first), _bytes(case.outputs[key]), key)
    case.check_all_seen()
