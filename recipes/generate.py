r"""Pictures of captions from a trained text-to-image preset.

    python -m recipes.generate --preset=attn_gan_emoji_64 \
        --captions="grinning face;red heart" --images_per_caption=6 --seed=7 --out=pictures
    python -m recipes.generate --preset=runs/emoji/presets/best \
        --caption="a face; with a semicolon" --caption="red heart" --explain --out=pictures
    python -m recipes.generate --preset=runs/birds/presets/best \
        --embeddings=sentences.npy --out=pictures

Writes one PNG a picture (`00_grinning-face_seed7.png`) and `grid.png` with a row a caption. With
`--explain` also `explain.png` and its numbers in `explain.json`: for the first picture of each
caption what the model shows of its work, such as where each word was read, a memory's gates, and
what the conditioning noise and the latent change alone.

A preset of sentence embeddings takes `--embeddings` in place of captions, one without condition
takes neither.
"""

import json
from pathlib import Path

import numpy as np
from absl import flags

from recipes import cli
from zoo.errors import ZooError

_PRESET = flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
_CAPTIONS = flags.DEFINE_string("captions", None, "Captions, separated by semicolons.")
_CAPTION = flags.DEFINE_multi_string("caption", [], "One caption; may be repeated.")
_EMBEDDINGS = flags.DEFINE_string(
    "embeddings", None, "A .npy file of sentence embeddings, (rows, features), for a preset of "
    "embeddings; each row counts as a caption.",
)
_IMAGES = flags.DEFINE_integer("images_per_caption", 4, "Pictures of each caption.")
_SEED = flags.DEFINE_integer("seed", 0, "Picture k of a caption uses the seed `seed + k`.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to.")
_EXPLAIN = flags.DEFINE_bool("explain", False, "Write explain.png and explain.json too.")
_UNKNOWN = flags.DEFINE_enum("unknown", "drop", ["drop", "unk"],
                             "Leave unknown words out, or read them as <unk>.")
_BATCH = flags.DEFINE_integer("batch_size", 16, "Pictures made at a time.")


def main(argv):
    """Check everything, make all pictures, then write them."""
    del argv
    captions, embeddings, out = _captions(), _embeddings(), _out()
    if _BATCH.value < 1:
        raise ZooError(f"--batch_size must be at least 1, got {_BATCH.value}.")
    if _IMAGES.value < 1:
        raise ZooError(f"--images_per_caption must be at least 1, got {_IMAGES.value}.")
    if not _PRESET.value:
        raise ZooError("--preset is missing: give a name, a directory or a handle.")
    cli.start_tensorflow()
    from recipes import explain

    with cli.quiet_stderr():
        import zoo

        model = zoo.from_preset(_PRESET.value)
        if not hasattr(model, "generate"):
            raise ZooError(
                f"The preset {_PRESET.value} is a {type(model).__name__}, which makes no pictures."
            )
        conditions = _conditions(model, captions, embeddings)
        settings = {"unknown": _UNKNOWN.value, "batch_size": _BATCH.value}
        images = model.generate(
            conditions, images_per_caption=_IMAGES.value, seed=_SEED.value, **settings
        )
        explained = []
        if _EXPLAIN.value:
            explained = explain.explain(model, conditions, _SEED.value, **settings)
    write(out, explain.labels_of(conditions), images, explained)
    others = ", grid.png, explain.png and explain.json" if explained else " and grid.png"
    print(f"{len(images)} pictures{others} in {out}")


def write(out, labels, images, explained=()):
    """Write the pictures and their grid, and the panel and numbers of what is explained."""
    from recipes.panels import panel
    from recipes.pictures import grid, save_png, slug
    from zoo.storage import write_bytes_atomically

    count = _IMAGES.value
    for index, image in enumerate(images):
        row, k = divmod(index, count)
        save_png(out / f"{row:02d}_{slug(labels[row])}_seed{_SEED.value + k}.png", image)
    save_png(out / "grid.png", grid(images, count, labels=labels))
    if explained:
        save_png(out / "explain.png", panel(explained))
        numbers = {"preset": _PRESET.value, "captions": [one.numbers() for one in explained]}
        text = json.dumps(numbers, indent=2, ensure_ascii=False) + "\n"
        write_bytes_atomically(str(out / "explain.json"), text.encode())


def _captions():
    captions = list(_CAPTION.value)
    if _CAPTIONS.value is not None:
        captions += [part.strip() for part in _CAPTIONS.value.split(";")]
    return captions


def _embeddings():
    if _EMBEDDINGS.value is None:
        return None
    path = Path(_EMBEDDINGS.value)
    try:
        values = np.load(path, allow_pickle=False)
    except OSError as error:
        raise ZooError(f"--embeddings {path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, EOFError):
        values = None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise ZooError(
            f"--embeddings {path}: expected a .npy file of numbers, one row a sentence, as "
            "numpy.save writes it."
        )
    return np.atleast_2d(values)


def _conditions(model, captions, embeddings):
    """What `generate` takes: the captions, the embeddings, or None where neither is read.

    Raises:
        ZooError: flags that do not fit the model, or the one missing that it needs.
    """
    name, fields = f"The preset {_PRESET.value}", model.condition_fields
    reads = "captions" if "tokens" in fields else "embeddings" if fields else "nothing"
    ways = {
        "captions": 'reads captions: give --captions="a;b" or --caption="a" --caption="b"',
        "embeddings": f"reads sentence embeddings of {model.text_input.features} numbers: give "
                      "--embeddings=FILE.npy",
        "nothing": "makes pictures without a condition",
    }
    given = {"captions": captions, "embeddings": embeddings}
    for flag, value in given.items():
        if flag != reads and value is not None and len(value):
            raise ZooError(f"{name} {ways[reads]}, without --{flag}.")
    if reads != "captions" and _UNKNOWN.present:
        raise ZooError(f"{name} {ways[reads]}, without --unknown, which is about words.")
    if reads == "captions" and not captions:
        raise ZooError(f"No captions. {name} {ways[reads]}.")
    if reads == "embeddings" and embeddings is None:
        raise ZooError(f"No embeddings. {name} {ways[reads]}.")
    return given.get(reads)


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
