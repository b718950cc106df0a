r"""Tour of mode seeking: a small DM-GAN trained without and with it, from the same seed.

    python examples/mode_seeking_tour.py --out=tour
    python examples/mode_seeking_tour.py --out=tour --seeds=0,1,2  # as in docs/mode_seeking.md
    python examples/mode_seeking_tour.py --out=tour --weights=0,0.5,1,2,3,5  # too much of it?

The data set is `shapes`: a caption such as "a red circle" specifies some attributes of an image and
leaves others open, so all modes of a caption are known, and the modes that a generator covers can
be counted. One seed takes less than ten minutes on two cores. The output folder contains

    tour.png    samples of one caption side by side, and two metrics during training
    tour.md     the counts
    tour.json   all measurements

Read this file from top to bottom; each cell is a step.
"""

# %% Imports and settings
import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from zoo.data import Shapes, text_to_image_dataset
from zoo.data.sources.shapes import ATTRIBUTES
from zoo.evaluation.shape_attributes import ShapeModes
from zoo.losses.mode_seeking import mode_seeking_distances
from zoo.metrics.mode_coverage import mode_coverage
from zoo.models.damsm import DAMSM
from zoo.models.dm_gan import DMGAN
from zoo.text import CaptionTokenizer, Vocabulary
from zoo.visualization import canvas
from zoo.visualization.grid import save_png

WEIGHTS = "0,1"  # of the mode seeking term: DM-GAN, and DM-GAN with mode seeking
STAGES = (8, 16)  # pixels: small, so that minutes are enough
STEPS, DAMSM_STEPS, BATCH = 3000, 600, 24
PROBES = 24  # measurements during training
SAMPLES = 100  # images per caption in each measurement
LEAST_FIT = 0.7  # minimum fit of a recognized shape, see `ShapeModes`
CLASSIFIED = [ATTRIBUTES.index(name) for name in ("color", "size", "position", "background")]
CAPTIONS = (
    "a red circle", "a blue square", "a green triangle on the left", "a large yellow ring",
    "a purple cross at the top", "an orange circle on a white background",
)
SHOWN = 0  # the caption in the image


# %% A data set whose modes are known
def make_data():
    """The data set, the tokenizer, and the modes of each of `CAPTIONS`.

    The shape itself is not classified: at 16 pixels the generator does not learn its outline in
    these few minutes.
    """
    source = Shapes(size=STAGES[-1], count=4096, seed=0)
    vocabulary = Vocabulary.build([text for texts in source.captions for text in texts])
    modes = [np.unique(source.modes(caption)[:, CLASSIFIED], axis=0) for caption in CAPTIONS]
    return source, CaptionTokenizer(vocabulary, max_words=12), modes


def batches(source, tokenizer, sizes, size, seed):
    """Infinite batches; step n of every run with this seed uses batch n."""
    return text_to_image_dataset(source, tokenizer, sizes, size, seed=seed, cache=True)


# %% The matching loss of image and caption: a DAMSM
def train_damsm(source, tokenizer, seed):
    """Trains both encoders for a minute; every DM-GAN below uses them."""
    keras.utils.set_random_seed(seed)
    encoders = {"features": 64}
    damsm = DAMSM(
        vocabulary=tokenizer.vocabulary.tokens,
        max_words=tokenizer.max_words,
        image_size=STAGES[-1],
        text_encoder={**encoders, "embedding_dim": 64},
        image_encoder={**encoders, "kind": "compact", "filters": 16, "image_size": STAGES[-1]},
        seed=seed,
    )
    damsm.compile(keras.optimizers.Adam(2e-3, beta_1=0.5))
    step = tf.function(damsm.train_step)
    for batch in batches(source, tokenizer, STAGES[-1:], 48, seed).take(DAMSM_STEPS):
        step(batch)
    return damsm


# %% The same DM-GAN, except for one weight
def make_gan(damsm, weight, seed):
    """A small DM-GAN; seeds, initial weights, batches and noise do not depend on `weight`."""
    keras.utils.set_random_seed(seed)
    model = DMGAN(
        vocabulary=damsm.vocabulary.tokens,
        max_words=damsm.max_words,
        text_encoder=damsm.text_encoder_config,
        image_encoder=damsm.image_encoder_config,
        stage_sizes=STAGES,
        generator_filters=24,
        discriminator_filters=64,
        residual_blocks=1,
        latent_dim=16,
        condition_dim=16,
        damsm_weight=0.5,
        mode_seeking_weight=weight,
        ema_decay=0.99,
        seed=seed,
    )
    model.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
    )
    model.load_damsm(damsm)
    return model


# %% Measurements: image distance per latent distance, and mode coverage
def measure(model, classifier, modes):
    """Samples of every caption, their image distance per latent distance, their mode coverage."""
    seeds = np.arange(1000, 1000 + SAMPLES)
    images = model.generate(
        list(CAPTIONS), images_per_caption=SAMPLES, seed=int(seeds[0]), batch_size=200
    )
    images = images.reshape(len(CAPTIONS), SAMPLES, *images.shape[1:])
    latents = np.tile(model.latents_from_seeds(seeds), (len(CAPTIONS), 1, 1))
    values = images.astype(np.float32) / 127.5 - 1
    image, latent = mode_seeking_distances(
        values[:, ::2], values[:, 1::2], latents[:, ::2], latents[:, 1::2]
    )
    rows = [mode_coverage(classify(classifier, x), m) for x, m in zip(images, modes, strict=True)]
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    return images, {"ratio": float(image / latent), **means, "captions": rows}


def classify(classifier, images):
    """The classified attributes of images, ints (n, 4); -1 if no shape is recognized."""
    result = classifier.classify(images)
    return np.where((result["fit"] >= LEAST_FIT)[:, None], result["modes"][:, CLASSIFIED], -1)


# %% Training
def train_gan(source, tokenizer, modes, damsm, classifier, weight, seed, steps):
    """The final samples, and the measurements during training (`step`, `seconds`, `measure`)."""
    model = make_gan(damsm, weight, seed)
    step, started, history = tf.function(model.train_step), time.monotonic(), []
    data = batches(source, tokenizer, STAGES, BATCH, seed).take(steps)
    for number, batch in enumerate(data, start=1):
        step(batch)
        if number % max(1, steps // PROBES) == 0 or number == steps:
            images, row = measure(model, classifier, modes)
            seconds = time.monotonic() - started
            history.append({"step": number, "seconds": round(seconds, 1), **row})
    last = history[-1]
    print(
        f"seed {seed}, weight {weight:g}: {last['covered']:.1f} modes per caption, image distance "
        f"/ latent distance {last['ratio']:.3f}, {last['seconds']:.0f} s", flush=True,
    )
    return images, history


# %% Side by side
def draw(samples, histories, modes, seed):
    """One image: samples of one caption for each weight, and the metrics during training."""
    columns, count = 10, 50
    sides = [
        canvas.column([
            canvas.text_line(f"weight {weight:g}: {names}", columns * 50, covered),
            canvas.rows([
                canvas.framed(canvas.tile(x, 40)) for x in samples[weight][SHOWN][:count]
            ], columns),
        ], 6)
        for weight, names, covered in (
            (
                weight, "without mode seeking" if not weight else "with mode seeking",
                f"{histories[weight][-1]['captions'][SHOWN]['covered']} of {len(modes[SHOWN])} "
                f"modes in {SAMPLES}",
            )
            for weight in samples
        )
    ]
    plots = [
        canvas.line_plot(
            {
                f"weight {w:g}": ([r["step"] for r in rows], [r[key] for r in rows])
                for w, rows in histories.items()
            },
            title, width=500,
        )
        for key, title in (
            ("ratio", "Image distance / latent distance"),
            ("covered", f"Modes covered per caption by {SAMPLES} samples"),
        )
    ]
    title = f'"{CAPTIONS[SHOWN]}", the same noises, seed {seed}'
    gap = 3 * canvas.GAP
    body = [canvas.row(parts, gap) for parts in (sides[:3], sides[3:], plots) if parts]
    heading = canvas.text_line(title, body[0].width, size=canvas.TITLE)
    return np.asarray(canvas.with_margin(canvas.column([heading, *body], gap)))


def report(runs, modes, steps):
    """The counts as Markdown."""
    ideal = np.mean([1 - (1 - 1 / len(m)) ** SAMPLES for m in modes])
    lines = [
        f"{steps} steps; {len(CAPTIONS)} captions with {np.mean([len(m) for m in modes]):.1f} "
        f"modes on average, {SAMPLES} samples each; independent valid images would reach "
        f"{ideal:.0%} of them.", "",
        "| seed | weight | modes covered per caption | samples on the caption | image distance / "
        "latent distance | seconds |", "|---|---|---|---|---|---|",
    ]
    for seed, histories in runs.items():
        for weight, rows in histories.items():
            last = rows[-1]
            lines.append(
                f"| {seed} | {weight:g} | {last['covered']:.1f} | {last['on_caption']:.0%} | "
                f"{last['ratio']:.3f} | {last['seconds']:.0f} |"
            )
    first, *others = next(iter(runs.values()))
    lines.append("")
    for weight in others:
        more = [rows[weight][-1]["covered"] > rows[first][-1]["covered"]
                for rows in runs.values() if weight in rows]
        lines.append(f"With weight {weight:g} more modes are covered than with {first:g} in "
                     f"{sum(more)} of {len(more)} seeds.")
    return "\n".join(lines) + "\n"


# %% All of it
def main(arguments=None):
    """Runs the tour; the image shows the first seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="tour", help="folder to write to (default: tour)")
    parser.add_argument("--seeds", default="0", help="comma-separated (default: 0)")
    parser.add_argument("--weights", default=WEIGHTS, help=f"comma-separated (default: {WEIGHTS})")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"per run (default: {STEPS})")
    options = parser.parse_args(arguments)
    out, runs = Path(options.out), {}
    out.mkdir(parents=True, exist_ok=True)
    source, tokenizer, modes = make_data()
    classifier = ShapeModes(STAGES[-1])
    for seed in map(int, options.seeds.split(",")):
        damsm = train_damsm(source, tokenizer, seed)
        samples, runs[seed] = {}, {}
        for weight in map(float, options.weights.split(",")):
            samples[weight], runs[seed][weight] = train_gan(
                source, tokenizer, modes, damsm, classifier, weight, seed, options.steps
            )
            text = report(runs, modes, options.steps)  # after each run: nothing is lost by Ctrl-C
            (out / "tour.md").write_text(text, "utf-8")
            (out / "tour.json").write_text(json.dumps(runs, indent=1), "utf-8")
        if len(runs) == 1:
            save_png(out / "tour.png", draw(samples, runs[seed], modes, seed))
    print(text + f"\ntour.png, tour.md and tour.json are in {out}")


if __name__ == "__main__":
    main()
