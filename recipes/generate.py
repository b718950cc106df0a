r"""Pictures of captions, of labels or of other pictures, from a trained preset.

    python -m recipes.generate --preset=attn_gan_emoji_64 --out=pictures \
        --captions="grinning face;red heart" --samples_per_condition=6 --seed=7
    python -m recipes.generate --preset=runs/emoji/presets/best --out=pictures \
        --caption="a face; with a semicolon" --caption="red heart" --explain
    python -m recipes.generate --preset=runs/birds/presets/best --out=pictures \
        --embeddings=sentences.npy
    python -m recipes.generate --preset=runs/cifar10/presets/best --out=pictures \
        --labels="cat;dog" --interpolate=8
    python -m recipes.generate --preset=runs/facades/presets/best --out=pictures \
        --images=labels/ --interpolate=8
    python -m recipes.generate --preset=runs/yosemite/presets/best --out=pictures \
        --images=winter.jpg --direction=b2a --guide=summer.jpg
    python -m recipes.generate --preset=runs/mirror_emoji/presets/last --out=pictures \
        --captions="red heart;full moon face" --describe

Writes one PNG a picture (`00_grinning-face_seed7.png`) and `grid.png` with a row a condition; where
pictures are translated, its first column is what they were made from. `--interpolate=8` adds
`interpolation.png`, for each condition 8 pictures between the latents of the seeds `--seed` and
`--seed` + 1, and these one by one. `--explain`, of captions or embeddings, adds `explain.png` and
its numbers in `explain.json`: for the first picture of each caption what the model shows of its
work, such as where each word was read, a memory's gates, and what the conditioning noise and the
latent change alone. `--describe`, of a MirrorGAN with its captioning network, writes below each
picture in `grid.png` and `interpolation.png` what that network says of it, and lists it in
`descriptions.json`. With `--images` in the place of captions a MirrorGAN or a Stream describes
these pictures and makes none.

Words of captions that the preset does not know, and those beyond the longest caption that it reads,
are left out, and a line says which.

What a preset reads depends on it: captions; sentence embeddings; labels (without `--labels` every
class once); pictures, with `--guide` for BicycleGAN and DRIT; or nothing.
"""

from absl import flags

from recipes import _cli, generated, inputs
from zoo.errors import ZooError
from zoo.seeds import read_seeds
from zoo.storage import output_folders
from zoo.visualization import caption_page

_PRESET = flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
_SAMPLES = flags.DEFINE_integer(
    "samples_per_condition", None, "Pictures of each caption, label or picture (4).",
)
_IMAGES = flags.DEFINE_integer("images_per_caption", None, "The same as samples_per_condition.")
_SEED = flags.DEFINE_integer("seed", 0, "Picture k of a condition uses the seed `seed + k`.")
_STEPS = flags.DEFINE_integer("interpolate", None, "Pictures between two latents, at least 2.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to.")
_EXPLAIN = flags.DEFINE_bool("explain", False, "Write explain.png and explain.json too.")
_BATCH = flags.DEFINE_integer("batch_size", None, "Pictures made at a time.")
flags.adopt_module_key_flags(inputs)  # so that --help lists them


def main(argv):
    """Check everything, make all pictures, then write them."""
    del argv
    out, samples = output_folders.check_folder(_OUT.value, keep=_PRESET.value), _samples()
    for flag, least in ((_BATCH, 1), (_STEPS, 2)):
        if flag.value is not None and flag.value < least:
            raise ZooError(f"--{flag.name} must be at least {least}, got {flag.value}.")
    if not _PRESET.value:
        raise ZooError("--preset is missing: give a name, a directory or a handle.")
    _cli.start_tensorflow()
    with _cli.quiet_stderr():
        import zoo

        model, name = zoo.from_preset(_PRESET.value), f"The preset {_PRESET.value}"
        if flags.FLAGS.describe:
            caption_page.check_describes(model, name)
        elif not hasattr(model, "generate"):
            tells = hasattr(model, "describe")
            more = "; give it some with --images=FOLDER --describe" if tells else ""
            raise ZooError(f"{name} is a {type(model).__name__}, which makes no pictures{more}.")
        asked = inputs.read(model, name)
        if asked.fixed and ((samples or 1) > 1 or _STEPS.value):
            raise ZooError(
                f"{name} {asked.fixed}: leave --samples_per_condition and --interpolate out."
            )
        _check_counts(model, asked, samples or (1 if asked.fixed else 4))
        made = make(model, asked, samples or (1 if asked.fixed else 4))
    with output_folders.gathered(out) as folder:
        written = generated.write(folder, asked, made)
    if asked.unread:
        print(f"Not all of the captions is read. {asked.unread}")
    *first, last = written if asked.files else [f"{len(made.images)} pictures", *written]
    print(f"{', '.join(first)} and {last} in {out}")


def make(model, asked, samples):
    """The `Made` of all conditions, as the flags say."""
    from zoo.visualization import explain

    batch = {} if _BATCH.value is None else {"batch_size": _BATCH.value}
    settings = {"seed": _SEED.value, **asked.settings, **batch}
    if asked.files:
        images = asked.conditions
    elif asked.examples is not None:
        images = model.generate_like(asked.conditions, asked.examples, **batch)
    else:
        images = model.generate(asked.conditions, samples, **settings)
    made = generated.Made(_PRESET.value, _SEED.value, images)
    if _STEPS.value:
        made.between = model.interpolate(asked.conditions, _STEPS.value, **settings)
    if _EXPLAIN.value:
        made.explained = explain.explain(model, asked.conditions, **settings)
    if flags.FLAGS.describe:
        made.told = model.describe(images, **batch)
        if made.between is not None:
            made.told_between = model.describe(made.between, **batch)
    return made


def _check_counts(model, asked, samples):
    """Raises `ZooError` for more images than fit in memory, or seeds beyond 64 bits."""
    if asked.files:
        return
    each = samples + (_STEPS.value or 0)
    output_folders.check_size(len(asked.labels) * each, model.image_size)
    read_seeds(_SEED.value, 1, "--seed", span=max(samples, 2 if _STEPS.value else 1))


def _samples():
    """Pictures of a condition by the flags, or None."""
    given = {flag.name: flag.value for flag in (_SAMPLES, _IMAGES) if flag.value is not None}
    for name, value in given.items():
        if value < 1:
            raise ZooError(f"--{name} must be at least 1, got {value}.")
    if len(set(given.values())) > 1:
        raise ZooError(
            f"--{_SAMPLES.name} and --{_IMAGES.name} mean the same, but they are "
            f"{_SAMPLES.value} and {_IMAGES.value}: give one of them."
        )
    return next(iter(given.values()), None)


if __name__ == "__main__":
    _cli.run(main)
