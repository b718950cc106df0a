r"""Evaluates the built-in presets; writes their model cards, `docs/reports.md` and its figures.

    python examples/measure_presets.py --emoji=data/emoji.zip --cifar10=data/cifar10_images.zip \
        --facades=data/facades.zip --out=runs/measured

Each preset that generates images is evaluated with `recipes.evaluate --record`, with the encoders
that were trained on the same data (`FAMILIES`, by the word before the pixels in a preset's name),
and so are as many real training images, for scale. Presets of one family share a table, and those
with and without mode seeking are compared with `--compare`. Where a data set has several splits of
captions, or two directions, there is a table for each of them; the first is that of the model
cards. Families without presets are left out. Unchanged results come from `OUT/cache`; `--only=NAME`
evaluates a new preset, and takes the others' reports from OUT as they are.
"""

import datetime
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from zoo import command_line
from zoo.errors import ZooError, check_choice
from zoo.training.hardware import processor_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reports.md"
FAMILIES = {  # `data`: the flag of its data set; `variants`: further evaluations, the first one's
    "emoji": {
        "title": "Emoji", "data": "emoji", "source": "emoji",
        "encoders": ("encoder_emoji_64", "damsm_emoji_64"), "counts": (),
        "variants": {
            "--condition_split=combinations": "unseen combinations",
            "--condition_split=train": "training captions",
            "--condition_split=test": "unseen bases",
        },
    },
    "cifar10": {
        "title": "CIFAR-10", "data": "cifar10", "source": "classes",
        "encoders": ("encoder_cifar10_32",),
        "counts": ("--samples_per_condition=100", "--real=1000"), "variants": {},
    },
    "facades": {
        "title": "Facades", "data": "facades", "source": "pairs",
        "encoders": ("encoder_facades_128",), "counts": (), "variants": {},
        "text": "Label maps of the test split in, photos out. `cell_agreement` is the share of "
                "16 x 16 cells in which the reader sees what the label map says.",
    },
    "styles": {
        "title": "Drawing styles of emoji", "data": "emoji", "source": "unpaired",
        "encoders": ("encoder_emoji_64",), "counts": (),
        "variants": {
            "--direction=a2b": "noto to blob", "--direction=b2a": "blob to noto",
        },
        "text": "Emoji of the test split in one style in, the other style out. `class_accuracy` is "
                "the share of the translations that the reader takes for the other style.",
    },
}
FIGURES = ("grid.png", "ndb.png")
TEXT = """\
# Measurements of the presets

The results of `recipes.evaluate --protocol=quick` ([measuring](metrics.md)) for every preset that
ships and generates images, next to as many real images of the training split, for scale: roughly
what a perfect generator would get. All are measured against the same held-out images, with
encoders of this zoo, so **no number here may be compared with a paper's**; the name in brackets is
the encoder whose features a number uses. The numbers rank the presets of one table, and nothing
else. In parentheses: the 95 % interval of the bootstrap. Where a reader looks for the condition in
an image, the column of real images has what it finds in the conditions' own ones.

The captions of the emoji are unseen combinations: base and modifiers occur in training, but not
together ([the split](data.md#emoji)). `attn_gan_emoji_64` is older than this split and was trained
on them. Further tables have training captions, and bases that no preset has seen.

The whole page, and the results in the presets' model cards, are written by one command, here on
{machine}, {date}:

```
{command}
```
"""

flags = command_line.Flags()
_OUT = flags.DEFINE_string("out", None, "Folder for the reports and their cache.")
_DATA = {name: flags.DEFINE_string(name, None, f"The data set {name}: folder or .zip.")
         for name in dict.fromkeys(family["data"] for family in FAMILIES.values())}
_ONLY = flags.DEFINE_multi_string("only", [], "Presets to evaluate; default: all.")
_MACHINE = flags.DEFINE_string("machine", None, "Description of the machine for the page.")


def main(argv):
    """Evaluates all families and writes the page."""
    del argv
    presets = families(generators())
    known = [name for of_family in presets.values() for name in of_family]
    for name in _ONLY.value:
        check_choice("--only", name, known)
    needed = dict.fromkeys(FAMILIES[name]["data"] for name in presets)
    missing = [name for name in needed if not _DATA[name].value]
    if missing or not _OUT.value:
        raise ZooError(f"--{(missing or ['out'])[0]} is missing; --help lists the flags.")
    out = Path(_OUT.value)
    parts = [TEXT.format(
        machine=_MACHINE.value or f"{os.cpu_count()} cores of an {processor_name()}",
        date=datetime.date.today().isoformat(),
        command="python examples/measure_presets.py " + " ".join(
            shlex.quote(word) for word in sys.argv[1:] if not word.startswith("--only")),
    )]
    for name, of_family in presets.items():
        parts += family_part(name, FAMILIES[name], of_family, out)
    PAGE.write_text("\n".join(parts), "utf-8")


def generators():
    """Names of the built-in presets that generate images."""
    import zoo

    return [row["name"] for row in zoo.list_presets() if row["task"].endswith("-to-image")]


def families(presets):
    """dict of family -> those of the presets that belong to it, without empty ones."""
    members = {name: [n for n in presets if n.split("_")[-2] == name] for name in FAMILIES}
    return {name: of_family for name, of_family in members.items() if of_family}


def pairs(presets):
    """(name without, name with mode seeking) of the presets that differ in nothing else."""
    from zoo.presets.registry import without_mode_seeking

    found = ((without_mode_seeking(name), name) for name in presets)
    return [(plain, seeking) for plain, seeking in found if plain in presets]


def family_part(name, family, presets, out):
    """The section of one data set: table, comparisons, images, commands."""
    data = f"{family['source']}:{_DATA[family['data']].value}"
    encoders = [f"--encoder={e}" for e in family["encoders"]]
    common = [f"--data={data}", *encoders]
    recorded = list(family["variants"])[:1]
    reports = {
        preset: evaluate(out / preset, out, f"--preset={preset}", "--record", *common,
                         *family["counts"], *recorded) for preset in presets
    }
    first = next(iter(reports.values()))
    real = real_images(name, data, presets[0], first, out)
    counts = [argument for argument in family["counts"] if argument.startswith("--real")]
    columns = {"real images": evaluate(out / f"real_{name}", out, *real, *encoders, *counts),
               **reports}
    facts = first["data"], first["resolution"]
    lines = [
        f"## {family['title']}", "", *([family["text"], ""] if "text" in family else []),
        f"{first['subject']['generated']} images of {facts[1]} pixels "
        f"({first['subject']['conditions']} conditions, "
        f"{first['subject']['samples_per_condition']} each, seed {first['seed']}) against "
        f"{facts[0]['count']} real ones ({facts[0]['name']}).", "",
        *table(columns), "",
        *(f"- `{n['name']}`: sha256 `{n['sha256'][:16]}`, images {n['input']}."
          for n in first["networks"]),
        *notes(columns), "",
    ]
    lines += by_variant(family, presets, out, common)
    for a, b in pairs(presets):
        lines += comparison(a, b, out, common, (*family["counts"], *recorded))
    for preset in presets:
        lines += include_figures(preset, out)
    return [*lines, "```", *(command(report) for report in columns.values()), "```", ""]


def by_variant(family, presets, out, common):
    """A table of all presets with each variant of the conditions but the first."""
    lines = []
    for flag, title in list(family["variants"].items())[1:]:
        columns = {
            preset: evaluate(
                out / f"{preset}-{flag.partition('=')[2]}", out, f"--preset={preset}", *common,
                *family["counts"], flag,
            ) for preset in presets
        }
        lines += [f"### {title[0].upper()}{title[1:]}", "", *table(columns), ""]
    return lines


def evaluate(folder, out, *arguments):
    """Runs `recipes.evaluate`; returns the content of its report, or None for a comparison."""
    path = Path(folder) / "report.json"
    new = any(name in argument for name in _ONLY.value for argument in arguments)
    if _ONLY.value and not new and (path.exists() or (Path(folder) / "compare.md").exists()):
        return json.loads(path.read_text("utf-8")) if path.exists() else None
    cache, folder = os.path.relpath(out / "cache"), os.path.relpath(folder)
    call = [sys.executable, "-m", "recipes.evaluate", *arguments, f"--cache={cache}",
            f"--out={folder}"]
    print(" ".join(["python", *call[1:]]), flush=True)
    if subprocess.run(call).returncode:
        raise ZooError(f"recipes.evaluate failed: {' '.join(arguments)}")
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def real_images(name, data, preset, report, out):
    """Writes a .npy of as many training images as were generated, of the same size.

    Returns:
        `--images` and `--data` of their evaluation. The data set is `data`; the held-out images are
        a .npy too where a preset's settings say which images of it are the real ones, which an
        evaluation of images alone does not know.
    """
    import numpy as np

    from zoo.data import form_of
    from zoo.evaluation.dataset import EvaluationDataset
    from zoo.presets import read_metadata

    form = form_of(data.partition(":")[0])
    of_model = form in ("pairs", "domains")
    dataset = EvaluationDataset(
        data, form, read_metadata(preset)["training"] if of_model else None
    )

    def written(split, count, ending):
        images, _ = dataset.real_images(split, report["resolution"])
        path = out / f"real_{name}{ending}.npy"
        np.save(path, np.concatenate(list(images.sample(count, seed=0).batches())))
        return os.path.relpath(path)

    train = written("train", report["subject"]["generated"], "")
    held_out = written("test", None, "_held_out") if of_model else data
    return [f"--images={train}", f"--data={held_out}"]


def table(columns):
    """A table with one row per metric and one column per report."""
    from zoo.evaluation.report import number

    def cell(entry):
        if entry is None:
            return ""
        low_high = entry.get("interval_95")
        return number(entry["value"]) + (
            f" ({number(low_high[0])} to {number(low_high[1])})" if low_high else ""
        )

    entries = {name: {e["metric"]: e for e in report["results"]}
               for name, report in columns.items()}
    metrics = {metric: e["better"] for of in entries.values() for metric, e in of.items()}
    if "real images" in entries:  # what a reader finds in the conditions' own images
        own = {metric: {"value": e["real_accuracy"]} for of in entries.values()
               for metric, e in of.items() if "real_accuracy" in e}
        entries["real images"] = {**own, **entries["real images"]}
    lines = [f"| metric | better | {' | '.join(columns)} |", "|---|---|" + "---|" * len(columns)]
    return lines + [
        f"| `{metric}` | {better} | "
        f"{' | '.join(cell(entries[name].get(metric)) for name in columns)} |"
        for metric, better in metrics.items()
    ]


def notes(columns):
    """Warnings about values of the table, and reference values of mode coverage."""
    from zoo.evaluation.record import coverage_text

    lines = []
    for name, report in columns.items():
        if report["warnings"]:
            lines.append(f"- {name}: {'; '.join(report['warnings'])}.")
        for entry in report["results"]:
            own = [text for text in entry["warnings"] if text not in report["warnings"]]
            lines += [f"- `{entry['metric']}` of {name}: {text}." for text in own]
            if "classifier" in entry["protocol"]:
                lines.append(f"- `{entry['metric']}` of {name}: {coverage_text(entry)}.")
    return lines


def comparison(a, b, out, common, counts):
    """The table of `--compare`."""
    folder = out / f"{a}-{b}"
    evaluate(folder, out, "--compare", a, b, *common, *counts)
    text = (folder / "compare.md").read_text("utf-8")
    lines = text.split("\n![")[0].strip().splitlines()
    return [f"### {lines[0].lstrip('# ')}", *lines[1:], ""]


def include_figures(preset, out):
    """Copies the report's figures next to the page; returns the lines that include them."""
    lines = []
    for figure in FIGURES:
        target = ROOT / "docs" / "images" / f"measured_{preset}_{figure}"
        shutil.copyfile(out / preset / figure, target)
        text = {"grid.png": "samples, one row per condition",
                "ndb.png": "shares of NDB's bins, real and generated images"}[figure]
        lines += [f"![{preset}: {text}](images/{target.name})", "", f"`{preset}`: {text}.", ""]
    return lines


def command(report):
    """The command of a report with its time in seconds."""
    words = [word for word in report["command"] if not word.startswith("--cache")]
    return f"{' '.join(map(shlex.quote, words))}  # {report['seconds']:.0f} s"


if __name__ == "__main__":
    command_line.run(main, flags)
