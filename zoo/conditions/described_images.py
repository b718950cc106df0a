"""Images to describe with captions."""

from pathlib import Path

from zoo.conditions.images import Images, read_files
from zoo.conditions.records import Given


class DescribedImages(Images):
    """Images whose captions a model writes; no image is generated from them."""

    kind, task = "description", "image-captioning"

    def __init__(self, size):
        super().__init__(size)
        self.flags = ("images",)

    def hint(self):
        return "describes images: give --images=FILE or --images=FOLDER and --describe"

    def load(self, name, images=()):
        files, values = read_files(images, self, name)
        return Given(values, [Path(file).stem for file in files], files=files,
                     single="describes --images and generates no images")

    @classmethod
    def python_example(cls, record):
        return 'captions = model.describe("photos")  # a file, a folder, or arrays'

    @classmethod
    def command_examples(cls, record):
        return ["--images=photos --describe --out=descriptions"]
