"""What `recipes.generate` made, and the files that it becomes."""

import dataclasses
import json

import numpy as np

from zoo.storage import write_bytes_atomically
from zoo.visualization import caption_page
from zoo.visualization.attention_panel import panel
from zoo.visualization.grid import in_colour, rows_grid, save_png, slug


@dataclasses.dataclass
class Made:
    """What a preset made of the conditions of `recipes.inputs.Inputs`.

    Attributes:
        preset: str, its handle.
        seed: int, of the first picture of each condition.
        images: uint8 (conditions * samples, size, size, 1 or 3).
        between: those between two latents, likewise, or None.
        told, told_between: list of str, what those pictures show, or None.
        explained: list of `Explanation`.
    """

    preset: str
    seed: int
    images: np.ndarray
    between: np.ndarray | None = None
    told: list | None = None
    told_between: list | None = None
    explained: list = dataclasses.field(default_factory=list)


def write(out, asked, made):
    """Write the pictures, their grids, what is told of them, and what is explained.

    Args:
        out: path of a folder.
        asked: the `Inputs`.
        made: `Made`.

    Returns:
        list of str, the names of the files beside the single pictures.
    """
    seed, files = made.seed, ["grid.png"]
    places = [(f"_seed{seed + k}", {"seed": seed + k}) for k in range(_count(asked, made.images))]
    if asked.fixed:
        places = [("", {})]
    entries = _write_rows(out, "grid.png", asked, made.images, places, made.told)
    if made.between is not None:
        files.append("interpolation.png")
        places = [
            (f"_seed{seed}-{seed + 1}_step{k}", {"seeds": [seed, seed + 1], "step": k})
            for k in range(_count(asked, made.between))
        ]
        entries += _write_rows(out, files[-1], asked, made.between, places, made.told_between)
    if entries:
        files.append("descriptions.json")
        _write_json(out / files[-1], {"preset": made.preset, "descriptions": entries})
    if made.explained:
        files += ["explain.png", "explain.json"]
        save_png(out / "explain.png", panel(made.explained))
        numbers = [one.numbers() for one in made.explained]
        _write_json(out / "explain.json", {"preset": made.preset, "captions": numbers})
    return files


def _count(asked, images):
    """Pictures of each condition."""
    return len(images) // len(asked.labels)


def _write_rows(out, grid, asked, images, places, told):
    """Write each picture and their grid.

    Args:
        places: for each place in a row the ending of its file's name, and its noise, a dict.
        told: list of str, what each picture shows, or None.

    Returns:
        list of dict, an entry of descriptions.json for each picture that is told.
    """
    if asked.files:  # the user's own, which are there already
        save_png(out / grid, caption_page.picture_page(asked.labels, images, told))
        pairs = zip(asked.files, told, strict=True)
        return [{"file": file, "description": said} for file, said in pairs]
    entries = []
    for index, image in enumerate(in_colour(images)):
        row, k = divmod(index, len(places))
        (ending, noise), condition = places[k], asked.labels[row]
        name = f"{row:02d}_{slug(condition)}{ending}.png"
        save_png(out / name, image)
        if told is not None:
            found = {"file": name, "description": told[index]}
            entries.append({"condition": condition, **noise, **found})
    if told is not None:
        page = caption_page.caption_page(asked.labels, images, told)
    else:
        sources = [] if asked.sources is None else [asked.sources]
        page = rows_grid(images, len(places), sources, labels=asked.labels)
    save_png(out / grid, page)
    return entries


def _write_json(path, content):
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_bytes_atomically(str(path), text.encode())
