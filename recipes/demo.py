r"""End-to-end demo of a trained preset: generates and explains images, exports the model.

    python -m recipes.demo --out=demo
    python -m recipes.demo --out=demo --preset=runs/shapes/presets/best \
        --captions="a red circle;a small star on the left"

Loads the preset, writes a grid of captions x noises and a panel of the model's internals
(attention, gates, effect of each noise), exports the model as a SavedModel, and calls that from
another process that imports only TensorFlow. The exit code is 0 only if both give the same images.
Of a built-in preset with mode seeking, whose name has "_ms_", it also writes the same grid by its
partner without.
Needs no internet connection.
"""

import os
import subprocess
import sys
import textwrap
import time

import numpy as np

from zoo import command_line
from zoo.errors import ZooError
from zoo.presets.registry import without_mode_seeking
from zoo.seeds import read_seeds
from zoo.storage import output_folders
from zoo.visualization import explain
from zoo.visualization.attention_panel import panel
from zoo.visualization.grid import GAP, drawable, enlarged, grid, save_png

flags = command_line.Flags()
_OUT = flags.DEFINE_string("out", "demo", "Folder to write to.")
_PRESET = flags.DEFINE_string("preset", "dm_gan_ms_emoji_64", "Name, directory or handle.")
_CAPTIONS = flags.DEFINE_string(
    "captions",
    "grinning face;red heart;clapping hands: dark skin tone;full moon face;"
    "man running: light skin tone;woman farmer: medium skin tone",
    "Captions, separated by semicolons.",
)
_NOISES = flags.DEFINE_integer("noises", 6, "Images per caption.")
_SEED = flags.DEFINE_integer("seed", 0, "Image k of a caption uses the seed `seed + k`.")

COLUMN = 200  # width in pixels of the caption column
FONT_SIZE = 16
LINE = 24  # characters per line of a caption
SHOWN = 128  # pixels to which smaller images are enlarged
CLIENT = '''\
"""Generates images with a SavedModel. Needs only TensorFlow.

    python client.py SAVED_MODEL OUT SEED CAPTION [SEED CAPTION ...]
"""

import sys
from pathlib import Path

import tensorflow as tf

MOST = 64  # rows of a request

model = tf.saved_model.load(sys.argv[1])
seeds, captions = [int(seed) for seed in sys.argv[3::2]], sys.argv[4::2]
for start in range(0, len(seeds), MOST):
    part = slice(start, start + MOST)
    outputs = model.signatures["serving_default"](
        captions=tf.constant(captions[part]), seed=tf.constant(seeds[part], tf.int64)
    )
    for row, image in enumerate(outputs["image_bytes"].numpy(), start):
        Path(sys.argv[2], f"{row:02d}.png").write_bytes(image)
'''


def main(argv):
    """Runs the four parts and prints where the results are."""
    del argv
    started = time.monotonic()
    captions = [part.strip() for part in _CAPTIONS.value.split(";")]
    if _NOISES.value < 1:
        raise ZooError(f"--noises must be at least 1, got {_NOISES.value}.")
    if not _PRESET.value:
        raise ZooError("--preset is empty: give a name, a directory or a handle.")
    read_seeds(_SEED.value, 1, "--seed", span=_NOISES.value)
    out = output_folders.check_folder(_OUT.value, keep=_PRESET.value)
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        import zoo

        model = zoo.from_preset(_PRESET.value)
        if model.condition is None or model.condition.kind != "captions":
            raise ZooError(
                f"The demo generates images from captions, but the preset {_PRESET.value} is a "
                f"{type(model).__name__}, which does not take captions: use python -m "
                "recipes.generate for this preset."
            )
        output_folders.check_size(len(captions) * _NOISES.value, model.image_size)
        images = model.generate(captions, images_per_caption=_NOISES.value, seed=_SEED.value)
        explained = explain.explain(model, captions, _SEED.value)
    print(f"preset      {_PRESET.value} ({type(model).__name__}, {model.image_size} pixels)")
    write_grid(out / "grid.png", images, captions)
    print(f"grid        {out / 'grid.png'} ({len(captions)} captions x {_NOISES.value} noises)")
    if (other := without_mode_seeking(_PRESET.value)) is not None:
        write_partner(out / "without.png", other, captions)
    save_png(out / "explain.png", panel(explained))
    print(f"explain     {out / 'explain.png'} (attention to each word; effect of each noise)")
    served = export(out / "saved_model")
    largest = compare(served, out / "client.py", captions, images)
    print(f"client      {out / 'client.py'} in a process with only TensorFlow: its images in "
          f"{out / 'served'} differ by at most {largest} of 255")
    if largest > 1:
        raise ZooError(
            f"The SavedModel's images differ from those of generate by {largest} of 255, expected "
            "at most 1."
        )
    print(f"done in {time.monotonic() - started:.0f} s")


def write_partner(path, name, captions):
    """Writes the grid of the same captions and noises by the preset `name`."""
    import zoo

    with command_line.quiet_stderr():
        model = zoo.from_preset(name)
        images = model.generate(captions, images_per_caption=_NOISES.value, seed=_SEED.value)
    write_grid(path, images, captions)
    print(f"without     {path} (the same by {name}, without mode seeking)")


def write_grid(path, images, captions):
    """Writes one row per caption, with the caption to its left."""
    from PIL import Image, ImageDraw, ImageFont

    images = enlarged(images, SHOWN)
    rows = grid(images, len(images) // len(captions))
    canvas = np.pad(rows, ((0, 0), (COLUMN, 0), (0, 0)), constant_values=255)
    canvas = Image.fromarray(canvas)
    for row, caption in enumerate(captions):
        height = images.shape[1]
        ImageDraw.Draw(canvas).multiline_text(
            (4 * GAP, GAP + row * (height + GAP) + height // 2),
            textwrap.fill(drawable(caption), LINE),
            anchor="lm", fill=(0, 0, 0), font=ImageFont.load_default(FONT_SIZE),
        )
    save_png(path, np.asarray(canvas))


def export(folder):
    """Exports the preset as version 1 in `folder` with `export.saved_model`; returns its path."""
    result = run("-m", "export.saved_model", f"--preset={_PRESET.value}", f"--out={folder}",
               "--version=1", "--overwrite")
    print(f"SavedModel  {result.stdout.strip()}")
    return folder / "1"


def compare(served, client, captions, images):
    """Largest difference (0 ... 255) between the SavedModel's images and `images`."""
    from PIL import Image

    folder = client.parent / "served"
    folder.mkdir(exist_ok=True)
    client.write_text(CLIENT)
    rows = [(_SEED.value + k, caption) for caption in captions for k in range(_NOISES.value)]
    run(client, served, folder, *(part for row in rows for part in row))
    served_images = [np.asarray(Image.open(folder / f"{row:02d}.png")) for row in range(len(rows))]
    return int(np.abs(np.stack(served_images).astype(int) - images).max())


def run(*arguments):
    """Runs Python with these arguments, quietly; raises `ZooError` with the last line of stderr."""
    result = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
        raise ZooError(f"{arguments[0]} failed: {lines[-1]}")
    return result


if __name__ == "__main__":
    command_line.run(main, flags)
