"""The timed subjects: FID as the zoo measures it, and the input of both sides.

This subject and `pytorch_fid_process.PytorchFid` have `show(images)`, uint8 (batch, h, w, 3);
`features()` of these, (batch, 2048); and `distance(folders)`, the FID of two folders of images.
Their networks are made once.
"""

import os
import tempfile

import numpy as np
from PIL import Image


def write_weights(path, width_divisor=1):
    """A .npz of random weights under the official names, by the rule of the golden cases."""
    from tests.golden import procedural
    from zoo.importers.fid_inception import inception_targets
    from zoo.networks.backbones.fid_inception import FidInception
    from zoo.networks.build import build_on, symbolic_input

    network = FidInception(width_divisor=width_divisor, name="inception")
    targets = inception_targets(build_on(network, symbolic_input(None, 299, 299, 3)))
    np.savez(path, **{
        name: procedural.array(name, target.to_official(target.variable).shape)
        for name, target in targets.items()
    })


def shape_images(count, size, seed):
    """Images of the shapes' world, uint8 (count, size, size, 3)."""
    from zoo.data import Shapes

    source = Shapes(size=size, count=count, seed=seed)
    return np.stack([np.asarray(source.load(i)) for i in range(count)])


def write_folder(folder, images):
    """PNG files of images; returns the folder."""
    os.makedirs(folder)
    for i, image in enumerate(images):
        Image.fromarray(image).save(os.path.join(folder, f"{i:05d}.png"))
    return folder


class Zoo:
    """The FID of `recipes.evaluate --images=A --data=B --inception=FILE`."""

    def __init__(self, weights):
        from zoo.evaluation.feature_networks import inception

        self.network = inception(str(weights))

    def show(self, images):
        self.images = images

    def features(self):
        return self.network(self.images)["features"]

    def distance(self, folders):
        from zoo.evaluation.cache import Cache
        from zoo.evaluation.fid import measure_fid
        from zoo.evaluation.image_set import from_path

        with tempfile.TemporaryDirectory() as kept:
            cache = Cache(kept, show=False)
            a, b = (cache.features(from_path(f), self.network)["features"] for f in folders)
            return measure_fid(a, b, self.network, (len(a), 1)).value


def same_features(found, what):
    """How far the features of "zoo" and "pytorch-fid" differ, in words; "" where one is missing.

    Raises:
        AssertionError: they are not the same but for rounding.
    """
    if len(found) < 2:
        return ""
    ours, theirs = found["zoo"], found["pytorch-fid"]
    difference, largest = np.abs(ours - theirs).max(), np.abs(theirs).max()
    if not difference <= 1e-4 * largest:
        raise AssertionError(f"The features differ by {difference:g}, their largest: {largest:g}.")
    return f"features of {what} differ by {difference:.2g} at most, the largest is {largest:.3g}"
