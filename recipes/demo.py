r"""The whole chain on a trained preset: captions, images, what they came from, a served model.

    python -m recipes.demo --out=demo
    python -m recipes.demo --out=demo --preset=runs/shapes/presets/best \
        --captions="a red circle;a small star on the left"

Loads the preset, writes a grid of captions x noises and a panel of what the model shows of its work
(attention, gates, what each noise changes), exports the model as a SavedModel, and calls that from
another process which has nothing but TensorFlow. Exit code 0 only if the two give the same
images. No network is used.
"""

import os
import subprocess
import sys
import textwrap
import time

import numpy as np
from absl import flags

from recipes import _cli
from zoo.errors import ZooError
from zoo.seeds import read_seeds
from zoo.storage import output_folders
from zoo.visualization import explain
from zoo.visualization.attention_panel import panel
from zoo.visualization.grid import GAP, drawable, grid, save_png

_OUT = flags.DEFINE_string("out", "demo", "Folder to write to.")
_PRESET = flags.DEFINE_string("preset", "attn_gan_emoji_64", "Name, directory or handle.")
_CAPTIONS = flags.DEFINE_string(
    "captions",
    "grinning face;red heart;clapping hands: dark skin tone;full moon face;"
    "man running: light skin tone;man pilot: medium-dark skin tone",
    "Captions, separated by semicolons.",
)
_NOISES = flags.DEFINE_integer("noises", 6, "Pictures of each caption.")
_SEED = flags.DEFINE_integer("seed", 0, "Picture k of a caption uses the seed `seed + k`.")

COLUMN = 200  # pixels of the column that the captions stand in
FONT_SIZE = 16
LINE = 24  # characters of a caption a line
SHOWN = 128  # pixels that an image is enlarged to, where it is smaller
CLIENT = '''\
"""Asks a SavedModel for images. Needs TensorFlow and nothing else.

    python client.py SAVED_MODEL OUT SEED CAPTION [SEED CAPTION ...]
"""

import sys
from pathlib import Path

import tensorflow as tf

model = tf.saved_model.load(sys.argv[1])
outputs = model.signatures["serving_default"](
    captions=tf.constant(sys.argv[4::2]),
    seed=tf.constant([int(seed) for seed in sys.argv[3::2]], tf.int64),
)
for row, image in enumerate(outputs["image_bytes"].numpy()):
    Path(sys.argv[2], f"{row:02d}.png").write_bytes(image)
'''


def main(argv):
    """Run the four parts and say where everything is."""
    del argv
    started = time.monotonic()
    captions = [part.strip() for part in _CAPTIONS.value.split(";")]
    if _NOISES.value < 1:
        raise ZooError(f"--noises must be at least 1, got {_NOISES.value}.")
    if not _PRESET.value:
        raise ZooError("--preset is empty: give a name, a directory or a handle.")
    read_seeds(_SEED.value, 1, "--seed", span=_NOISES.value)
    out = output_folders.check_folder(_OUT.value, keep=_PRESET.value)
    _cli.start_tensorflow()
    with _cli.quiet_stderr():
        import zoo

        model = zoo.from_preset(_PRESET.value)
        if model.condition is None or model.condition.kind != "captions":
            raise ZooError(
                f"The demo draws captions, but the preset {_PRESET.value} is a "
                f"{type(model).__name__}, which does not: python -m recipes.generate shows what a "
                "preset of another kind makes."
            )
        output_folders.check_size(len(captions) * _NOISES.value, model.image_size)
        images = model.generate(captions, images_per_caption=_NOISES.value, seed=_SEED.value)
        explained = explain.explain(model, captions, _SEED.value)
    print(f"preset      {_PRESET.value} ({type(model).__name__}, {model.image_size} pixels)")
    write_grid(out / "grid.png", images, captions)
    print(f"grid        {out / 'grid.png'} ({len(captions)} captions x {_NOISES.value} noises)")
    save_png(out / "explain.png", panel(explained))
    print(f"explain     {out / 'explain.png'} (where each word was read; what each noise changes)")
    served = export(out / "saved_model")
    largest = compare(served, out / "client.py", captions, images)
    print(f"client      {out / 'client.py'} in a process with TensorFlow alone: its images in "
          f"{out / 'served'} differ by at most {largest} of 255")
    if largest > 1:
        raise ZooError("The SavedModel's images are not those of generate.")
    print(f"done in {time.monotonic() - started:.0f} s")


def write_grid(path, images, captions):
    """A row a caption, the caption left of it."""
    from PIL import Image, ImageDraw, ImageFont

    images = enlarge(images)
    pictures = grid(images, len(images) // len(captions))
    canvas = np.pad(pictures, ((0, 0), (COLUMN, 0), (0, 0)), constant_values=255)
    canvas = Image.fromarray(canvas)
    for row, caption in enumerate(captions):
        height = images.shape[1]
        ImageDraw.Draw(canvas).multiline_text(
            (4 * GAP, GAP + row * (height + GAP) + height // 2),
            textwrap.fill(drawable(caption), LINE),
            anchor="lm", fill=(0, 0, 0), font=ImageFont.load_default(FONT_SIZE),
        )
    save_png(path, np.asarray(canvas))


def enlarge(images):
    """Small images with each pixel repeated, so that they can be seen."""
    scale = max(1, SHOWN // images.shape[1])
    return images.repeat(scale, axis=1).repeat(scale, axis=2)


def export(folder):
    """Exports the preset as version 1 in `folder` with the program for it; returns its path."""
    done = run("-m", "export.saved_model", f"--preset={_PRESET.value}", f"--out={folder}",
               "--version=1", "--overwrite")
    print(f"SavedModel  {done.stdout.strip()}")
    return folder / "1"


def compare(served, client, captions, images):
    """Largest difference (0 ... 255) between the SavedModel's images and `images`."""
    from PIL import Image

    folder = client.parent / "served"
    folder.mkdir(exist_ok=True)
    client.write_text(CLIENT)
    rows = [(_SEED.value + k, caption) for caption in captions for k in range(_NOISES.value)]
    run(client, served, folder, *(part for row in rows for part in row))
    answers = [np.asarray(Image.open(folder / f"{row:02d}.png")) for row in range(len(rows))]
    return int(np.abs(np.stack(answers).astype(int) - images).max())


def run(*arguments):
    """Run Python with these arguments, quietly; a failure is an error with its last words."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ZooError(f"{arguments[0]} failed: {lines[-1]}")
    return done


if __name__ == "__main__":
    _cli.run(main)
