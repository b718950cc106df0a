r"""Generates images, measures them, and writes a report that says how each number was measured.

    python -m recipes.evaluate --preset=attn_gan_emoji_64 --data=emoji.zip --out=report
    python -m recipes.evaluate --preset=runs/cifar10/presets/best --data=cifar10 \
        --protocol=msgan_label --inception=pt_inception-2015-12-05-6726825d.pth --out=report
    python -m recipes.evaluate --preset=runs/birds/presets/best --data=birds:CUB/ \
        --protocol=msgan_text --inception=keras --lpips_trunk=alexnet-owt-7be5be79.pth \
        --lpips_heads=alex.pth --out=report
    python -m recipes.evaluate --images=pictures/ --data=photos/ --out=report
    python -m recipes.evaluate --compare runs/plain/presets/best runs/ms/presets/best \
        --data=emoji.zip --out=report

Writes `report.json` (every number with its protocol), `report.md` and figures: `grid.png`,
`ndb.png` (the share of each bin, of the real and of the generated images) and, of a preset,
`interpolation.png`. `--compare` compares two presets in `compare.json` and `compare.md`, with
intervals of their differences, and writes the report of each into a folder of its own.

Protocols: quick (any preset; small counts, an encoder of this zoo), msgan_text, msgan_label,
msgan_image, attngan, xmc_gan; docs/metrics.md. `--conditions`, `--samples_per_condition`, `--real`
and `--bins` change a protocol's counts; what falls short of it is noted next to every number, or
refused with `--strict`.

Generated images and features are cached in `--cache`, by the hash of what they depend on.

The same in Python: `zoo.evaluation.evaluate`.
"""

import dataclasses
import sys

from absl import flags

from recipes import _cli
from zoo.errors import ZooError
from zoo.evaluation.evaluators import EvaluatorFiles
from zoo.evaluation.options import Options
from zoo.storage import output_folders


@dataclasses.dataclass(frozen=True)
class Command:
    """What the command line says; the attributes are described by the flags of their names.

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


def define_flags():
    """The flags of this program."""
    flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
    flags.DEFINE_string("images", None, "Pictures in place of a preset's: a folder, .zip or .npy.")
    flags.DEFINE_multi_string("compare", [], "Two presets, side by side.")
    flags.DEFINE_string("protocol", "quick", "Which images, how many, which numbers.")
    flags.DEFINE_string("data", "", "Real images and conditions: a source's name, its path, or "
                                    "NAME:PATH; for --images also a folder of images.")
    flags.DEFINE_string("out", None, "Folder to write to.")
    flags.DEFINE_string("cache", None, "Folder of kept features; OUT/cache if not given.")
    flags.DEFINE_multi_string("encoder", [], "An encoder of this zoo: a preset of a DAMSM or of "
                                             "recipes.train_encoder; may be repeated.")
    flags.DEFINE_string("inception", None, "FID's file, TF-Hub's folder, tfhub, keras, or an .h5 "
                                           "file of Keras' InceptionV3.")
    flags.DEFINE_string("lpips_trunk", None, "torchvision's AlexNet, VGG16 or SqueezeNet 1.1; "
                                             "keras, or an .h5 file of Keras' VGG16.")
    flags.DEFINE_string("lpips_heads", None, "LPIPS' weights of the channels, alex.pth ...")
    flags.DEFINE_enum("lpips_version", "0.1", ["0.0", "0.1"], "Of LPIPS.")
    flags.DEFINE_string("detector", None, "The yolov3.weights of SOA, of a preset that reads "
                                          "captions, or of --images in folders label_00 ...")
    flags.DEFINE_string("soa_captions", None, "SOA's folder of label_XX_name.pkl files; else "
                                              "captions are chosen by their words.")
    flags.DEFINE_integer("captions_per_label", None, "Captions of each label of SOA, at most.")
    flags.DEFINE_integer("seed", 0, "Of latents, of what is drawn, of NDB's bins.")
    flags.DEFINE_integer("conditions", None, "Conditions, in place of the protocol's.")
    flags.DEFINE_integer("samples_per_condition", None, "Pictures of each condition.")
    flags.DEFINE_integer("real", None, "Real images, drawn at random.")
    flags.DEFINE_integer("bins", None, "Bins of NDB.")
    flags.DEFINE_enum("folds", "", ["", "exact", "official"], "Of R-precision, in place of the "
                      "protocol's: official is the papers' code, which loses the last of each.")
    flags.DEFINE_integer("size", None, "Pixels that the images of --images are scaled to.")
    flags.DEFINE_enum("crop", "", ["", "none", "paper"], "How captioned images become square; "
                                                         "else as in the preset's training.")
    flags.DEFINE_enum("direction", "a2b", ["a2b", "b2a"], "Of a preset of two domains.")
    flags.DEFINE_bool("per_class", None, "Measure each class alone, too.")
    flags.DEFINE_integer("batch_size", None, "Pictures made at a time.")
    flags.DEFINE_integer("bootstrap", None, "Draws of the intervals; 0: none. 100 if not given, "
                                            "but none of more than 512 features.")
    flags.DEFINE_bool("strict", False, "Refuse fewer images than the protocol has.")
    flags.DEFINE_bool("record", False, "Write the numbers into the preset's metadata and card.")


def command_of(value_of):
    """The `Command` of a function of a flag's name -> its value."""

    def part(cls, **others):
        names = [field.name for field in dataclasses.fields(cls) if field.name not in others]
        return cls(**{name: value_of(name) for name in names}, **others)

    return part(Command, options=part(Options), files=part(EvaluatorFiles))


def main(argv):
    """Parses the flags once and runs what they say."""
    del argv
    command = command_of(lambda name: flags.FLAGS[name].value)
    print(f"{run(command)}\nWritten to {command.out}")


def run(command):
    """Checks the command, then evaluates one subject or compares two, and writes the reports.

    Args:
        command: `Command`.

    Returns:
        str, the text of the report.

    Raises:
        ZooError: flags that do not go together, or see `zoo.evaluation.evaluate`.
    """
    out = check(command)
    _cli.start_tensorflow()
    with _cli.quiet_stderr():
        from zoo.evaluation import compare, open_evaluators

        evaluators = open_evaluators(
            command.protocol, next(iter(presets(command)), None), command.cache or out / "cache",
            **vars(command.files),
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
    """The presets that are measured; none with `--images`."""
    return command.compare or ([command.preset] if command.preset else [])


def check(command):
    """Everything that can be checked before TensorFlow starts; the folder of `--out`.

    Raises:
        ZooError: see `run`.
    """
    from zoo.evaluation import record
    from zoo.evaluation.protocols import find_protocol

    find_protocol(command.protocol, "--protocol")
    command.options.check("--{}")
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
    """The `Evaluation` of one preset, or of `--images`, whose report is written into `out`."""
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
    for place, argument in enumerate(argv):
        if argument in ("--compare", "-compare"):
            end = place + 1
            while end < len(argv) and not argv[end].startswith("-"):
                end += 1
            return [*argv[:place], *(f"--compare={a}" for a in argv[place + 1 : end]), *argv[end:]]
    return argv


if __name__ == "__main__":
    sys.argv[:] = joined(sys.argv)
    define_flags()
    _cli.run(main)
