"""The report of a sweep: JSON, one table, one image."""

import keras
import numpy as np
import tensorflow as tf

from zoo.losses.mode_seeking import mode_seeking_distances
from zoo.presets import from_preset
from zoo.storage import write_bytes_atomically
from zoo.training.run_folder import RunFolder
from zoo.training.samples import Conditions, fixed_conditions, held_out_rows, sample_rows
from zoo.training.scores import PairDistance, frechet_score
from zoo.training.sweep_points import value_text
from zoo.training.text import modules_of
from zoo.visualization.grid import GAP, TEXT_HEIGHT, grid, save_png, write_text

PAIRS = 100  # conditions from which two images each are generated for the distances
NOISES = 3  # images per condition in the image
SEPARATOR = 6  # pixels between two values in the image
TRAINING_DISTANCES = ("image_distance", "latent_distance")  # measured separately for the table


def write(folder, recipe, key, points, data, damsm):
    """Writes `sweep.json`, `sweep.md` and `sweep.png`.

    Args:
        folder: the sweep's `RunFolder`.
        recipe: resolved `Recipe` of the settings that the runs share.
        key: str. The setting that varied.
        points: list of `zoo.training.sweep_points.Point`, trained.
        data: `zoo.training.TextToImageData` or `zoo.training.ImageData` of the recipe.
        damsm: handle of the DAMSM that scores the images, or None.
    """
    config = recipe.config
    encoder = _open(config, damsm).image_encoder if damsm else None
    rows, images, labels, protocol = [], [], [], {}
    for point in points:
        if point.error:
            rows.append({"value": point.value, "error": point.error})
            continue
        keras.utils.clear_session(free_memory=False)
        run_folder = RunFolder(folder.path / point.name, point.config, writer=False)
        model = _open(config, str(run_folder.preset("last")))
        row, protocol = _measure(model, point, run_folder, data, encoder)
        shown, labels = _shown(config, data, model)
        generated = [
            model.generate(c.values, NOISES, seed=config.samples.seed, **c.arguments) for c in shown
        ]
        rows.append(row)
        images.append(np.concatenate(generated).reshape(-1, NOISES, *generated[0].shape[1:]))
    report = {
        "key": key, "recipe": recipe.source, "seed": config.seed,
        "batch_size": config.batch_size, "protocol": protocol, "rows": rows,
    }
    folder.write_json("sweep.json", report)
    text = table(report)
    write_bytes_atomically(str(folder.path / "sweep.md"), text.encode())
    if images:
        headings = [value_text(point.value) for point in points if not point.error]
        save_png(folder.path / "sweep.png", comparison(images, labels, key, headings))
    folder.log(f"sweep: {folder.path / 'sweep.md'}, sweep.json and sweep.png")


def _open(config, handle):
    """The model of a preset that was trained with these settings, in their precision."""
    return from_preset(handle, dtype=config.dtype, text_encoder=modules_of(config, handle))


def _captioned(data):
    """Whether the data are a `zoo.training.TextToImageData`."""
    return not hasattr(data, "kind")


def _shown(config, data, model):
    """The conditions of the image, a list of `Conditions`, and the labels of its rows."""
    if _captioned(data):
        values, labels = sample_rows(config, data, model)
        return [Conditions("", values, arguments={"unknown": config.data.unknown})], labels
    shown = fixed_conditions(model, data, config.samples.rows)
    return shown, [label for c in shown for label in c.labels or [c.name] * len(c.values)]


def _compared(config, data, model):
    """The conditions of the distances, a list of `Conditions`, and which ones they are."""
    if _captioned(data):
        values, captions = held_out_rows(config, data, model, PAIRS)
        return [Conditions("", values, arguments={"unknown": config.data.unknown})], (
            f"{len(captions) or 'no'} {data.held_out.kind} captions"
        )
    compared = fixed_conditions(model, data, PAIRS)
    if data.kind == "labels":
        compared[0].values *= -(-PAIRS // len(compared[0].values))
        return compared, _which_labels(compared[0].values, model)
    return compared, f"{sum(len(c.values) for c in compared)} images, {data.word}"


def _which_labels(labels, model):
    classes = len(set(labels))
    whose = "each class" if classes == model.classes else f"the first {classes} classes, each"
    return f"{len(labels)} labels, {whose} equally often"


def _measure(model, point, run_folder, data, encoder):
    """A row of the table, and the protocol of each of its figures."""
    config = point.config
    conditions, which = _compared(config, data, model)
    image, latent = distances(model, conditions)
    saved = run_folder.read_json("checkpoints/last.json")
    row = {
        "value": point.value, "image_distance": image, "latent_distance": latent,
        "ratio": image / latent,
    }
    protocol = {
        "image_distance": f"mean absolute difference, images in [-1, 1], of two images of each "
                          f"of {which} (both noises resampled), the preset of the last step",
        "latent_distance": "the same of the latents", "ratio": "of the two",
        "losses": "means over the steps since the last line of the log, as in training",
        "seconds": "wall time of the training, including samples and scores",
    }
    if _captioned(data):
        score = frechet_score(config, data, model, encoder)
    else:
        score = PairDistance(model, data, config.samples.seed)
    if score is not None:
        figures = score()
        row.update(figures)
        protocol |= dict.fromkeys(figures, score.protocol)
    row.update(losses=saved["figures"], steps=saved["step"], seconds=saved["seconds"])
    return row, protocol


def distances(model, conditions):
    """Mean absolute difference of the images, and of the latents, of two seeds per condition.

    Args:
        model: a conditional GAN with a latent.
        conditions: list of `Conditions`; its values are None for a system without text.

    Returns:
        two floats.
    """
    found = []
    for part in conditions:
        count = PAIRS if part.values is None else len(part.values)
        if part.values is None:
            images = model.generate(images_per_condition=2 * count, seed=0)
        else:
            seeds = list(range(0, 2 * count, 2))
            images = model.generate(part.values, 2, seed=seeds, **part.arguments)
        images = images.astype(np.float32) / 127.5 - 1
        latents = model.latents_from_seeds(np.arange(2 * count))
        pair = mode_seeking_distances(images[::2], images[1::2], latents[::2], latents[1::2])
        found.append([float(tf.convert_to_tensor(value)) for value in pair])
    return tuple(np.mean(found, axis=0).tolist())


def table(report):
    """The report as Markdown."""
    key, rows = report["key"], report["rows"]
    done = [row for row in rows if "error" not in row]
    losses = [
        name for name in (done[0]["losses"] if done else {})
        if name not in TRAINING_DISTANCES and any(row["losses"][name] for row in done)
    ]
    first = ["image_distance", "latent_distance", "ratio"]
    score = [name for name in report["protocol"] if name not in (*first, "losses", "seconds")]
    figures = [*first, *score]
    names = [f"`{key}`", *figures, *losses, "steps", "seconds"]
    lines = [
        f"# Sweep of `{key}`", "",
        f"Recipe `{report['recipe']}`, seed {report['seed']}, batch size {report['batch_size']}; "
        "the runs are otherwise identical.", "",
        "![One column per value, one row per condition](sweep.png)", "",
        _line(names), _line(["---"] * len(names)),
    ]
    for row in rows:
        cells = ["failed", *[""] * (len(names) - 2)] if "error" in row else [
            *(f"{row[name]:.4g}" for name in figures),
            *(f"{row['losses'][name]:.4g}" for name in losses),
            str(row["steps"]), f"{row['seconds']:.0f}",
        ]
        lines.append(_line([value_text(row["value"]), *cells]))
    lines += ["", *(f"- {name}: {text}." for name, text in report["protocol"].items())]
    lines += [f"- {value_text(row['value'])}: {row['error']}" for row in rows if "error" in row]
    return "\n".join(lines) + "\n"


def _line(cells):
    return f"| {' | '.join(cells)} |"


def comparison(images, labels, title, headings):
    """One image with one row per condition and one column per value, the value above it.

    Args:
        images: list of uint8 (conditions, noises, height, width, 3), one per value.
        labels: list of str, one per row, or [].
        title: str. Heading above the values.
        headings: list of str, one per value.

    Returns:
        uint8 (H, W, 3).
    """
    strips = np.stack([_strips(value) for value in images], axis=1)
    strips = strips.reshape(-1, *strips.shape[2:])
    canvas = grid(strips, len(images), labels=labels)
    canvas = np.pad(canvas, ((2 * TEXT_HEIGHT, 0), (0, 0), (0, 0)), constant_values=255)
    canvas = write_text(canvas, title, GAP, 0)
    for column, heading in enumerate(headings):
        x = GAP + column * (strips.shape[2] + GAP)
        canvas = write_text(canvas, heading, x, TEXT_HEIGHT)
    return canvas


def _strips(images):
    """(rows, noises, H, W, 3) -> (rows, H, wide, 3), with a white right edge."""
    images = np.pad(
        images, ((0, 0), (0, 0), (0, 0), (0, GAP), (0, 0)), constant_values=255
    )
    rows, noises, height, width, _ = images.shape
    wide = images.transpose(0, 2, 1, 3, 4).reshape(rows, height, noises * width, 3)
    return np.pad(wide, ((0, 0), (0, 0), (0, SEPARATOR), (0, 0)), constant_values=255)
