r"""Generates images from captions, labels or other images with a trained preset.

    python -m recipes.generate --preset=attn_gan_emoji_64 --out=images \
        --captions="grinning face;red heart" --samples_per_condition=6 --seed=7
    python -m recipes.generate --preset=runs/emoji/presets/best --out=images \
        --caption="a face; with a semicolon" --caption="red heart" --explain
    python -m recipes.generate --preset=runs/birds/presets/best --out=images \
        --embeddings=sentences.npy
    python -m recipes.generate --preset=runs/cifar10/presets/last --out=images \
        --labels="cat;dog" --interpolate=8
    python -m recipes.generate --preset=runs/facades/presets/last --out=images \
        --images=labels/ --interpolate=8
    python -m recipes.generate --preset=runs/yosemite/presets/last --out=images \
        --images=winter.jpg --direction=b2a --guide=summer.jpg
    python -m recipes.generate --preset=runs/mirror_emoji/presets/last --out=images \
        --captions="red heart;full moon face" --describe

Writes one PNG per image (`00_grinning-face_seed7.png`) and `grid.png` with one row per condition;
for image translation its first column has the source images. `--interpolate=8` adds
`interpolation.png`, with 8 images per condition between the latents of the seeds `--seed` and
`--seed` + 1, and these images as files. `--explain`, for captions or embeddings, adds `explain.png`
and its numbers in `explain.json`: for the first image of each caption the model's internals, such
as the attention to each word, the gates of a memory, and the separate effects of the conditioning
noise and the latent. `--describe`, for a MirrorGAN with its captioning network, writes a
description by that network below each image in `grid.png` and `interpolation.png`, and lists them
in `descriptions.json`. With `--images` instead of captions a MirrorGAN or a preset of
`recipes/stream.py` describes these images and generates none.

Words outside the preset's vocabulary, and those beyond its maximum caption length, are left out and
reported.

The condition depends on the preset: captions; sentence embeddings; labels (without `--labels`,
every class once); images, with `--guide` for BicycleGAN and DRIT; or nothing.
"""

import dataclasses
import json

import numpy as np

from zoo import command_line
from zoo.errors import ZooError
from zoo.seeds import read_seeds
from zoo.storage import output_folders, write_bytes_atomically
from zoo.visualization import caption_page
from zoo.visualization.attention_panel import panel
from zoo.visualization.explain import SPREAD
from zoo.visualization.grid import rows_grid, save_png, slug, to_rgb

flags = command_line.Flags()
_PRESET = flags.DEFINE_string("preset", None, "Name, directory or handle of a preset.")
_OUT = flags.DEFINE_string("out", None, "Folder to write to.")
_SAMPLES = flags.DEFINE_integer(
    "samples_per_condition", None, "Images per caption, label or image (4).",
)
_IMAGES = flags.DEFINE_integer("images_per_caption", None, "The same as samples_per_condition.")
_SEED = flags.DEFINE_integer("seed", 0, "Image k of a condition uses the seed `seed + k`.")
_STEPS = flags.DEFINE_integer("interpolate", None, "Images between two latents, at least 2.")
_EXPLAIN = flags.DEFINE_bool("explain", False, "Write explain.png and explain.json too.")
_BATCH = flags.DEFINE_integer("batch_size", None, "Images generated at a time.")
_CONDITION = (  # flags of conditions, see `zoo.conditions`
    flags.DEFINE_string("captions", None, "Captions, separated by semicolons."),
    flags.DEFINE_multi_string("caption", [], "One caption; may be repeated."),
    flags.DEFINE_string(
        "embeddings", None, "A .npy file of sentence embeddings, (rows, features), or, for a "
        "preset of word embeddings, an .npz file of words (rows, length, features), lengths "
        "(rows,) and sentence (rows, features); each row counts as a caption.",
    ),
    flags.DEFINE_enum("unknown", "drop", ["drop", "unk"],
                      "Leave unknown words of captions out, or read them as <unk>."),
    flags.DEFINE_string("labels", None, "Classes by number or name, separated by semicolons; "
                                        "by default every class."),
    flags.DEFINE_multi_string("images", [], "An image to translate, or with --describe one to "
                                            "describe, or a folder of them; may be repeated."),
    flags.DEFINE_enum("direction", None, ["a2b", "b2a"],
                      "Direction between a preset's two domains; default: a2b."),
    flags.DEFINE_string("guide", None, "An image of the target domain whose style is used, or a "
                                       "folder with one for each image."),
)
_DESCRIBE = flags.DEFINE_bool(
    "describe", False, "Write descriptions.json too: descriptions by a MirrorGAN's captioning "
    "network, which are also below each image in grid.png.",
)


@dataclasses.dataclass(frozen=True)
class GenerateRequest:
    """The parsed flags; `condition`: dict of the condition flags that were given."""

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
    """The images generated from the `Given` conditions, and their extras.

    Attributes:
        images: uint8 (conditions * samples, size, size, 1 or 3).
        interpolation: images between two latents, in the same layout, or None.
        captions, interpolation_captions: list of str, descriptions of these images, or None.
        explained: list of `Explanation`.
    """

    images: np.ndarray
    interpolation: np.ndarray | None = None
    captions: list | None = None
    interpolation_captions: list | None = None
    explained: list = dataclasses.field(default_factory=list)


def main(argv):
    """Checks everything, generates all images, then writes them."""
    del argv
    out, request = output_folders.check_folder(_OUT.value, keep=_PRESET.value), parse_flags()
    command_line.start_tensorflow()
    with command_line.quiet_stderr():
        import zoo

        model = zoo.from_preset(request.preset)
        given = read_conditions(model, request)
        samples = request.samples or (1 if given.single else 4)
        check_counts(model, request, given, samples)
        result = generate(model, request, given, samples)
    with output_folders.gathered(out) as folder:
        written = write(folder, request, given, result)
    if given.unread:
        print(f"Some words of the captions are ignored. {given.unread}")
    *first, last = written if given.files else [f"{len(result.images)} images", *written]
    print(f"{', '.join(first)} and {last} in {out}")


def parse_flags():
    """The `GenerateRequest` of the command line.

    Raises:
        ZooError: for a flag out of range, a missing preset, or two different values of one setting.
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
        ZooError: if the model generates no images, flags do not apply to it, a required flag is
            missing, or a file cannot be read.
    """
    from zoo.conditions import DescribedImages

    name, condition = f"The preset {request.preset}", model.condition
    if request.describe:
        caption_page.check_describes(model, name)
        if request.condition.get("images"):  # a MirrorGAN describes them instead of its own images
            condition = DescribedImages(model.image_size)
    elif condition is None or condition.kind == "description":
        hint = "" if condition is None else "; give it some with --images=FOLDER --describe"
        raise ZooError(f"{name} is a {type(model).__name__}, which generates no images{hint}.")
    present = {flag for flag, value in request.condition.items() if value}
    wrong = sorted(present - set(condition.flags))
    if request.explain and not condition.explains:
        wrong = sorted([*wrong, "explain"])
    if wrong:
        raise ZooError(f"{name} {condition.hint()}, without --{wrong[0]}.")
    fitting = {f: v for f, v in request.condition.items() if f in condition.flags}
    given = condition.load(name, **fitting)
    if condition.kind == "images" and not model.latent_dim and not given.single:
        given.single = "has no latent, so each image has only one translation"
    if given.single and ((request.samples or 1) > 1 or request.steps):
        raise ZooError(
            f"{name} {given.single}: leave --samples_per_condition and --interpolate out."
        )
    return given


def check_counts(model, request, given, samples):
    """Raises `ZooError` for more images than fit into memory, or seeds beyond 64 bits."""
    if given.files:
        return
    per_condition = samples + (request.steps or 0)
    output_folders.check_size(len(given.names) * per_condition, model.image_size)
    spans = samples, 2 if request.steps else 1, SPREAD if request.explain else 1
    read_seeds(request.seed, 1, "--seed", span=max(spans))


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
    """Writes the images, their grids, descriptions and explanations.

    Args:
        out: path of a folder.
        request, given, result: the `GenerateRequest`, the `Given` conditions, the `GenerateResult`.

    Returns:
        list of str, the names of the files other than the single images.
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
    """Writes the images and their grid.

    Args:
        columns: for each image of a condition (suffix of its file name, dict of its noise).
        captions: list of str, descriptions of the images, or None.

    Returns:
        list of dict, the entries of descriptions.json.
    """
    if given.files:  # the user's own images, which exist already
        save_png(out / grid, caption_page.image_page(given.names, images, captions))
        pairs = zip(given.files, captions, strict=True)
        return [{"file": file, "description": caption} for file, caption in pairs]
    entries = []
    for index, image in enumerate(to_rgb(images)):
        row, k = divmod(index, len(columns))
        (suffix, noise), condition = columns[k], given.names[row]
        name = f"{row:02d}_{slug(condition)}{suffix}.png"
        save_png(out / name, image)
        if captions is not None:
            entry = {"file": name, "description": captions[index]}
            entries.append({"condition": condition, **noise, **entry})
    if captions is not None:
        page = caption_page.caption_page(given.names, images, captions)
    else:
        sources = [] if given.sources is None else [to_rgb(given.sources)]
        page = rows_grid(images, len(columns), sources, labels=given.names)
    save_png(out / grid, page)
    return entries


def _write_json(path, content):
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_bytes_atomically(str(path), text.encode())


if __name__ == "__main__":
    command_line.run(main, flags)
