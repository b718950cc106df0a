r"""Writes docs/reproducing.md: per published variant its command, cost, protocol and number.

    python tools/reproducing.py                          # all rows, 5 to 20 s of CPU each
    python tools/reproducing.py --only=dm_gan:birds_ms   # one row; the others keep their numbers
    python tools/reproducing.py --missing                # the rows without numbers

The steps, hours and memory are those that `--dry_run` prints: calculated, not measured. They are
kept in docs/reproducing.json, and the table between the two comments of the page is made of them.
The commands, protocols and papers' numbers are in `ROWS`.
"""

import argparse
import gc
import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PAGE, NUMBERS = ROOT / "docs" / "reproducing.md", ROOT / "docs" / "reproducing.json"
START, END = "<!-- rows -->\n", "<!-- end of rows -->"
FID = "--inception=pt_inception-2015-12-05-6726825d.pth"
LPIPS = "--lpips_trunk=alexnet-owt-7be5be79.pth --lpips_heads=alex.pth"
DATA = {  # variant -> (page, folder or source of recipes.evaluate)
    "birds": ("cub", "birds:data/birds"), "coco": ("coco2014", "coco:data/coco"),
    "cifar10": ("cifar10", "cifar10:data/cifar10"), "facades": ("facades", "data/facades"),
    "maps": ("maps", "data/maps"), "yosemite": ("yosemite", "data/yosemite"),
    "cat2dog": ("cat2dog", "data/cat2dog"), "edges2shoes": ("maps", "data/edges2shoes"),
    "edges2handbags": ("maps", "data/edges2handbags"), "night2day": ("maps", "data/night2day"),
}


@dataclass(frozen=True)
class Row:
    """A published experiment.

    Attributes:
        variant: str, such as "dm_gan:birds_ms".
        protocol: str, of `recipes.evaluate`; "" if the paper has no number of its own.
        number: str, the paper's number with its metric.
        options: str, further flags of the evaluation.
        settings: str, further settings of the training.
    """

    variant: str
    protocol: str
    number: str
    options: str = ""
    settings: str = ""

    @property
    def data(self):
        """The data set, a key of `DATA`."""
        name = self.variant.partition(":")[2]
        return next(key for key in sorted(DATA, key=len, reverse=True) if name.startswith(key))


UNKNOWN = "unknown here"
XMC_EVALUATION = "--inception=keras --detector=yolov3.weights"
XMC_WEIGHTS = "--config.image_weights=resnet_pretrained.npz"
DAMSM = "--config.damsm=runs/damsm_{0}/presets/best"  # of the rows at the end
MIRROR = DAMSM + " --config.stream=runs/stream_{0}/presets/best"
BIRDS, COCO = ("--max_words=25", DAMSM.format("birds")), ("--max_words=20", DAMSM.format("coco"))
TRUNK = "--config.model.image_weights=inception_v3_google-1a9a5a14.pth"
RESNET = "--config.model.image_weights=resnet152-394f9c45.pth"
FACADES = "--bins=20 --condition_split=val"
ROWS = (
    Row("attn_gan:birds", "attngan", "IS 4.36 ± 0.03, R-precision 67.82 ± 4.43 %", *BIRDS),
    Row("attn_gan:coco", "attngan", "IS 25.89 ± 0.47, R-precision 85.47 ± 3.69 %", *COCO),
    Row("dm_gan:birds", "attngan", "IS 4.75 ± 0.07, FID 16.09 (torchvision's network, not this "
        "one; released weights, TTUR: 11.91), R-precision 72.31 ± 0.91 %", *BIRDS),
    Row("dm_gan:coco", "attngan", "IS 30.49 ± 0.57, FID 32.64 (torchvision's network, not this "
        "one; released weights, TTUR: 24.24), R-precision 88.56 ± 0.28 %", *COCO),
    Row("dm_gan:birds_ms", "attngan", UNKNOWN, *BIRDS),
    Row("dm_gan:coco_ms", "attngan", UNKNOWN, *COCO),
    Row("mirror_gan:birds", "attngan", "IS 4.56 ± 0.05 with lambda 20, see `birds_paper`",
        BIRDS[0], MIRROR.format("birds")),
    Row("mirror_gan:birds_paper", "attngan", "IS 4.56 ± 0.05", BIRDS[0], MIRROR.format("birds")),
    Row("mirror_gan:coco", "attngan", "IS 26.5 ± 0.4", COCO[0], MIRROR.format("coco")),
    Row("stackgan_v2:birds_embeddings", "msgan_text",
        "FID 25.99 ± 4.26, NDB 38.20 ± 2.39, JSD 0.09, LPIPS 0.36 (MSGAN's baseline); IS 4.04"),
    Row("stackgan_v2:birds_msgan", "msgan_text",
        "FID 25.53 ± 1.83, NDB 30.60 ± 2.51, JSD 0.07, LPIPS 0.37"),
    Row("xmc_gan:coco", "xmc_gan", "FID 10.5 to 11.0 (README of the code, 128 pixels)",
        XMC_EVALUATION, XMC_WEIGHTS),
    Row("xmc_gan:coco_256", "xmc_gan", "IS 30.45, FID 9.33 (network not stated), SOA-C 50.94, "
        "SOA-I 71.33", XMC_EVALUATION, XMC_WEIGHTS),
    Row("dcgan:cifar10", "msgan_label", "not confirmed"),
    Row("dcgan:cifar10_msgan", "msgan_label", "FID 28.73"),
    Row("pix2pix:facades", "msgan_image", "not confirmed", FACADES),
    Row("pix2pix:facades_msgan", "msgan_image", "not confirmed", FACADES),
    Row("pix2pix:maps", "msgan_image", "not confirmed"),
    Row("pix2pix:maps_msgan", "msgan_image", "not confirmed"),
    Row("bicyclegan:facades", "msgan_image", "FID 98.85 ± 1.21 (MSGAN's baseline)", FACADES),
    Row("bicyclegan:maps", "msgan_image", "LPIPS 0.110 ± 0.002 (its own protocol, version 0.0)"),
    Row("bicyclegan:edges2shoes", "msgan_image", "not confirmed"),
    Row("bicyclegan:edges2handbags", "msgan_image", "not confirmed"),
    Row("bicyclegan:night2day", "msgan_image", "not confirmed"),
    Row("drit:yosemite", "msgan_image", "summer to winter: FID 57.24, NDB 25.60, JSD 0.066, "
        "LPIPS 0.115; winter to summer: FID 47.37, NDB 30.60, JSD 0.049, LPIPS 0.097"),
    Row("drit:yosemite_msgan", "msgan_image", "summer to winter: FID 51.85, NDB 22.80, JSD 0.046, "
        "LPIPS 0.147; winter to summer: FID 46.23, NDB 27.80, JSD 0.038, LPIPS 0.118"),
    Row("drit:cat2dog", "msgan_image", "cat to dog: FID 22.74, NDB 42.00, JSD 0.127, LPIPS 0.245; "
        "dog to cat: FID 62.85, NDB 41.00, JSD 0.272, LPIPS 0.102"),
    Row("drit:cat2dog_msgan", "msgan_image", "cat to dog: FID 16.02, NDB 27.20, JSD 0.084, LPIPS "
        "0.280; dog to cat: FID 29.57, NDB 31.00, JSD 0.068, LPIPS 0.214"),
    Row("damsm:birds", "", "pre-training of the text-to-image systems", "", TRUNK),
    Row("damsm:coco", "", "pre-training of the text-to-image systems", "", TRUNK),
    Row("stream:birds", "", "pre-training of MirrorGAN", "", RESNET),
    Row("stream:coco", "", "pre-training of MirrorGAN", "", RESNET),
)


def calculate(variant, traced):
    """The numbers of a variant without its data, as `--dry_run` prints them: dict for JSON.

    Args:
        variant: str. traced: dict of what was traced before, to which this one is added: variants
            that differ only in their data and epochs have the same step.
    """
    from zoo.data.known import KNOWN
    from zoo.training.config import to_plain
    from zoo.training.gpus import GPUS

    recipe, steps = schedule(variant)
    config, known = recipe.config, KNOWN[variant.partition(":")[2]]
    same = {key: value for key, value in to_plain(config).items()
            if key not in ("dataset", "epochs", "decay", "data", "samples", "pretraining")}
    key = json.dumps([same, known.tokens, known.classes, config.data.get("max_words")])
    if key not in traced:
        traced[key] = trace(recipe)
    parameters, step = traced[key]
    return {
        "parameters": parameters, "gflop": step.flops / 1e9,
        "gigabytes": (step.memory + step.variables) / 1e9,
        "hours": {gpu.name: gpu.machine(config.dtype).seconds(step) * steps / 3600
                  for gpu in GPUS},
    }


def schedule(variant):
    """(the recipe of a variant, the steps of its epochs)."""
    from zoo.data.known import KNOWN
    from zoo.training.recipe import load_recipe

    name, _, dataset = variant.partition(":")
    recipe = load_recipe(str(ROOT / "recipes" / f"{name}.py") + f":{dataset}")
    return recipe, recipe.config.epochs * KNOWN[dataset].images // recipe.config.batch_size


def trace(recipe):
    """(parameters of the networks, `Cost` of a step) of a recipe."""
    import tensorflow as tf

    from zoo import training

    start = time.process_time()
    found = training.plan(recipe, strategy=tf.distribute.get_strategy())
    result = found.model.parameter_counts(), found.step
    print(f"{recipe.source}: {time.process_time() - start:.1f} s of CPU", flush=True)
    del found
    tf.keras.backend.clear_session()
    gc.collect()
    return result


def train_command(row):
    """The command that trains a row's variant."""
    folder = DATA[row.data][1].rpartition(":")[2]
    run = row.variant.replace(":", "_")
    return " ".join(filter(None, (
        f"zoo train {row.variant} --workdir=runs/{run}", f"--config.data.directory={folder}",
        row.settings)))


def evaluate_command(row):
    """The command that measures it by the paper's protocol; "" if there is none."""
    if not row.protocol:
        return ""
    run = row.variant.replace(":", "_")
    options = row.options if "--inception" in row.options else f"{FID} {row.options}".strip()
    lpips = LPIPS if row.protocol in ("msgan_text", "msgan_image") else ""
    return " ".join(filter(None, (
        f"zoo evaluate runs/{run}/presets/last --data={DATA[row.data][1]}",
        f"--protocol={row.protocol}", options, lpips, f"--out=runs/{run}/report")))


def table(numbers):
    """The rows of the table as Markdown; those without numbers say so."""
    lines = ["| train | data | epochs; steps | calculated: time; memory | evaluate | the paper's |",
             "|---|---|---|---|---|---|"]
    for row in ROWS:
        recipe, steps = schedule(row.variant)
        evaluate, page = evaluate_command(row), DATA[row.data][0]
        lines.append(
            f"| `{train_command(row)}` | [{row.data}](datasets/{page}.md) | "
            f"{recipe.config.epochs:,}; {steps:,} | {_cost(numbers.get(row.variant))} | "
            f"{evaluate and f'`{evaluate}`'} | {row.number} |")
    return "\n".join(lines) + "\n"


def _cost(found):
    if "hours" not in (found or ()):
        return "not calculated yet; `--dry_run` prints it"
    from zoo.training.cost import time_text

    hours = "<br>".join(
        f"{gpu}: {time_text(3600 * value)}" for gpu, value in found["hours"].items())
    return f"{hours}<br>{found['gigabytes']:,.1f} GB"


def stored():
    """The numbers of all rows that were calculated, a dict."""
    return json.loads(NUMBERS.read_text("utf-8")) if NUMBERS.exists() else {}


def write(added):
    """Adds numbers, a dict, to the stored ones, and rewrites the table of the page."""
    numbers = stored() | added
    numbers = {row.variant: numbers[row.variant] for row in ROWS if row.variant in numbers}
    NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")
    text = PAGE.read_text("utf-8")
    start, end = text.index(START) + len(START), text.index(END)
    PAGE.write_text(text[:start] + table(numbers) + text[end:], "utf-8")


def main(arguments=None):
    """Calculates the rows that are asked for, and writes the page after each of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="regular expression of the variants to calculate again")
    parser.add_argument("--missing", action="store_true", help="only those without numbers")
    parser.add_argument("--table", action="store_true", help="only make the table again")
    options = parser.parse_args(arguments)
    if options.table:
        write({})
        return
    from zoo import command_line

    command_line.start_tensorflow()
    traced = {}
    for row in ROWS:
        wanted = not options.only or re.fullmatch(options.only, row.variant)
        known = "hours" in stored().get(row.variant, ())
        if wanted and not (options.missing and known):
            write({row.variant: calculate(row.variant, traced)})


if __name__ == "__main__":
    main()
