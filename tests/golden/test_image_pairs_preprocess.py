"""Golden parity of the preprocessing of pairs: Pillow's scaling, crop, flip, grayscale."""

import numpy as np
import pytest
import tensorflow as tf

from tests.golden.golden import Case, nchw
from zoo.data.batches.batching import Batching
from zoo.data.batches.paired import paired_views
from zoo.data.sources.paired_folders import PairedFolder


def _png(path, pixels):
    tf.io.write_file(str(path), tf.io.encode_png(pixels))


@pytest.mark.parametrize("system", ["pix2pix", "bicyclegan"])
def test_aligned(system, tmp_path):
    case = Case(system, "preprocess_aligned")
    settings = case.meta["config"]
    (tmp_path / "train").mkdir()
    _png(tmp_path / "train" / "0.png", case.inputs["ab_uint8"])
    views = paired_views(
        PairedFolder(tmp_path),
        Batching(settings["crop"], batch_size=1, load_size=settings["load"]),
        source_channels=settings["input_nc"],
        target_channels=settings["output_nc"],
    )
    free = settings["load"] - settings["crop"]
    offset = np.array([[settings["h_off"], settings["w_off"]]])
    position = tf.constant((offset + 0.5) / (free + 1), tf.float32)
    pair = views(tf.constant([0]), position, tf.constant([settings["flip"]]))
    case.check("A", nchw(pair["source"])[0])
    case.check("B", nchw(pair["target"])[0])
    case.check_all_seen()
