r"""A preset from the files that AttnGAN's authors released.

    python -m recipes.import_checkpoint --generator=bird_AttnGAN2.pth \
        --text_encoder=text_encoder200.pth --captions=captions.pickle --out=presets/attn_gan_birds
    python -m recipes.import_checkpoint --image_encoder=image_encoder200.pth \
        --text_encoder=text_encoder200.pth --captions=captions.pickle --out=presets/damsm_birds

With `--generator` it writes an AttnGAN, with `--image_encoder` a DAMSM. `.pth` files need PyTorch;
their arrays as `.npz` do not.
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


def main(argv):
    """Read everything, check that it fits together, then write the preset."""
    del argv
    for flag in (_TEXT, _CAPTIONS, _OUT):
        if not flag.value:
            raise ZooError(f"--{flag.name} is missing.")
    if bool(_GENERATOR.value) == bool(_IMAGE.value):
        raise ZooError("Give one of --generator (AttnGAN) and --image_encoder (DAMSM).")
    cli.start_tensorflow()
    with cli.quiet_stderr():
        from zoo.importers import official

        text = {"text_encoder": _TEXT.value, "captions": _CAPTIONS.value}
        if _GENERATOR.value:
            model = official.attn_gan(_GENERATOR.value, **text, max_words=_WORDS.value)
        else:
            model = official.damsm(image_encoder=_IMAGE.value, **text, max_words=_WORDS.value)
        paths = [_GENERATOR.value or _IMAGE.value, _TEXT.value]
        files = ", ".join(map(os.path.basename, paths))
        model.save_to_preset(_OUT.value, {"source": {"checkpoint": f"taoxugit/AttnGAN: {files}"}})
    counts = ", ".join(f"{name} {count:,}" for name, count in model.parameter_counts().items())
    print(f"{type(model).__name__} in {_OUT.value} ({counts})")


if __name__ == "__main__":
    cli.run(main)
