"""No convolution of a training step has explicit padding.

TensorFlow has no oneDNN kernel for the gradients of such a convolution: on a CPU they are several
times slower in float32, and more than ten times slower in bfloat16.
"""

import pytest
import tensorflow as tf

from tests.support.graphs import convolution_paddings
from tests.support.tiny_systems import SYSTEMS


@pytest.mark.parametrize("name", SYSTEMS)
def test_no_explicit_padding_in_a_training_step(name):
    example = SYSTEMS[name]
    model = example.make()
    step = tf.function(model.train_step, autograph=False)
    paddings = convolution_paddings(step.get_concrete_function(example.batch(0)))
    assert len(paddings) > 6  # forward and both gradients, of a discriminator at the least
    assert set(paddings) <= {b"SAME", b"VALID"}
