"""Calculated training time on 1 to 512 GPUs, for docs/scaling.md; nothing is measured.

    python -m tests.benchmarks.scaling [--systems=dcgan,xmc_gan] [--out=docs/scaling.md]

The step of each paper's recipe is traced on this machine, which takes a minute per system;
`zoo.training.cost` counts its work, and `zoo/training/gpus.py` has the speeds of the GPUs.
"""

import argparse
import importlib
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.benchmarks import document
from zoo.training import gpus

COUNTS = (1, 8, 64, 512)
GPUS = {gpu.name: gpu for gpu in gpus.GPUS}
SYSTEMS = ("dcgan", "pix2pix", "dm_gan", "xmc_gan")
HEAD = """## Calculated: many GPUs

**Calculated, not measured**, by `python -m tests.benchmarks.scaling`: the operations, memory
traffic and gradients of one step, counted in its graph by `zoo.training.cost`, on NVIDIA {gpu}
in bfloat16. Peaks are the data sheet's; a step is assumed to reach {flops:.0%} of the FLOP/s and
{bytes:.0%} of the bytes/s of memory and links, and an operation takes {start:.0f} µs to start.
Every GPU has the recipe's whole batch. Up to {node} GPUs share one node ({inside:.0f} GB/s each
way), more are linked at {outside:.0f} GB/s each. The gradients are exchanged in float32, in a ring,
after the backward pass, without overlap: each GPU sends and receives 2 (n - 1) / n of their bytes.
Statistics and negatives are those of each replica.

| recipe | batch per GPU | GPUs | sent per GPU, MB | ms per step | of that exchange | images/s |
|---|---|---|---|---|---|---|
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="names, by commas")
    parser.add_argument("--gpu", default="H100 80 GB", choices=list(GPUS))
    parser.add_argument("--out", default="docs/scaling.md", help="Markdown file; '' for none")
    options = parser.parse_args()
    lines = []
    for system in options.systems.split(","):
        recipe, batch, cost = paper_step(system)
        lines += rows(recipe, batch, cost, GPUS[options.gpu])
        print(*lines[-len(COUNTS):], sep="\n", flush=True)
    if options.out:
        text = head(GPUS[options.gpu]) + "\n".join(lines) + "\n"
        document.write_part(options.out, "scaling", text)


def head(gpu):
    """The text above the rows."""
    return HEAD.format(
        gpu=gpu.name, flops=gpus.COMPUTE, bytes=gpus.BANDWIDTH, start=1e6 * gpus.OVERHEAD,
        node=gpus.PER_NODE, inside=gpu.node / 1e9, outside=gpu.network / 1e9,
    )


def paper_step(system):
    """(recipe, its batch size, the `Cost` of its step) of a system of `step_subjects`."""
    import keras
    import tensorflow as tf

    from tests.benchmarks import step_subjects
    from zoo.networks.budget import blank
    from zoo.training.cost import step_cost

    dataset = step_subjects.RECIPES[system][1]
    config = importlib.import_module(f"recipes.{system}").get_config(dataset)
    keras.config.set_dtype_policy("mixed_bfloat16")
    with blank():  # no random weights: orthogonal ones take minutes
        model, batch = step_subjects.make(system, "paper")
    shapes = tf.nest.map_structure(
        lambda x: tf.TensorSpec([config.batch_size, *x.shape[1:]], x.dtype), batch
    )
    return f"{system}:{dataset}", config.batch_size, step_cost(model, shapes)


def rows(recipe, batch, cost, gpu):
    """A line of the table for each of `COUNTS`."""
    from zoo.training.cost import data_parallel_seconds

    speeds, lines = gpu.machine("mixed_bfloat16"), []
    for count in COUNTS:
        seconds = data_parallel_seconds(cost, speeds, count, gpu.link(count))
        exchange = seconds - speeds.seconds(cost)
        sent = 2 * (count - 1) / count * cost.gradients
        lines.append(
            f"| `{recipe}` | {batch} | {count} | {sent / 1e6:,.0f} | {1e3 * seconds:,.1f} | "
            f"{exchange / seconds:.0%} | {count * batch / seconds:,.0f} |"
        )
    return lines


if __name__ == "__main__":
    main()
