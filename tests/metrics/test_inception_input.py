import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.inception_input import PREPROCESSING, SIZE, inception_input


@pytest.mark.parametrize(
    ("preprocessing", "black", "white"),
    [
        ("pytorch_fid", [-1] * 3, [1] * 3),
        ("xmc_gan", [-1] * 3, [1] * 3),
        ("bird_score", [-1] * 3, [1] * 3),
        ("openai_score", [0] * 3, [255] * 3),
        ("dm_gan_fid", [-0.030, -0.088, -0.188], [0.428, 0.360, 0.262]),
    ],
)
def test_ranges(preprocessing, black, white):
    for value, expected in ((0, black), (255, white)):
        got = inception_input(np.full([2, 8, 12, 3], value, "uint8"), preprocessing)
        assert got.shape == (2, SIZE, SIZE, 3)
        np.testing.assert_allclose(got[1, 5, 7], expected, atol=1e-9)


def test_arguments_are_checked():
    images = np.zeros([1, 8, 8, 3], "uint8")
    with pytest.raises(ZooError, match="preprocessing"):
        inception_input(images, "clean_fid")
    for wrong in (images[0], images / 255, images[..., :1], images[:0]):
        with pytest.raises(ZooError, match="uint8"):
            inception_input(wrong, list(PREPROCESSING)[0])
