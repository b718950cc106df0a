"""The stand-in has the interface and the shapes of BERT base."""

import numpy as np
import tensorflow as tf

from zoo.text.bert_stand_in import FEATURES, write_stand_in
from zoo.text.hub_encoder import HubTextEncoder


def test_a_text_encoder_reads_it(tmp_path):
    encoder = HubTextEncoder(**write_stand_in(str(tmp_path)), max_tokens=17)
    assert encoder.features == FEATURES == 768
    text = encoder(tf.constant(["a red bird", "", "word " * 40]))
    assert text["words"].shape == (3, 17, 768) and text["sentence"].shape == (3, 768)
    np.testing.assert_array_equal(text["lengths"], [5, 2, 17])
