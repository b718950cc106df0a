r"""Generates, measures, and writes a report whose every number says how it came about.

    python -m recipes.evaluate --preset=attn_gan_emoji_64 --data=emoji.zip --out=report
    python -m recipes.evaluate --preset=runs/cifar10/presets/best --data=cifar10 \
        --protocol=msgan_label --inception=pt_inception-2015-12-05-6726825d.pth --out=report
    python -m recipes.evaluate --preset=runs/birds/presets/best --data=birds:CUB/ \
        --protocol=msgan_text --inception=keras --lpips_trunk=alexnet-owt-7be5be79.pth \
        --lpips_heads=alex.pth --out=report
    python -m recipes.evaluate --images=pictures/ --data=photos/ --out=report
    python -m recipes.evaluate --compare runs/plain/presets/best runs/ms/presets/best \
        --data=emoji.zip --out=report

Writes `report.json` (every number with its protocol), `report.md` and pictures: `grid.png`,
`ndb.png` (the share of each bin, of the real and of the generated pictures) and, of a preset,
`interpolation.png`. With `--compare` two presets stand side by side in `compare.json` and
`compare.md`, with intervals of their differences, and the report of each in a folder of its own.

Protocols: quick (any preset; small counts, an encoder of this zoo), msgan_text, msgan_label,
msgan_image, attngan, xmc_gan; docs/metrics.md. `--conditions`, `--samples_per_condition`, `--real`
and `--bins` change a protocol's counts; what falls short of it is noted beside every number, or
refused with `--strict`.

Features and pictures are kept in `--cache`, by the hash of what they come from, and used again.
"""

import dataclasses
import sys
import time
import types

from absl import flags

from recipes import _cli
from zoo.errors import ZooError
from zoo.storage import output_folders


def define_flags():
    """The flags of this program."""
    flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
    flags.DEFINE_string("images", None, "Pictures in place of a preset's: a folder, .zip or .npy.")
    flags.DEFINE_multi_string("compare", [], "Two presets, side by side.")
    flags.DEFINE_string("protocol", "quick", "Which pictures, how many, which numbers.")
    flags.DEFINE_string("data", "", "Real pictures and conditions: a source's name, its path, or "
                                    "NAME:PATH; for --images also a folder of pictures.")
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
    flags.DEFINE_integer("real", None, "Real pictures, drawn at random.")
    flags.DEFINE_integer("bins", None, "Bins of NDB.")
    flags.DEFINE_enum("folds", "", ["", "exact", "official"], "Of R-precision, in place of the "
                      "protocol's: official is the papers' code, which loses the last of each.")
    flags.DEFINE_integer("size", None, "Pixels that the pictures of --images are scaled to.")
    flags.DEFINE_enum("crop", "", ["", "none", "paper"], "How captioned pictures become square; "
                                                         "else as in the preset's training.")
    flags.DEFINE_enum("direction", "a2b", ["a2b", "b2a"], "Of a preset of two domains.")
    flags.DEFINE_bool("per_class", None, "Measure each class alone, too.")
    flags.DEFINE_integer("batch_size", None, "Pictures made at a time.")
    flags.DEFINE_integer("bootstrap", None, "Draws of the intervals; 0: none. 100 if not given, "
                                            "but none of more than 512 features.")
    flags.DEFINE_bool("strict", False, "Refuse fewer pictures than the protocol has.")
    flags.DEFINE_bool("record", False, "Write the numbers into the preset's metadata and card.")


NAMES = (
    "preset", "images", "compare", "protocol", "data", "out", "cache", "encoder", "inception",
    "lpips_trunk", "lpips_heads", "lpips_version", "detector", "soa_captions",
    "captions_per_label", "seed", "conditions", "samples_per_condition", "real", "bins", "folds",
    "size", "crop", "direction", "per_class", "batch_size", "bootstrap", "strict", "record",
)


def main(argv):
    """What the flags say."""
    del argv
    options = types.SimpleNamespace(**{name: flags.FLAGS[name].value for name in NAMES})
    print(f"{evaluate(options)}\nWritten to {options.out}")


def evaluate(options):
    """Check the options, then evaluate one subject or compare two.

    Args:
        options: object with an attribute for each of `NAMES`, see the flags.

    Returns:
        str, what the report says.
    """
    from zoo.evaluation import record

    protocol, asked = _protocols(options)
    out = output_folders.check_folder(options.out, keep=options.preset)
    if sum(map(bool, (options.preset, options.images, options.compare))) != 1:
        raise ZooError("Give one of --preset=NAME, --images=FOLDER and --compare A B.")
    if options.compare and len(options.compare) != 2:
        raise ZooError(f"--compare takes two presets, but {len(options.compare)} came.")
    if options.record:
        if options.images:
            raise ZooError("--record writes into a preset: give --preset or --compare.")
        for handle in options.compare or [options.preset]:
            record.writable_directory(handle)
    _cli.start_tensorflow()
    with _cli.quiet_stderr():
        tools = _tools(options, protocol, out)
        if options.compare:
            from zoo.evaluation.compare import compare

            runs = [
                _evaluate(options, handle, protocol, asked, tools, out / name)
                for handle, name in zip(options.compare, ("a", "b"), strict=True)
            ]
            text = compare(out, runs, options.bootstrap, options.seed)
        else:
            text = _evaluate(options, options.preset, protocol, asked, tools, out)["text"]
    return text


def _evaluate(options, handle, protocol, asked, tools, out):
    """Measures one preset, or --images, and writes the report's files.

    Args:
        protocol: with its own counts; `asked`: with those of the flags.

    Returns:
        dict of `report`, its `text`, `measures` and `subject`.
    """
    from zoo.evaluation import figures, record
    from zoo.evaluation import report as reports
    from zoo.evaluation import subject as subjects
    from zoo.evaluation.measurement import measure
    from zoo.storage import write_bytes_atomically, write_json

    start = time.monotonic()
    subject, every, about, warnings = subjects.opened(options, handle, asked, tools)
    real, versions = every.sample(asked.real, options.seed), reports.versions()
    warnings += subjects.lacking(subject, real, len(every), protocol, asked, tools)
    if options.strict and warnings:  # before any picture is made
        raise ZooError(
            f"--strict: the protocol {options.protocol} is not met: {'; '.join(warnings)}."
        )
    numbers = measure(subject, real, asked, tools, options.seed, options.per_class)
    common = subjects.common_record(
        subject, real, options.protocol, options.seed, about["splits"], versions
    )
    results = []
    for one, seconds in numbers.found:
        one.warnings = [*warnings, *one.warnings]
        results.append(reports.record(one, common, options.bootstrap, options.seed, seconds))
    others = [network for network in (tools.lpips, tools.detector) if network is not None]
    report = {
        "format": reports.FORMAT, "subject": {"name": subject.name, **subject.source},
        "protocol": {"name": options.protocol, **dataclasses.asdict(protocol)},
        "data": {**about, "name": real.name, "count": len(real), "sha256": real.digest,
                 "input": real.route},
        "networks": [network.record() for network in (*tools.networks, *others)],
        "resolution": subject.size[0], "seed": options.seed, "warnings": warnings,
        "results": results, "not_measured": numbers.left,
        "versions": versions, "seconds": round(time.monotonic() - start, 1),
        "command": ["python", "-m", "recipes.evaluate", *sys.argv[1:]],
    }
    with output_folders.gathered(out) as folder:
        report["pictures"] = figures.write(folder, subject, results, options.seed)
        text = reports.markdown(report)
        write_json(str(folder / "report.json"), report)
        write_bytes_atomically(str(folder / "report.md"), text.encode())
    if options.record:
        record.record(handle, report)
    return {"report": report, "text": text, "subject": subject,
            "measures": [one for one, _ in numbers.found]}


def _tools(options, protocol, out):
    """The networks that were given, or the shipped encoder where the protocol lets it serve."""
    from zoo.evaluation import feature_networks
    from zoo.evaluation.cache import Cache
    from zoo.evaluation.subject import Tools

    handles = list(options.encoder)
    if not handles and not options.inception and protocol.network == "zoo":
        handles = feature_networks.shipped_encoders(options.preset or next(iter(options.compare), None))
    if bool(options.lpips_trunk) != bool(options.lpips_heads):
        raise ZooError("LPIPS needs both files: --lpips_trunk and --lpips_heads.")
    if options.soa_captions and not options.detector:
        raise ZooError("--soa_captions are of SOA, which needs --detector=yolov3.weights, too.")
    found = [feature_networks.zoo_encoder(handle) for handle in handles]
    if options.inception or not found:
        found.insert(0, feature_networks.inception(options.inception))
    lpips = detector = None
    if options.lpips_trunk:
        from zoo.evaluation.lpips import LpipsDistance

        lpips = LpipsDistance(options.lpips_trunk, options.lpips_heads, options.lpips_version)
    if options.detector:
        from zoo.evaluation.soa import Detector

        detector = Detector(options.detector)
    damsm = next((network.model for network in found if network.model is not None), None)
    cache = Cache(options.cache or out / "cache", show=True)
    return Tools(found, lpips, damsm, cache, detector, options.soa_captions,
                 options.captions_per_label)


def _protocols(options):
    """The protocol, and the same with the counts of the flags."""
    from zoo.errors import nearest
    from zoo.evaluation.protocols import PROTOCOLS

    name = options.protocol
    if name not in PROTOCOLS:
        raise ZooError(
            f'--protocol must be one of {", ".join(PROTOCOLS)}, got "{name}".'
            f"{nearest(name, PROTOCOLS)}"
        )
    for flag, least in (("conditions", 1), ("samples_per_condition", 1), ("real", 2), ("bins", 1),
                        ("size", 1), ("batch_size", 1), ("captions_per_label", 1),
                        ("bootstrap", 0), ("seed", 0)):
        value = getattr(options, flag)
        if value is not None and value < least:
            raise ZooError(f"--{flag} must be at least {least}, got {value}.")
    for flag, most in (("seed", 2**32 - 1), ("size", 4096), ("bootstrap", 10**6)):
        value = getattr(options, flag)
        if value is not None and value > most:
            raise ZooError(f"--{flag} must be at most {most:,}, got {value:,}.")
    if options.cache:
        output_folders.check_folder(options.cache, "cache")
    changed = {"conditions": options.conditions, "samples": options.samples_per_condition,
               "real": options.real, "bins": options.bins, "folds": options.folds}
    changed = {key: value for key, value in changed.items() if value not in (None, "")}
    return PROTOCOLS[name], dataclasses.replace(PROTOCOLS[name], **changed)


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
