"""Images per second of the data pipelines alone."""

import io
import json
import os
import tempfile
import time
import zipfile

import numpy as np
from PIL import Image

from tests.benchmarks.timing import Timing
from zoo.data import CaptionFolder, Shapes, text_to_image_dataset
from zoo.text import CaptionTokenizer, Vocabulary


def emoji_like(count, path):
    """Writes a .zip of PNG images with transparency, 128 pixels, and short captions."""
    source = Shapes(size=128, count=count, seed=1)
    lines = []
    with zipfile.ZipFile(path, "w") as file:
        for i in range(count):
            image = np.array(source.load(i))
            alpha = np.where((image == image[0, 0]).all(-1, keepdims=True), 0, 255)
            stream = io.BytesIO()
            Image.fromarray(np.concatenate([image, alpha.astype(np.uint8)], -1)).save(
                stream, "PNG"
            )
            file.writestr(f"train/{i}.png", stream.getvalue())
            lines.append(json.dumps({"file_name": f"{i}.png", "texts": source.captions[i]}))
        file.writestr("train/metadata.jsonl", "\n".join(lines))


def measure(settings, count=512, batches=64, repeats=3):
    """dict of pipeline -> `Timing` of one batch."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "images.zip")
        emoji_like(count, path)
        zipped = CaptionFolder(path, check=False)
    shapes = Shapes(size=settings.stage_sizes[-1], count=count)
    cases = {
        "shapes, drawn at every visit": (shapes, {}),
        "shapes, cached": (shapes, {"cache": True}),
        "PNG images in memory (128 pixels, RGBA), decoded at every visit": (zipped, {}),
        "the same, random crop and mirror": (zipped, {"crop": "paper", "flip": True}),
        "the same, cached": (zipped, {"cache": True}),
        "the same, cached, random crop and mirror": (
            zipped, {"cache": True, "crop": "paper", "flip": True}
        ),
    }
    return {
        name: _time(source, settings, batches, repeats, **options)
        for name, (source, options) in cases.items()
    }


def _time(source, settings, batches, repeats, **options):
    words = [caption for captions in source.captions for caption in captions]
    tokenizer = CaptionTokenizer(Vocabulary.build(words), settings.max_words)
    data = text_to_image_dataset(
        source, tokenizer, settings.stage_sizes, settings.batch_size, **options
    )
    iterator = iter(data)
    for _ in range(batches // 4):  # start-up, and what is buffered ahead
        next(iterator)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(batches):
            next(iterator)
        seconds.append((time.perf_counter() - start) / batches)
    return Timing(tuple(seconds))
