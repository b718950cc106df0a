r"""Images of captions, of labels or of other images, from a trained preset.

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

Writes one PNG per image (`00_grinning-face_seed7.png`) and `grid.png` with one row per condition;
where images are translated, its first column is what they were made from. `--interpolate=8` adds
`interpolation.png`, for each condition 8 images between the latents of the seeds `--seed` and
`--seed` + 1, and these one by one. `--explain`, of captions or embeddings, adds `explain.png` and
its numbers in `explain.json`: for the first image of each caption what the model shows of its
work, such as where each word was read, a memory's gates, and what the conditioning noise and the
latent change alone. `--describe`, of a MirrorGAN with its captioning network, writes below each
image in `grid.png` and `interpolation.png` what that network says of it, and lists it in
`descriptions.json`. With `--images` instead of captions a MirrorGAN or a Stream describes these
images and generates none.

Words of captions that the preset does not know, and those beyond the longest caption that it reads,
are left out, and a line says which.

What a preset reads depends on it: captions; sentence embeddings; labels (without `--labels` every
class once); images, with `--guide` for BicycleGAN and DRIT; or nothing.
"""

import dataclasses
import json

import numpy as np
from absl import flags

from recipes import _cli
from zoo.errors import ZooError
from zoo.seeds import read_seeds
from zoo.storage import output_folders, write_bytes_atomically
from zoo.visualization import caption_page
from zoo.visualization.attention_panel import panel
from zoo.visualization.grid import in_colour, rows_grid, save_png, slug

_PRESET = flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to.")
_SAMPLES = flags.DEFINE_integer(
    "samples_per_condition", None, "Images of each caption, label or image (4).",
)
_IMAGES = flags.DEFINE_integer("images_per_caption", None, "The same as samples_per_condition.")
_SEED = flags.DEFINE_integer("seed", 0, "Image k of a condition uses the seed `seed + k`.")
_STEPS = flags.DEFINE_integer("interpolate", None, "Images between two latents, at least 2.")
_EXPLAIN = flags.DEFINE_bool("explain", False, "Write explain.png and explain.json too.")
_BATCH = flags.DEFINE_integer("batch_size", None, "Images generated at a time.")
_CONDITION = (  # what some presets are given, see `zoo.conditions`
    flags.DEFINE_string("captions", None, "Captions, separated by semicolons."),
    flags.DEFINE_multi_string("caption", [], "One caption; may be repeated."),
    flags.DEFINE_string(
        "embeddings", None, "A .npy file of sentence embeddings, (rows, features), or, for a "
        "preset of word embeddings, an .npz file of words (rows, places, features), lengths "
        "(rows,) and sentence (rows, features); each row counts as a caption.",
    ),
    flags.DEFINE_enum("unknown", "drop", ["drop", "unk"],
                      "Leave unknown words of captions out, or read them as <unk>."),
    flags.DEFINE_string("labels", None, "Classes by number or name, separated by semicolons; "
                                        "without this flag every class."),
    flags.DEFINE_multi_string("images", [], "An image to translate, or with --describe one to "
                                            "describe, or a folder of them; may be repeated."),
    flags.DEFINE_enum("direction", None, ["a2b", "b2a"],
                      "From which of a preset's two domains to which; a2b if not given."),
    flags.DEFINE_string("guide", None, "An image of the target domain whose looks are taken over, "
                                       "or a folder with one for each image."),
)
_DESCRIBE = flags.DEFINE_bool(
    "describe", False, "Write descriptions.json too: what a MirrorGAN's captioning network says of "
    "each image; in grid.png it stands below.",
)


@dataclasses.dataclass(frozen=True)
class GenerateRequest:
    """What the flags say; `condition`: dict of the flags of conditions that were given."""

    preset: str
    samples: int | None
    seed: int
    steps: int | None
    batch_size: int | None
    explain: bool
    describe: bool
    condition: dict

    @property
    def batch(self):
        return {} if self.batch_size is None else {"batch_size": self.batch_size}


@dataclasses.dataclass
class GenerateResult:
    """What a preset made of the `Given` conditions.

    Attributes:
        images: uint8 (conditions * samples, size, size, 1 or 3).
        interpolation: those between two latents, likewise, or None.
        captions, interpolation_captions: list of str, what those images show, or None.
        explained: list of `Explanation`.
    """

    images: np.ndarray
    interpolation: np.ndarray | None = None
    captions: list | None = None
    interpolation_captions: list | None = None
    explained: list = dataclasses.field(default_factory=list)


def main(argv):
    """Check everything, generate all images, then write them."""
    del argv
    out, request = output_folders.check_folder(_OUT.value, keep=_PRESET.value), parse_flags()
    _cli.start_tensorflow()
    with _cli.quiet_stderr():
        import zoo

        model = zoo.from_preset(request.preset)
        given = read_conditions(model, request)
        samples = request.samples or (1 if given.single else 4)
        check_counts(model, request, given, samples)
        result = generate(model, request, given, samples)
    with output_folders.gathered(out) as folder:
        written = write(folder, request, given, result)
    if given.unread:
        print(f"Not all of the captions is read. {given.unread}")
    *first, last = written if given.files else [f"{len(result.images)} pictures", *written]
    print(f"{', '.join(first)} and {last} in {out}")


def parse_flags():
    """The `GenerateRequest` of the command line.

    Raises:
        ZooError: a flag out of its range, no preset, or one number under two names that differ.
    """
    samples = {flag.name: flag.value for flag in (_SAMPLES, _IMAGES) if flag.value is not None}
    for name, value in samples.items():
        if value < 1:
            raise ZooError(f"--{name} must be at least 1, got {value}.")
    if len(set(samples.values())) > 1:
        raise ZooError(
            f"--{_SAMPLES.name} and --{_IMAGES.name} mean the same, but they are "
            f"{_SAMPLES.value} and {_IMAGES.value}: give one of them."
        )
    for flag, least in ((_BATCH, 1), (_STEPS, 2)):
        if flag.value is not None and flag.value < least:
            raise ZooError(f"--{flag.name} must be at least {least}, got {flag.value}.")
    if not _PRESET.value:
        raise ZooError("--preset is missing: give a name, a directory or a handle.")
    return GenerateRequest(
        _PRESET.value, next(iter(samples.values()), None), _SEED.value, _STEPS.value,
        _BATCH.value, _EXPLAIN.value, _DESCRIBE.value,
        {flag.name: flag.value for flag in _CONDITION if flag.present},
    )


def read_conditions(model, request):
    """The `Given` conditions of a request.

    Raises:
        ZooError: the model makes no images, flags do not fit it, the one that it needs is missing,
            or a file cannot be read.
    """
    from zoo.conditions import DescribedImages

    name, condition = f"The preset {request.preset}", model.condition
    if request.describe:
        caption_page.check_describes(model, name)
        if request.condition.get("images"):  # a MirrorGAN describes them instead of its own images
            condition = DescribedImages(model.image_size)
    elif condition is None or condition.kind == "description":
        more = "" if condition is None else "; give it some with --images=FOLDER --describe"
        raise ZooError(f"{name} is a {type(model).__name__}, which makes no images{more}.")
    given = {flag: value for flag, value in request.condition.items() if value}
    wrong = sorted(set(given) - set(condition.flags))
    if request.explain and not condition.explains:
        wrong = sorted([*wrong, "explain"])
    if wrong:
        raise ZooError(f"{name} {condition.hint()}, without --{wrong[0]}.")
    fitting = {f: v for f, v in request.condition.items() if f in condition.flags}
    found = condition.load(name, **fitting)
    if condition.kind == "images" and not model.latent_dim and not found.single:
        found.single = "has no latent, so each image has one translation alone"
    if found.single and ((request.samples or 1) > 1 or request.steps):
        raise ZooError(
            f"{name} {found.single}: leave --samples_per_condition and --interpolate out."
        )
    return found


def check_counts(model, request, given, samples):
    """Raises `ZooError` for more images than fit in memory, or seeds beyond 64 bits."""
    if given.files:
        return
    each = samples + (request.steps or 0)
    output_folders.check_size(len(given.names) * each, model.image_size)
    read_seeds(request.seed, 1, "--seed", span=max(samples, 2 if request.steps else 1))


def generate(model, request, given, samples):
    """The `GenerateResult` of all conditions."""
    from zoo.visualization import explain

    options = {"seed": request.seed, **given.options, **request.batch}
    if given.files:
        images = given.values
    elif given.examples is not None:
        images = model.generate_like(given.values, given.examples, **request.batch)
    else:
        images = model.generate(given.values, samples, **options)
    result = GenerateResult(images)
    if request.steps:
        result.interpolation = model.interpolate(given.values, request.steps, **options)
    if request.explain:
        result.explained = explain.explain(model, given.values, **options)
    if request.describe:
        result.captions = model.describe(images, **request.batch)
        if result.interpolation is not None:
            captions = model.describe(result.interpolation, **request.batch)
            result.interpolation_captions = captions
    return result


# --- files ----------------------------------------------------------------------------------------


def write(out, request, given, result):
    """Write the images, their grids, their captions, and what is explained.

    Args:
        out: path of a folder.
        request, given, result: the `GenerateRequest`, the `Given` conditions, the `GenerateResult`.

    Returns:
        list of str, the names of the files beside the single images.
    """
    seed, files, count = request.seed, ["grid.png"], len(given.names)
    columns = [
        (f"_seed{seed + k}", {"seed": seed + k}) for k in range(len(result.images) // count)
    ]
    if given.single:
        columns = [("", {})]
    entries = _write_rows(out, "grid.png", given, result.images, columns, result.captions)
    if result.interpolation is not None:
        files.append("interpolation.png")
        columns = [
            (f"_seed{seed}-{seed + 1}_step{k}", {"seeds": [seed, seed + 1], "step": k})
            for k in range(len(result.interpolation) // count)
        ]
        entries += _write_rows(
            out, files[-1], given, result.interpolation, columns, result.interpolation_captions
        )
    if entries:
        files.append("descriptions.json")
        _write_json(out / files[-1], {"preset": request.preset, "descriptions": entries})
    if result.explained:
        files += ["explain.png", "explain.json"]
        save_png(out / "explain.png", panel(result.explained))
        numbers = [one.numbers() for one in result.explained]
        _write_json(out / "explain.json", {"preset": request.preset, "captions": numbers})
    return files


def _write_rows(out, grid, given, images, columns, captions):
    """Write each image and their grid.

    Args:
        columns: for each image of a condition the ending of its file's name, and its noise, a dict.
        captions: list of str, what each image shows, or None.

    Returns:
        list of dict, an entry of descriptions.json for each image with a caption.
    """
    if given.files:  # the user's own, which are there already
        save_png(out / grid, caption_page.picture_page(given.names, images, captions))
        pairs = zip(given.files, captions, strict=True)
        return [{"file": file, "description": caption} for file, caption in pairs]
    entries = []
    for index, image in enumerate(in_colour(images)):
        row, k = divmod(index, len(columns))
        (ending, noise), condition = columns[k], given.names[row]
        name = f"{row:02d}_{slug(condition)}{ending}.png"
        save_png(out / name, image)
        if captions is not None:
            entry = {"file": name, "description": captions[index]}
            entries.append({"condition": condition, **noise, **entry})
    if captions is not None:
        page = caption_page.caption_page(given.names, images, captions)
    else:
        sources = [] if given.sources is None else [in_colour(given.sources)]
        page = rows_grid(images, len(columns), sources, labels=given.names)
    save_png(out / grid, page)
    return entries


def _write_json(path, content):
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_bytes_atomically(str(path), text.encode())


if __name__ == "__main__":
    _cli.run(main)
