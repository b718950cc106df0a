"""Held-out scores."""

import numpy as np
import tensorflow as tf

from zoo.data import get_source
from zoo.training.scores import SourceSubset


def test_subset_is_evenly_spaced():
    source = get_source("shapes", size=16, count=10)
    subset = SourceSubset(source, 4, "held-out (test)")
    assert len(subset) == 4
    assert subset.captions == [source.captions[i] for i in (0, 3, 6, 9)]
    for i, place in enumerate((0, 3, 6, 9)):
        np.testing.assert_array_equal(subset.load(tf.constant(i)), source.load(place))
    assert len(SourceSubset(source, 99, "training")) == 10
