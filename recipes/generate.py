r"""Pictures of captions from a trained text-to-image preset.

    python -m recipes.generate --preset=attn_gan_emoji_64 \
        --captions="grinning face;red heart" --images_per_caption=6 --seed=7 --out=pictures
    python -m recipes.generate --preset=runs/emoji/presets/best \
        --caption="a face; with a semicolon" --caption="red heart" --attention --out=pictures

Writes one PNG a picture (`00_grinning-face_seed7.png`), `grid.png` with a row a caption, and with
`--attention` also `attention.png`: where the generator looked for each word.
"""

from pathlib import Path

from absl import flags

from recipes import cli
from zoo.errors import ZooError

_PRESET = flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
_CAPTIONS = flags.DEFINE_string("captions", None, "Captions, separated by semicolons.")
_CAPTION = flags.DEFINE_multi_string("caption", [], "One caption; may be repeated.")
_IMAGES = flags.DEFINE_integer("images_per_caption", 4, "Pictures of each caption.")
_SEED = flags.DEFINE_integer("seed", 0, "Picture k of a caption uses the seed `seed + k`.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to.")
_ATTENTION = flags.DEFINE_bool("attention", False, "Write the attention picture too.")
_UNKNOWN = flags.DEFINE_enum("unknown", "drop", ["drop", "unk"],
                             "Leave unknown words out, or read them as <unk>.")
_BATCH = flags.DEFINE_integer("batch_size", 16, "Pictures made at a time.")


def main(argv):
    """Check everything, make all pictures, then write them."""
    del argv
    captions, out = _captions(), _out()
    if _BATCH.value < 1:
        raise ZooError(f"--batch_size must be at least 1, got {_BATCH.value}.")
    if _IMAGES.value < 1:
        raise ZooError(f"--images_per_caption must be at least 1, got {_IMAGES.value}.")
    if not _PRESET.value:
        raise ZooError("--preset is missing: give a name, a directory or a handle.")
    cli.start_tensorflow()
    with cli.quiet_stderr():
        import zoo

        model = zoo.from_preset(_PRESET.value)
        if not hasattr(model, "generate"):
            raise ZooError(
                f"The preset {_PRESET.value} is a {type(model).__name__}, which makes no pictures."
            )
        images, details = model.generate(
            captions, images_per_caption=_IMAGES.value, seed=_SEED.value, unknown=_UNKNOWN.value,
            batch_size=_BATCH.value, return_details=True,
        )
    write(out, captions, images, details if _ATTENTION.value else None)
    print(f"{len(images)} pictures and grid.png in {out}")


def write(out, captions, images, details=None):
    """Write the pictures, their grid, and with `details` the attention picture."""
    from recipes.pictures import attention_picture, grid, save_png, slug, stack

    count = _IMAGES.value
    for index, image in enumerate(images):
        row, k = divmod(index, count)
        save_png(out / f"{row:02d}_{slug(captions[row])}_seed{_SEED.value + k}.png", image)
    save_png(out / "grid.png", grid(images, count, labels=captions))
    if details:
        rows = range(0, len(images), count)
        save_png(out / "attention.png", stack([
            attention_picture(images[row], details["attention"][row], details["tokens"][row])
            for row in rows
        ]))


def _captions():
    captions = list(_CAPTION.value)
    if _CAPTIONS.value is not None:
        captions += [part.strip() for part in _CAPTIONS.value.split(";")]
    if not captions:
        raise ZooError('No captions: give --captions="a;b" or --caption="a" --caption="b".')
    return captions


def _out():
    if not _OUT.value:
        raise ZooError("--out is missing: give a folder to write to.")
    out = Path(_OUT.value)
    for place in (out, *out.parents):
        if place.exists():
            if not place.is_dir():
                raise ZooError(f"--out {out}: {place} is a file, not a folder.")
            break
    return out


if __name__ == "__main__":
    cli.run(main)
