"""How long a new process takes to its first images, and to the first step of a training.

    python -m tests.benchmarks.starts [--presets=dm_gan_ms_emoji_64] [--recipes=drit:emoji]

Needs the data sets of the CPU recipes in --data; recipes of data sets that are not there are left
out.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.benchmarks import document, machine
from tests.benchmarks.timing import OtherLoad

PRESETS = ("dm_gan_ms_emoji_64", "stackgan_v2_ms_emoji_64", "dcgan_ms_cifar10_32",
           "pix2pix_ms_facades_128")
# recipe -> its data set and further settings; stages that are runs of their own are presets here
RECIPES = {
    "attn_gan:emoji": ("emoji.zip", "damsm=damsm_emoji_64"),
    "dm_gan:emoji": ("emoji.zip", "damsm=damsm_emoji_64"),
    "mirror_gan:emoji": ("emoji.zip", "damsm=damsm_emoji_64", "stream=stream_emoji_64"),
    "stackgan_v2:emoji": ("emoji.zip", "damsm=damsm_emoji_64"),
    "xmc_gan:emoji": ("emoji.zip", "damsm=damsm_emoji_64", "text=captions"),
    "damsm:emoji": ("emoji.zip",),
    "stream:emoji": ("emoji.zip",),
    "drit:emoji": ("emoji.zip",),
    "dcgan:cifar10_small": ("cifar10_images.zip", "data.name=classes"),
    "pix2pix:facades_128": ("facades.zip",),
    "bicyclegan:facades_128": ("facades.zip",),
}
IMPORT = "import tensorflow"
FIRST_IMAGES = """
import zoo
model = zoo.from_preset({preset!r})
source = model.condition
if source.kind == "captions":
    model.generate("red heart", unknown="drop")
elif source.kind == "labels":
    model.generate(0)
else:
    import numpy as np
    model.generate(np.zeros((1, 128, 128, 3), "uint8"))
"""
TEXT = """\
## Starts

{facts}
### A preset's first image

`from_preset` and `generate` of one image, compiled, in a new process, and a process that only
imports TensorFlow, in turn {rounds} times; files are in the system's cache.

| preset | process, s | import of TensorFlow alone, s | beyond it, s (median of the differences) |
|---|---|---|---|
{presets}

### A recipe's first step

From the start of `python -m recipes.train` in an empty folder to the log line of step 1: imports,
data (opened, decoded and cached), networks, sample grid of step 0, tracing, and the step.

| recipe | s |
|---|---|
{recipes}

To repeat it: `python -m tests.benchmarks.starts`.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--presets", default=",".join(PRESETS), help="names, by commas")
    parser.add_argument("--recipes", default=",".join(RECIPES), help="names, by commas")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the data sets")
    parser.add_argument("--rounds", type=int, default=3, help="processes per preset")
    parser.add_argument("--out", default="docs/benchmarks.md", help="Markdown file; '' for none")
    options = parser.parse_args()
    load = OtherLoad()
    presets = [first_image(name, options.rounds) for name in names(options.presets)]
    recipes = [first_step(name, options.data) for name in names(options.recipes)]
    if options.out:
        facts = machine.facts(machine.cores(), load.share())
        document.write_part(options.out, "starts", TEXT.format(
            facts=facts, rounds=options.rounds, presets="\n".join(presets),
            recipes="\n".join(filter(None, recipes)),
        ))


def names(text):
    return [name for name in text.split(",") if name]


def first_image(preset, rounds):
    """The table's row of a preset."""
    runs = [(seconds(FIRST_IMAGES.format(preset=preset)), seconds(IMPORT)) for _ in range(rounds)]
    whole, alone = (statistics.median(column) for column in zip(*runs, strict=True))
    beyond = statistics.median(a - b for a, b in runs)
    return shown(f"| `{preset}` | {whole:.2f} | {alone:.2f} | {beyond:.2f} |")


def first_step(recipe, data):
    """The table's row of a recipe; None without its data set."""
    file, *settings = RECIPES[recipe]
    if not (data / file).exists():
        print(f"{recipe}: {data / file} is not there", file=sys.stderr)
        return None
    name, _, variant = recipe.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "recipes.train", f"--config=recipes/{name}.py:{variant}",
             f"--workdir={folder}/run", f"--config.data.directory={data / file}",
             *(f"--config.{setting}" for setting in settings)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        last = ""
        for line in process.stdout:
            last = line
            if line.startswith("step 1/"):
                break
        else:
            raise RuntimeError(f"{recipe} ended with status {process.wait()}: {last}")
        taken = time.perf_counter() - start
        process.kill()
        process.wait()
    return shown(f"| `{recipe}` | {taken:.1f} |")


def seconds(program):
    """The time of a new Python process with a program."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def shown(row):
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
