r"""Publishes trained presets of the queue: float16 weights, licenses, samples, the exact command.

    python tools/publish.py --data=data --out=runs/queue dm_gan_ms_emoji_64 dm_gan_emoji_64

Writes `zoo/presets/NAME`, replacing the preset of that name. The texts about data, licenses and
limits are here; steps, settings and time come from the run. A preset that generates images gets a
grid of samples, and its float16 weights are refused if its images differ from those of the float32
weights by more than `TOLERANCE`. `examples/measure_presets.py` then measures it.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.train_queue import Queue  # noqa: E402
from tools.training_plan import CIFAR, EMOJI, FACADES, PLAN  # noqa: E402

TOLERANCE = 2  # of 255, the largest change of a pixel by the rounding of the weights
LICENCE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
CC_BY = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
DATA = {
    EMOJI: [
        {"name": "Noto Emoji", "url": "https://github.com/googlefonts/noto-emoji",
         "licence": "Apache-2.0", "attribution": "Emoji images by Google."},
        {"name": "Blobmoji", "url": "https://github.com/C1710/blobmoji",
         "licence": "Apache-2.0", "attribution": "After Google's Noto Emoji."},
        {"name": "EmojiOne 2 (Emojitwo)", "url": "https://github.com/EmojiTwo/emojitwo",
         "licence": CC_BY, "attribution": "Emoji images by EmojiOne and Emojitwo; laid on white "
                                          "and scaled to 64 pixels."},
        {"name": "FxEmojis", "url": "https://github.com/mozilla/fxemoji", "licence": CC_BY,
         "attribution": "Emoji images by the Mozilla Foundation; laid on white and scaled to 64 "
                        "pixels."},
        {"name": "Unicode CLDR short names", "url": "https://cldr.unicode.org",
         "licence": "Unicode License", "attribution": "The captions."},
    ],
    CIFAR: [
        {"name": "CIFAR-10", "url": "https://www.cs.toronto.edu/~kriz/cifar.html",
         "licence": "none stated; research use, cite Krizhevsky 2009",
         "attribution": "Images collected by Krizhevsky, Nair and Hinton; stored as JPEG before "
                        "training."},
    ],
    FACADES: [
        {"name": "CMP Facade Database", "url": "https://cmp.felk.cvut.cz/~tylecr1/facade/",
         "licence": "research use, cite Tyle\u010dek and \u0160\u00e1ra 2013",
         "attribution": "In the form of pix2pix; scaled to 128 pixels."},
    ],
}
STEP = 100  # whose losses the card has: the same command logs them again
LOGGED = rf" step {STEP}/.*?\)\s+(.*?)\s+[\d.,]+ images/s"
# Names of files that mean nothing elsewhere, and settings of the machine.
STAGES = ("pretraining", "captioning")  # settings of stages that are jobs of their own
LEFT_OUT = ("init", "checkpoint_every", "log_every", "sample_every", "sample_minutes", "threads",
            "count")


def publish(queue, job, target, machine):
    """Writes the preset of a job; returns a line about it.

    Args:
        queue: `Queue`. job: `tools.training_plan.Job`. target: `Path` of the new preset.
        machine: str, the hardware of the training.
    """
    import zoo
    from zoo.presets import read_metadata
    from zoo.presets.registry import HERE
    from zoo.presets.saving import update_metadata

    source = queue.trained_path(job)
    found = read_metadata(str(source))
    model = zoo.from_preset(str(source))
    model.save_to_preset(str(target), {
        "description": job.description or found["description"], "licence": LICENCE,
        "data": DATA[job.data], "source": {**found.get("source", {}), "commit": _commit()},
        "usage": (found.get("usage") or "").replace(HERE, target.name) or None,
        "limitations": job.limitations or found.get("limitations"),
        "training": _training(queue, job, found["training"], machine),
        "condition": _condition(model, job, found),
        "training_data": found.get("training_data"), "results": found.get("results") or [],
    }, half=True)
    if not hasattr(model, "generate"):
        return f"{target.name}: {model.count_params():,} parameters"
    changed = _largest_change(model, zoo.from_preset(str(target)), job)
    if changed > TOLERANCE:
        raise SystemExit(f"error: float16 weights change the images of {job.name} by {changed}.")
    text = _samples(queue, job, zoo.from_preset(str(target)), target)
    update_metadata(str(target), pictures=[{"path": "samples.png", "text": text}], results=[
        *(found.get("results") or []),
        {"metric": "largest change of a pixel by float16 weights", "value": float(changed),
         "protocol": "of 255; 8 images"},
    ])
    return f"{target.name}: float16 changes pixels by at most {changed} of 255"


def _condition(model, job, found):
    """The record of the condition, with a caption of the recipe's sample grid as the example."""
    from zoo.presets.usage import condition_record
    from zoo.training import load_recipe

    record = condition_record(model)
    if record and record["kind"] == "captions":
        captions = load_recipe(f"recipes/{job.recipe}").config.samples.captions
        record = {**record, "caption": captions[0], **(found.get("condition") or {})}
    return record


def _training(queue, job, found, machine):
    """The settings and the time of a training, for the card."""
    kept = {key: value for key, value in found.items() if key.split(".")[-1] not in LEFT_OUT
            and key.split(".")[0] not in STAGES}
    if isinstance(kept.get("data"), str):  # a path of this machine
        form, colon, path = kept["data"].rpartition(":")
        kept["data"] = f"{form}{colon}data/{Path(path).name}"
    saved = queue.out / job.name / "checkpoints" / "last.json"
    if saved.exists():
        kept["time"] = f"{json.loads(saved.read_text())['seconds'] / 3600:.1f} hours"
    log = queue.out / job.name / "log.txt"
    if losses := log.exists() and re.search(LOGGED, log.read_text()):
        kept[f"log of step {STEP}"] = losses[1]
    arguments = [a for a in job.arguments(queue) if not a.startswith(("--workdir", "--out"))]
    command = shlex.join(["python", "-m", f"recipes.{job.program}", *arguments])
    command = command.replace(f"{queue.data}/", "data/").replace(f"{queue.out}/", "runs/")
    folder = "--out" if job.program == "train_encoder" else "--workdir"
    return {**kept, "hardware": machine, "command": f"{command} {folder}=runs/{job.name}"}


def _largest_change(model, stored, job):
    """Largest difference of a pixel, of 255, between the images of two models of a job."""
    from zoo.training import load_recipe

    if model.condition.kind == "captions":
        samples = load_recipe(f"recipes/{job.recipe}").config.samples
        conditions = list(samples.captions)[:2]
    elif model.condition.kind == "labels":
        conditions = [0, 1]
    else:
        size = model.image_size
        conditions = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    images = [
        m.generate(conditions, images_per_condition=4, seed=0).astype(int) for m in (model, stored)
    ]
    return int(np.abs(images[0] - images[1]).max())


def _samples(queue, job, model, target):
    """Writes `samples.png` of the conditions of the run's own sample grid; returns its caption."""
    from zoo.training import load_recipe
    from zoo.training.samples import fixed_conditions, sample_grid
    from zoo.visualization.grid import grid, save_png

    recipe = load_recipe(f"recipes/{job.recipe}")
    if model.condition.kind == "captions":
        captions = list(recipe.config.samples.captions)
        images = model.generate(captions, images_per_condition=6, seed=0)
        save_png(target / "samples.png", grid(images, 6, labels=captions))
        return "One row per caption, one column per noise (seeds 0 to 5); chosen captions, " \
               "unselected images."
    recipe.config.data.directory = str(queue.data / job.data)
    for key, value in job.settings.items():
        if key.startswith("data."):
            recipe.config.data[key.removeprefix("data.")] = value
    data = recipe.open_data(recipe.config)
    count = recipe.config.samples.samples_per_condition
    rows = recipe.config.samples.rows * 32 // max(32, model.image_size)  # 100 MB hold all presets
    kinds = fixed_conditions(model, data, rows)  # one per direction
    canvases = [sample_grid(model, conditions, count, 0)[1] for conditions in kinds]
    save_png(target / "samples.png", np.concatenate(canvases))
    before = ("", "the source, then ", "the source and the target, then ")
    order = f" {kinds[0].name} above, {kinds[1].name} below." if len(kinds) == 2 else ""
    return (f"One row per condition: {before[len(kinds[0].references)]}{count} samples (seeds 0 to "
            f"{count - 1}), unselected.{order}")


def _commit():
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="+", help="jobs of tools/training_plan.py")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with the data sets")
    parser.add_argument("--out", type=Path, default=Path("runs/queue"), help="folder of the runs")
    parser.add_argument("--target", type=Path, default=ROOT / "zoo" / "presets")
    parser.add_argument("--machine", required=True, help="what trained them, for the cards")
    options = parser.parse_args()
    queue = Queue(PLAN, options.out, options.data)
    jobs = {job.name: job for job in PLAN}
    if unknown := set(options.names) - set(jobs):
        parser.error(f"there is no job {', '.join(sorted(unknown))} in the plan.")
    for name in options.names:
        print(publish(queue, jobs[name], options.target / name, options.machine))


if __name__ == "__main__":
    main()
