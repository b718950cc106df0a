r"""Makes a preset from the files that the authors of a paper released.

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

With `--generator` it writes the system that the file holds: AttnGAN, DM-GAN or MirrorGAN, which
need `--text_encoder` and `--captions`; StackGAN++, which reads sentence embeddings, or nothing;
DCGAN or DRIT, whose files hold all networks; Pix2Pix, which with `--encoder` is BicycleGAN; or
XMC-GAN, which reads captions by a text encoder of TensorFlow Hub (`--hub_preprocess` and
`--hub_encoder`, folders or addresses, see docs/text_encoders.md), and without one vectors of words.
Without it, `--image_encoder` makes a DAMSM, and `--cnn_encoder` with `--rnn_decoder` MirrorGAN's
captioning network, which with `--generator` becomes a part of the MirrorGAN.
`.pth` files need PyTorch; their arrays as `.npz` do not, nor do `.flax` files need Flax.
"""

import os

from absl import flags

from recipes import _cli
from zoo.errors import ZooError
from zoo.storage import output_folders

_GENERATOR = flags.DEFINE_string(
    "generator", None,
    "The generator's file; of DCGAN, DRIT and XMC-GAN the checkpoint of all networks.",
)
_IMAGE = flags.DEFINE_string("image_encoder", None, "DAMSM's image encoder.")
_CNN = flags.DEFINE_string("cnn_encoder", None, "The encoder of MirrorGAN's captioning network.")
_RNN = flags.DEFINE_string("rnn_decoder", None, "Its decoder.")
_TEXT = flags.DEFINE_string("text_encoder", None, "DAMSM's text encoder.")
_CAPTIONS = flags.DEFINE_string("captions", None, "The captions.pickle of the words read or told.")
_ENCODER = flags.DEFINE_string("encoder", None, "BicycleGAN's encoder.")
_PREPROCESS = flags.DEFINE_string(
    "hub_preprocess", None, "XMC-GAN's module of TensorFlow Hub that makes word pieces."
)
_HUB = flags.DEFINE_string("hub_encoder", None, "The one that makes vectors of these.")
_WORDS = flags.DEFINE_integer(
    "max_words", None, "Words of a caption that are read or told: 18; XMC-GAN's pieces: 17."
)
_NAMES = flags.DEFINE_string(
    "class_names", None, "DCGAN's classes in the order of their numbers, separated by semicolons."
)
_SIZE = flags.DEFINE_integer("image_size", None, "Pixels of the images, where it may be chosen.")
_OUT = flags.DEFINE_string("out", None, "Directory of the preset.")

_FLAGS = {flag.name: flag for flag in (
    _GENERATOR, _IMAGE, _CNN, _RNN, _TEXT, _CAPTIONS, _ENCODER, _PREPROCESS, _HUB, _WORDS, _NAMES,
    _SIZE,
)}
_WEIGHTS = (_GENERATOR, _IMAGE, _CNN, _RNN, _TEXT, _ENCODER)  # named in the preset's metadata
_FIRST = (_GENERATOR, _IMAGE, _CNN)  # one of these says what is imported


def main(argv):
    """Read everything, check that it fits together, then write the preset."""
    del argv
    _check()
    _cli.start_tensorflow()
    with _cli.quiet_stderr():
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
    """The name of the system whose files were given."""
    from zoo.importers.detect import system_of
    from zoo.importers.registry import importers

    if _GENERATOR.value:
        return system_of(_GENERATOR.value, [name for name, flag in _FLAGS.items() if flag.value])
    first = next(flag.name for flag in _FIRST if flag.value)
    return next(n for n, module in importers().items() if module.IMPORTER.files[0] == first)


def _check():
    """What can be told before TensorFlow starts: the files are there, and --out may be written."""
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
    """The values of the flags that a system's `load` takes, by their names.

    Raises:
        ZooError: one is missing, or one was given that has no use.
    """
    arguments = {}
    for name, flag in _FLAGS.items():
        if name in importer.files:
            if not flag.value:
                raise ZooError(f"--{name} is missing, which {system} needs.")
            arguments[name] = flag.value
        elif name in importer.options:
            if flag.value is not None:
                arguments[name] = _parts(flag.value) if flag is _NAMES else flag.value
        elif flag.value is not None:
            raise ZooError(f"--{name} has no use: {system} does not read it.")
    return arguments


def _with_hub_encoder(arguments):
    """The arguments, with the two modules of TensorFlow Hub as one `text_encoder`."""
    modules = {
        name.removeprefix("hub_"): arguments.pop(name)
        for name in (_PREPROCESS.name, _HUB.name) if name in arguments
    }
    if len(modules) == 1:
        raise ZooError("--hub_preprocess and --hub_encoder belong together: give both, or none.")
    return {**arguments, "text_encoder": {"kind": "hub", **modules}} if modules else arguments


def _parts(text):
    return [part.strip() for part in text.split(";")]


if __name__ == "__main__":
    _cli.run(main)
