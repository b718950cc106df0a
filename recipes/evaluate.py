r"""Generates images, evaluates them, and writes a report with the protocol of each number.

    python -m recipes.evaluate --preset=attn_gan_emoji_64 --data=emoji.zip --out=report
    python -m recipes.evaluate --preset=runs/cifar10/presets/last --data=cifar10 \
        --protocol=msgan_label --inception=pt_inception-2015-12-05-6726825d.pth --out=report
    python -m recipes.evaluate --preset=runs/birds/presets/best --data=birds:CUB/ \
        --protocol=msgan_text --inception=keras --lpips_trunk=alexnet-owt-7be5be79.pth \
        --lpips_heads=alex.pth --out=report
    python -m recipes.evaluate --images=images/ --data=photos/ --out=report
    python -m recipes.evaluate --compare runs/plain/presets/best runs/ms/presets/best \
        --data=emoji.zip --out=report

Writes `report.json` (every number with its protocol), `report.md` and figures: `grid.png`,
`ndb.png` (the share of each bin for real and generated images) and, for a preset,
`interpolation.png`. `--compare` compares two presets in `compare.json` and `compare.md`, with
intervals of their differences, and writes the report of each into its own folder.

Protocols: quick (any preset; small counts, an encoder of this zoo), msgan_text, msgan_label,
msgan_image, attngan, xmc_gan; docs/metrics.md. `--conditions`, `--samples_per_condition`, `--real`
and `--bins` change a protocol's counts; deviations from it are noted next to every number, or
rejected with `--strict`.

Generated images and features are cached in `--cache`, keyed by a hash of all their inputs.

The same in Python: `zoo.evaluation.evaluate`.
"""

import dataclasses
import re
import sys

from zoo import command_line
from zoo.errors import ZooError
from zoo.evaluation.evaluators import EvaluatorFiles
from zoo.evaluation.image_set import CROPS
from zoo.evaluation.options import Options
from zoo.storage import output_folders

flags = command_line.Flags()
flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
flags.DEFINE_string("images", None, "Images instead of a preset: a folder, .zip or .npy.")
flags.DEFINE_multi_string("compare", [], "Two presets to compare.")
flags.DEFINE_string("protocol", "quick", "Evaluation protocol.")
flags.DEFINE_string("data", "", "Real images and conditions: a source's name, its path, or "
                                "NAME:PATH; for --images also a folder of images.")
flags.DEFINE_string("out", None, "Folder to write to.")
flags.DEFINE_string("cache", None, "Folder of cached features; default: OUT/cache.")
flags.DEFINE_multi_string("encoder", [], "An encoder of this zoo: a preset of a DAMSM or of "
                                         "recipes.train_encoder; may be repeated.")
flags.DEFINE_string("inception", None, "FID's file, TF-Hub's folder, tfhub, keras, or an .h5 "
                                       "file of Keras' InceptionV3.")
flags.DEFINE_string("lpips_trunk", None, "torchvision's AlexNet, VGG16 or SqueezeNet 1.1; "
                                         "keras, or an .h5 file of Keras' VGG16.")
flags.DEFINE_string("lpips_heads", None, "Channel weights of LPIPS, alex.pth ...")
flags.DEFINE_enum("lpips_version", "0.1", ["0.0", "0.1"], "LPIPS version.")
flags.DEFINE_string("detector", None, "The yolov3.weights of SOA, for a preset that reads "
                                      "captions, or for --images in folders label_00 ...")
flags.DEFINE_string("soa_captions", None, "SOA's folder of label_XX_name.pkl files; default: "
                                          "captions are selected by their words.")
flags.DEFINE_integer("captions_per_label", None, "Maximum number of captions per label of SOA.")
flags.DEFINE_integer("seed", 0, "Of latents, random selections and NDB's bins.")
flags.DEFINE_integer("conditions", None, "Number of conditions; default: the protocol's.")
flags.DEFINE_integer("samples_per_condition", None, "Images per condition.")
flags.DEFINE_integer("real", None, "Number of real images, selected at random.")
flags.DEFINE_integer("bins", None, "Number of NDB bins.")
flags.DEFINE_enum("folds", "", ["", "exact", "official"], "Of R-precision; default: the "
                  "protocol's. official: the papers' code, which drops the last of each.")
flags.DEFINE_string("condition_split", "", "Split of the conditions: train, test, or another "
                                           "one, such as combinations of the emoji; default: "
                                           "the protocol's.")
flags.DEFINE_integer("size", None, "Pixels to resize the images of --images to.")
flags.DEFINE_enum("crop", "", ["", *CROPS], "How captioned images are made square; default: as "
                                            "in the preset's training.")
flags.DEFINE_enum("direction", "a2b", ["a2b", "b2a"], "Direction, for a preset of two domains.")
flags.DEFINE_integer("max_words", None, "Words of a caption that the preset reads; default: its "
                                        "own number.")
flags.DEFINE_bool("per_class", None, "Evaluate each class separately too.")
flags.DEFINE_integer("batch_size", None, "Images generated at a time.")
flags.DEFINE_integer("bootstrap", None, "Bootstrap draws of the intervals; 0: none. Default: "
                                        "100, but none for more than 512 features.")
flags.DEFINE_bool("strict", False, "Reject deviations from the protocol.")
flags.DEFINE_bool("record", False, "Write the numbers into the preset's metadata and card.")


FLAG_OF = {"source": "data"}  # an argument in Python -> the flag, if its name differs


@dataclasses.dataclass(frozen=True)
class Command:
    """The parsed command line; see the flags of the same names.

    Attributes:
        options: `Options`. files: `EvaluatorFiles`.
    """

    options: Options
    files: EvaluatorFiles
    preset: str | None = None
    images: str | None = None
    compare: tuple = ()
    protocol: str = "quick"
    data: str = ""
    out: str | None = None
    cache: str | None = None
    record: bool = False


def command_of(value_of):
    """The `Command` from a function flag name -> value."""

    def part(cls, **others):
        names = [field.name for field in dataclasses.fields(cls) if field.name not in others]
        return cls(**{name: value_of(name) for name in names}, **others)

    return part(Command, options=part(Options), files=part(EvaluatorFiles))


def main(argv):
    """Parses the flags and runs the command."""
    del argv
    command = command_of(lambda name: flags.FLAGS[name].value)
    print(f"{run(command)}\nWritten to {command.out}")


def run(command):
    """Checks the command, evaluates one subject or compares two, and writes the reports.

    Args:
        command: `Command`.

    Returns:
        str, the text of the report.

    Raises:
        ZooError: for flags that cannot be combined, or see `zoo.evaluation.evaluate`.
    """
    try:
        return _run(command)
    except ZooError as error:
        raise ZooError(with_flags(str(error))) from error


def with_flags(message):
    """A message of the library with this program's flags: `real` becomes --real."""

    def flag(match):
        name, value = FLAG_OF.get(match[1], match[1]), match[2] or ""
        if name not in flags.FLAGS:
            return match[0]
        return f"--no{name}" if value == "=False" else f"--{name}{value}"

    return re.sub(r"`(\w+)(=[^`]*)?`", flag, message)


def _run(command):
    """`run`, whose errors name the options as in Python."""
    out = check(command)
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        from zoo.evaluation import compare, open_evaluators

        evaluators = open_evaluators(
            command.protocol, next(iter(presets(command)), None), command.cache or out / "cache",
            source=command.data, **vars(command.files),
        )
        if not command.compare:
            return evaluate_one(command, command.preset, evaluators, out).text
        first, second = (
            evaluate_one(command, preset, evaluators, out / name)
            for preset, name in zip(command.compare, ("a", "b"), strict=True)
        )
        comparison = compare(first, second, command.options.bootstrap, command.options.seed)
        comparison.write(out)
        return comparison.text


def presets(command):
    """The presets to evaluate; none with `--images`."""
    return command.compare or ([command.preset] if command.preset else [])


def check(command):
    """Checks the command before TensorFlow starts; returns the folder of `--out`.

    Raises:
        ZooError: see `run`.
    """
    from zoo.evaluation import record
    from zoo.evaluation.protocols import find_protocol

    find_protocol(command.protocol)
    command.options.check()
    command.files.check()
    if command.cache:
        output_folders.check_folder(command.cache, "cache")
    out = output_folders.check_folder(command.out, keep=command.preset)
    if sum(map(bool, (command.preset, command.images, command.compare))) != 1:
        raise ZooError("Give one of --preset=NAME, --images=FOLDER and --compare A B.")
    if command.compare and len(command.compare) != 2:
        raise ZooError(f"--compare takes two presets, got {len(command.compare)}.")
    if command.images and not command.data:
        raise ZooError("--data is missing: give the real images' folder, or a source's name.")
    if command.record:
        if command.images:
            raise ZooError("--record writes into a preset: give --preset or --compare.")
        for preset in presets(command):
            record.writable_directory(preset)
    return out


def evaluate_one(command, preset, evaluators, out):
    """The `Evaluation` of one preset, or of `--images`; writes its report into `out`."""
    from zoo.evaluation import evaluate, from_path, record

    evaluation = evaluate(
        preset if preset else from_path(command.images, command.options.size), command.data,
        command.protocol, evaluators=evaluators,
        command=["python", "-m", "recipes.evaluate", *sys.argv[1:]],
        **vars(command.options),
    )
    evaluation.write(out)
    if command.record:
        record.record(preset, evaluation.report)
    return evaluation


def joined(argv):
    """`--compare A B` as `--compare=A --compare=B`."""
    argv = list(argv)
    for index, argument in enumerate(argv):
        if argument in ("--compare", "-compare"):
            end = index + 1
            while end < len(argv) and not argv[end].startswith("-"):
                end += 1
            return [*argv[:index], *(f"--compare={a}" for a in argv[index + 1 : end]), *argv[end:]]
    return argv


if __name__ == "__main__":
    sys.argv[:] = joined(sys.argv)
    command_line.run(main, flags)
