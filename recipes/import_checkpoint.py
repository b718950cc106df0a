r"""Converts checkpoints that the authors of a paper released to a preset.

    python -m recipes.import_checkpoint --generator=bird_AttnGAN2.pth \
        --text_encoder=text_encoder200.pth --captions=captions.pickle --out=presets/attn_gan_birds
    python -m recipes.import_checkpoint --generator=netG_210000.pth --out=presets/stackgan_birds
    python -m recipes.import_checkpoint --generator=00199.pth --out=presets/dcgan_cifar10 \
        --class_names="airplane;automobile;bird;cat;deer;dog;frog;horse;ship;truck"
    python -m recipes.import_checkpoint --generator=400_net_G.pth --out=presets/pix2pix_facades
    python -m recipes.import_checkpoint --generator=latest_net_G.pth --encoder=latest_net_E.pth \
        --out=presets/bicyclegan_shoes
    python -m recipes.import_checkpoint --generator=01200.pth --out=presets/drit_yosemite
    python -m recipes.import_checkpoint --generator=ckpt-100.flax --out=presets/xmc_gan_coco \
        --hub_preprocess=modules/bert/preprocess --hub_encoder=modules/bert/encoder
    python -m recipes.import_checkpoint --image_encoder=image_encoder200.pth \
        --text_encoder=text_encoder200.pth --captions=captions.pickle --out=presets/damsm_birds
    python -m recipes.import_checkpoint --cnn_encoder=cnn_encoder.ckpt \
        --rnn_decoder=rnn_decoder.ckpt --captions=captions.pickle --out=presets/stream_birds

With `--generator` it writes the system in that file: AttnGAN, DM-GAN or MirrorGAN, which need
`--text_encoder` and `--captions`; StackGAN++, conditioned on sentence embeddings or unconditional;
DCGAN or DRIT, whose files contain all networks; Pix2Pix, or BicycleGAN with `--encoder`; or
XMC-GAN, which reads captions with a text encoder from TensorFlow Hub (`--hub_preprocess` and
`--hub_encoder`, folders or URLs, see docs/text_encoders.md), or word embeddings without one.
Without `--generator`, `--image_encoder` gives a DAMSM, and `--cnn_encoder` with `--rnn_decoder`
gives MirrorGAN's captioning network, which becomes a part of the MirrorGAN if `--generator` is
given.
`.pth` files need PyTorch; their arrays as `.npz` do not, nor do `.flax` files need Flax.
"""

import os

from zoo import command_line
from zoo.errors import ZooError
from zoo.storage import output_folders

flags = command_line.Flags()
_GENERATOR = flags.DEFINE_string(
    "generator", None,
    "The generator's file; of DCGAN, DRIT and XMC-GAN the checkpoint of all networks.",
)
_IMAGE = flags.DEFINE_string("image_encoder", None, "DAMSM's image encoder.")
_CNN = flags.DEFINE_string("cnn_encoder", None, "The encoder of MirrorGAN's captioning network.")
_RNN = flags.DEFINE_string("rnn_decoder", None, "Its decoder.")
_TEXT = flags.DEFINE_string("text_encoder", None, "DAMSM's text encoder.")
_CAPTIONS = flags.DEFINE_string("captions", None, "The captions.pickle with the vocabulary.")
_ENCODER = flags.DEFINE_string("encoder", None, "BicycleGAN's encoder.")
_PREPROCESS = flags.DEFINE_string(
    "hub_preprocess", None, "XMC-GAN's word-piece module from TensorFlow Hub."
)
_HUB = flags.DEFINE_string("hub_encoder", None, "XMC-GAN's encoder module from TensorFlow Hub.")
_WORDS = flags.DEFINE_integer(
    "max_words", None,
    "Maximum words per caption; default: as in the authors' evaluations, 25 for CUB and 20 for "
    "COCO, or 18 with a vocabulary of another size, and of STREAM; word pieces of XMC-GAN: 17.",
)
_NAMES = flags.DEFINE_string(
    "class_names", None, "DCGAN's classes in the order of their indices, separated by semicolons."
)
_SIZE = flags.DEFINE_integer("image_size", None, "Image size in pixels, where it may vary.")
_OUT = flags.DEFINE_string("out", None, "Directory of the preset.")

_FLAGS = {flag.name: flag for flag in (
    _GENERATOR, _IMAGE, _CNN, _RNN, _TEXT, _CAPTIONS, _ENCODER, _PREPROCESS, _HUB, _WORDS, _NAMES,
    _SIZE,
)}
_WEIGHTS = (_GENERATOR, _IMAGE, _CNN, _RNN, _TEXT, _ENCODER)  # named in the preset's metadata
_FIRST = (_GENERATOR, _IMAGE, _CNN)  # one of these determines the system


def main(argv):
    """Reads all files, checks that they match, then writes the preset."""
    del argv
    _check()
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        from zoo.importers.registry import importer_of

        system = _system()
        module = importer_of(system)
        arguments = _arguments(system, module.IMPORTER)
        files = ", ".join(
            os.path.basename(flag.value) for flag in _WEIGHTS if flag.name in arguments
        )
        first = [arguments.pop(_GENERATOR.name)] if _GENERATOR.name in arguments else []
        model = module.load(*first, **_with_hub_encoder(arguments))
        source = {"checkpoint": f"{module.IMPORTER.repository}: {files}"}
        model.save_to_preset(_OUT.value, {"source": source})
    counts = ", ".join(f"{name} {count:,}" for name, count in model.parameter_counts().items())
    print(f"{type(model).__name__} in {_OUT.value} ({counts})")


def _system():
    """Name of the system whose files were given."""
    from zoo.importers.detect import system_of
    from zoo.importers.registry import importers

    if _GENERATOR.value:
        return system_of(_GENERATOR.value, [name for name, flag in _FLAGS.items() if flag.value])
    first = next(flag.name for flag in _FIRST if flag.value)
    return next(n for n, module in importers().items() if module.IMPORTER.files[0] == first)


def _check():
    """Checks, before TensorFlow starts, that the files exist and --out can be written."""
    from zoo.presets.saving import check_target

    output_folders.check_folder(_OUT.value)
    check_target(_OUT.value)
    for flag in (_WORDS, _SIZE):
        if flag.value is not None and flag.value < 1:
            raise ZooError(f"--{flag.name} must be at least 1, got {flag.value}.")
    for flag in (*_WEIGHTS, _CAPTIONS):
        path = flag.value
        if path is not None and not os.path.isfile(path):
            what = "a folder" if os.path.isdir(path) else "no file"
            raise ZooError(
                f'--{flag.name}: "{path}" is {what}; give a file that the authors released.'
            )
    if not any(flag.value for flag in _FIRST):
        raise ZooError(
            "Give one of --generator (a GAN), --image_encoder (DAMSM) and --cnn_encoder "
            "(MirrorGAN's captioning network)."
        )


def _arguments(system, importer):
    """The values of the flags that a system's `load` takes, by name.

    Raises:
        ZooError: if a required flag is missing, or a flag does not apply to the system.
    """
    arguments = {}
    for name, flag in _FLAGS.items():
        if name in importer.files:
            if not flag.value:
                raise ZooError(f"--{name} is missing: {system} needs it.")
            arguments[name] = flag.value
        elif name in importer.options:
            if flag.value is not None:
                arguments[name] = _parts(flag.value) if flag is _NAMES else flag.value
        elif flag.value is not None:
            raise ZooError(f"--{name} does not apply to {system}: leave it out.")
    return arguments


def _with_hub_encoder(arguments):
    """The arguments, with the two modules from TensorFlow Hub merged into one `text_encoder`."""
    modules = {
        name.removeprefix("hub_"): arguments.pop(name)
        for name in (_PREPROCESS.name, _HUB.name) if name in arguments
    }
    if len(modules) == 1:
        raise ZooError("--hub_preprocess and --hub_encoder belong together: give both, or neither.")
    return {**arguments, "text_encoder": {"kind": "hub", **modules}} if modules else arguments


def _parts(text):
    return [part.strip() for part in text.split(";")]


if __name__ == "__main__":
    command_line.run(main, flags)
