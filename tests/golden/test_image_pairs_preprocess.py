"""Golden parity of the preprocessing of pairs: Pillow's scaling, crop, flip, grayscale."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, nchw
from zoo.data.batches.batching import Batching
from zoo.data.batches.paired import paired_views
from zoo.data.sources.paired_folders import PairedFolder

LUMA = np.array([0.299, 0.587, 0.114], "float32")


def _png(path, pixels):
    tf.io.write_file(str(path), tf.io.encode_png(pixels))


@pytest.mark.parametrize("system", ["pix2pix", "bicyclegan"])
def test_aligned(system, tmp_path):
    """One channel: MSGAN's Pix2Pix weighs the colors of the finished image, without rounding; the
    pipeline and BicycleGAN convert to gray bytes first. So Pix2Pix's colors are weighed here."""
    case = Case(system, "preprocess_aligned")
    settings = case.meta["config"]
    (tmp_path / "train").mkdir()
    _png(tmp_path / "train" / "0.png", case.inputs["ab_uint8"])
    channels = [settings["input_nc"], settings["output_nc"]]
    views = paired_views(
        PairedFolder(tmp_path, layout="side_by_side"),
        Batching(settings["crop"], batch_size=1, load_size=settings["load"]),
        *([3, 3] if system == "pix2pix" else channels),
    )
    free = settings["load"] - settings["crop"]
    offset = np.array([[settings["h_off"], settings["w_off"]]])
    position = tf.constant((offset + 0.5) / (free + 1), tf.float32)
    pair = views(tf.constant([0]), position, tf.constant([settings["flip"]]))
    for key, image, depth in zip("AB", (pair["source"], pair["target"]), channels, strict=True):
        if depth != image.shape[-1]:
            image = image @ LUMA[:, None]
        case.check(key, nchw(image)[0])
    case.check_all_seen()
