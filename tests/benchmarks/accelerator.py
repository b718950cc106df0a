"""Half precision, XLA, memory growth and several GPUs: one check, for a machine with a GPU.

    python -m tests.benchmarks.accelerator [--steps=30] [--recipes=dcgan:shapes,dm_gan:shapes]

Each line trains a recipe as a user does, in a process of its own, and compares its losses with
those of float32. Without a GPU it ends at once (`--cpu` tries the program itself out).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
VARIANTS = {
    "float32": [],
    "mixed_bfloat16": ["--config.dtype=mixed_bfloat16"],
    "mixed_float16": ["--config.dtype=mixed_float16"],
    "float32, XLA": ["--config.jit_compile=True"],
    "mixed_float16, XLA": ["--config.dtype=mixed_float16", "--config.jit_compile=True"],
}
SEVERAL = ["--config.strategy=mirrored", "--config.statistics=global"]
SHORT = ["--config.pretraining.steps=20"]  # the stage before a text-to-image system's training
NEGATIVES = {"dm_gan": "negatives", "attn_gan": "negatives", "xmc_gan": "model.negatives"}
HEAD = (
    "| recipe | variant | result | images/s | first generator loss | last | last, of float32 |\n"
    "|---|---|---|---|---|---|---|"
)


def main():
    options = parse()
    count = check_devices(options.cpu)
    variants = dict(VARIANTS)
    if count > 1:
        variants[f"float32, mirrored on {count}"] = SEVERAL
    print(HEAD, flush=True)
    failed = 0
    for recipe in options.recipes.split(","):
        reference = None
        for name, arguments in variants.items():
            found = train(recipe, arguments, options.steps)
            reference = reference or found
            failed += found["result"] != "trained"
            print(row(recipe, name, found, reference), flush=True)
    sys.exit(bool(failed))


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipes", default="dcgan:shapes,dm_gan:shapes", help="by commas")
    parser.add_argument("--steps", type=int, default=30, help="of each run")
    parser.add_argument("--cpu", action="store_true", help="try the program out without a GPU")
    return parser.parse_args(arguments)


def check_devices(cpu):
    """Number of GPUs; prints how much memory TensorFlow takes of each at its start."""
    from zoo import command_line

    command_line.start_tensorflow()
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    if not found and not cpu:
        sys.exit("error: TensorFlow finds no GPU here: install tensorflow[and-cuda] on a machine "
                 "with one, or try the program out with --cpu.")
    for number, gpu in enumerate(found):
        grows = tf.config.experimental.get_memory_growth(gpu)
        with tf.device(f"GPU:{number}"):
            tf.reduce_sum(tf.ones([1 << 20])).numpy()
        peak = tf.config.experimental.get_memory_info(f"GPU:{number}")["peak"]
        name = tf.config.experimental.get_device_details(gpu).get("device_name", "a GPU")
        print(f"GPU {number}: {name}; memory growth {'on' if grows else 'OFF'}, "
              f"{peak / 1e6:,.0f} MB taken")
    return len(found)


def train(recipe, arguments, steps):
    """Trains in a process: dict of `result`, and of a run that ended well its figures."""
    system, _, dataset = recipe.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "recipes.train", f"--config=recipes/{system}.py:{dataset}",
            f"--workdir={folder}/run", f"--config.steps={steps}", "--config.log_every=1",
            "--config.sample_every=0", *arguments,
        ]
        if system in NEGATIVES:
            command += SHORT
            if arguments == SEVERAL:
                command.append(f"--config.{NEGATIVES[system]}=global")
        start = time.monotonic()
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if ended.returncode:
            lines = (ended.stderr or ended.stdout).strip().splitlines() or ["no output"]
            return {"result": f"failed: {lines[-1][:200]}"}
        return {"result": "trained", "seconds": time.monotonic() - start,
                **figures(Path(folder, "run"))}


def figures(folder):
    """First and last generator loss, and the last rate, of a run folder."""
    import tensorflow as tf

    found = {"generator_loss": [], "images_per_second": []}
    for path in sorted((folder / "events").iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                if value.tag in found:
                    found[value.tag].append(float(tf.make_ndarray(value.tensor)))
    losses, rates = found.values()
    return {"first": losses[0], "last": losses[-1], "rate": rates[-1] if rates else 0.0}


def row(recipe, name, found, reference):
    """A line of the table; `reference`: the same in float32."""
    if found["result"] != "trained":
        return f"| {recipe} | {name} | {found['result']} | | | | |"
    return (
        f"| {recipe} | {name} | trained | {found['rate']:,.0f} | {found['first']:.5g} | "
        f"{found['last']:.5g} | {reference.get('last', float('nan')):.5g} |"
    )


if __name__ == "__main__":
    main()
