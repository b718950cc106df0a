"""Images to translate."""

from pathlib import Path

import tensorflow as tf

from zoo.conditions.base import Condition
from zoo.conditions.image_serving import image_requests, image_signatures
from zoo.conditions.records import LIMITS, Given
from zoo.errors import ZooError
from zoo.images.convert import to_float
from zoo.images.read import image_files, read_images
from zoo.networks.build import symbolic_input


class Images(Condition):
    """Images in the forms of `zoo.images.read`, scaled to the model's size.

    Args:
        size: int. Height and width in pixels.
        channels: int. 3, or 1 for gray images.
        directions: names of the directions of translation, if the model has several.
        guide: str. What the model extracts from a guide, an image of the target domain: "latent" or
            "attribute"; "" for a model without guides.
        guide_varies: bool. Whether a guided translation still depends on the seed.
        guide_channels: int. Channels of a guide.
    """

    kind, task = "images", "image-to-image"
    argument = "images"

    def __init__(self, size, channels=3, directions=(), guide="", guide_varies=False,
                 guide_channels=3):
        self.size, self.channels = size, channels
        self.directions = tuple(directions)
        self.data_form = "domains" if directions else "pairs"
        self.guide, self.guide_varies, self.guide_channels = guide, guide_varies, guide_channels
        self.fields = {"source": tf.TensorSpec([None, size, size, channels], tf.float32)}
        more = (*(["direction"] if directions else []), *(["guide"] if guide else []))
        self.flags = ("images", *more)

    def parse(self, conditions):
        """uint8, which `take` scales to [-1, 1]; float32 for conditions given as floats."""
        return {"source": read_images(conditions, self.size, self.channels)}

    def take(self, rows, indices):
        return {**super().take(rows, indices), "source": to_float(rows["source"][indices])}

    def symbolic(self):
        return {"source": symbolic_input(2, self.size, self.size, self.channels)}

    def serve(self, folder, limits=LIMITS):
        return image_signatures(self, limits), []

    def requests(self, size):
        return image_requests(self, size)

    def record(self):
        directions = {"directions": list(self.directions)} if self.directions else {}
        return {"kind": self.kind, **directions}

    def known(self):
        ways = f" in the directions {' and '.join(self.directions)}" if self.directions else ""
        return f"{'color' if self.channels == 3 else 'gray'} images{ways}"

    def hint(self):
        optional = " and ".join(f"--{flag}" for flag in self.flags[1:])
        optional = f" and optionally {optional}" if optional else ""
        return f"translates images: give --images=FILE or --images=FOLDER{optional}"

    def load(self, name, images=(), direction=None, guide=None):
        files, values = read_files(images, self, name)
        given = Given(values, [Path(file).stem for file in files], sources=values)
        if direction:
            given.options["direction"] = direction
        if guide and self.guide == "latent":
            given.examples = guide
        elif guide:
            given.options["guide"] = guide
        if guide and not self.guide_varies:
            given.single = (
                f"takes one {self.guide} from --guide, so each image has only one translation"
            )
        return given

    @classmethod
    def record_of_old(cls, metadata):
        both = {"directions": ["a2b", "b2a"]} if metadata.get("class") == "DRIT" else {}
        return {"kind": cls.kind, **both}

    @classmethod
    def example_argument(cls, record):
        return '"photos"', "  # a file, a folder, or arrays"

    @classmethod
    def example_flag(cls, record):
        return "--images=photos"


def read_files(paths, condition, name):
    """(files, images as the model reads them) from paths of files and folders."""
    if not paths:
        raise ZooError(f"No images were given. {name} {condition.hint()}.")
    files = [file for path in paths for file in image_files(path)]
    return files, read_images(files, condition.size, condition.channels)
