r"""A preset from the files that the authors of a paper released.

    python -m recipes.import_checkpoint --generator=bird_AttnGAN2.pth \
        --text_encoder=text_encoder200.pth --captions=captions.pickle --out=presets/attn_gan_birds
    python -m recipes.import_checkpoint --generator=bird_DMGAN.pth \
        --text_encoder=text_encoder200.pth --captions=captions.pickle --out=presets/dm_gan_birds
    python -m recipes.import_checkpoint --generator=netG_210000.pth --out=presets/stackgan_birds
    python -m recipes.import_checkpoint --image_encoder=image_encoder200.pth \
        --text_encoder=text_encoder200.pth --captions=captions.pickle --out=presets/damsm_birds

With `--generator` it writes an AttnGAN, DM-GAN or StackGAN++, whichever the file holds (a released
StackGAN++ reads sentence embeddings, or nothing, so it has no text encoder); with `--image_encoder`
a DAMSM. `.pth` files need PyTorch; their arrays as `.npz` do not.
"""

import os

from absl import flags

from recipes import cli
from zoo.errors import ZooError

_GENERATOR = flags.DEFINE_string("generator", None, "The generator's file.")
_IMAGE = flags.DEFINE_string("image_encoder", None, "DAMSM's image encoder.")
_TEXT = flags.DEFINE_string("text_encoder", None, "DAMSM's text encoder.")
_CAPTIONS = flags.DEFINE_string("captions", None, "The captions.pickle of that text encoder.")
_WORDS = flags.DEFINE_integer("max_words", 18, "Words of a caption that are read.")
_OUT = flags.DEFINE_string("out", None, "Directory of the preset.")

REPOSITORIES = {
    "attn_gan": "taoxugit/AttnGAN",
    "damsm": "taoxugit/AttnGAN",
    "dm_gan": "MinfengZhu/DM-GAN",
    "stackgan_v2": "hanzhanggit/StackGAN-v2",
}
WITHOUT_TEXT_ENCODER = ("stackgan_v2",)


def main(argv):
    """Read everything, check that it fits together, then write the preset."""
    del argv
    if not _OUT.value:
        raise ZooError("--out is missing.")
    if bool(_GENERATOR.value) == bool(_IMAGE.value):
        raise ZooError(
            "Give one of --generator (AttnGAN, DM-GAN, StackGAN++) and --image_encoder (DAMSM)."
        )
    cli.start_tensorflow()
    with cli.quiet_stderr():
        from zoo.importers import official

        system = official.system_of(_GENERATOR.value) if _GENERATOR.value else "damsm"
        files = _files(system)
        words = {} if system in WITHOUT_TEXT_ENCODER else {"max_words": _WORDS.value}
        model = getattr(official, system)(**files, **words)
        names = ", ".join(os.path.basename(p) for k, p in files.items() if k != "captions")
        checkpoint = f"{REPOSITORIES[system]}: {names}"
        model.save_to_preset(_OUT.value, {"source": {"checkpoint": checkpoint}})
    counts = ", ".join(f"{name} {count:,}" for name, count in model.parameter_counts().items())
    print(f"{type(model).__name__} in {_OUT.value} ({counts})")


def _files(system):
    """The files that a system is made of, by the importer's argument."""
    main_file = _IMAGE if system == "damsm" else _GENERATOR
    files = {main_file.name: main_file.value}
    for flag in (_TEXT, _CAPTIONS):
        if system not in WITHOUT_TEXT_ENCODER:
            if not flag.value:
                raise ZooError(f"--{flag.name} is missing, which {system} needs.")
            files[flag.name] = flag.value
        elif flag.value:
            raise ZooError(f"--{flag.name} has no use: {system} reads no captions by itself.")
    return files


if __name__ == "__main__":
    cli.run(main)
