"""The pictures of a report: a grid of samples, bars of NDB's bins, strips between two latents."""

import numpy as np

from recipes.drawing import (
    GAP,
    GREY,
    LINES,
    PALE,
    SMALL,
    blank,
    column,
    nice_ceiling,
    row,
    text_line,
    with_margin,
)
from recipes.pictures import grid, save_png

ROWS, COLUMNS = 8, 8


def write(out, subject, results, seed):
    """Writes a report's pictures; list of dict of path and text.

    Args:
        out: `Path`. subject: `Subject`. results: entries of `report.json`.
    """
    conditions = subject.conditions
    names = conditions.names if conditions is not None else None
    sources = conditions.sources if conditions is not None else None
    save_png(out / "grid.png", sample_grid(subject.pictures, subject.shape, names, sources))
    written = [{"path": "grid.png", "text": "Samples."}]
    bars = [entry for entry in results if entry["metric"].startswith("ndb") and "bins" in entry]
    if bars:
        first = bars[0]
        save_png(out / "ndb.png", bin_bars(
            {"real": first["bins"], subject.name: first["shares"]}, f"Shares of {first['metric']}"
        ))
        written.append({"path": "ndb.png", "text": "Shares of the bins."})
    if subject.model is not None and subject.model.latent_dim:
        save_png(out / "interpolation.png", strips(subject.model, conditions, seed))
        written.append({"path": "interpolation.png", "text": "Between two latents."})
    return written


def sample_grid(pictures, shape, names=None, sources=None):
    """The first samples of some conditions, evenly spread, a row a condition.

    Args:
        pictures: `PictureSet`, ordered by condition. shape: (conditions, samples).
        names: list of str, above the rows. sources: `PictureSet`, before the samples.

    Returns:
        uint8 (H, W, 3).
    """
    conditions, samples = shape
    if conditions == 1 or samples == 1:  # nothing to set side by side
        places = np.linspace(0, len(pictures) - 1, min(len(pictures), ROWS * COLUMNS)).astype(int)
        return grid(pictures.load(np.unique(places)), COLUMNS)
    chosen = np.unique(np.linspace(0, conditions - 1, min(conditions, ROWS)).astype(int))
    shown = min(samples, COLUMNS)
    places = (chosen[:, None] * samples + np.arange(shown)).reshape(-1)
    rows = pictures.load(places).reshape(len(chosen), shown, *pictures.shape)
    if sources is not None:
        rows = np.concatenate([sources.load(chosen)[:, None], rows], axis=1)
    labels = [names[place] for place in chosen] if names else None
    return grid(rows.reshape(-1, *pictures.shape), rows.shape[1], labels)


def bin_bars(series, title, width=900, height=260):
    """Bars of the shares of each bin, one colour a set: the figure of MSGAN.

    Args:
        series: dict of name -> shares (bins,), the first being the real pictures'.
        title: str.

    Returns:
        uint8 (H, W, 3). A bin whose share differs by the z-test has no mark here: `ndb` counts it.
    """
    from PIL import ImageDraw, ImageFont

    left, bottom = 56, 24
    names, shares = list(series), [np.asarray(values) for values in series.values()]
    bins, top = len(shares[0]), nice_ceiling(max(values.max() for values in shares))
    plot = blank(width, height)
    draw, font = ImageDraw.Draw(plot), ImageFont.load_default(SMALL)
    inner = width - left - 8
    for part in (0, 0.5, 1):
        y = 8 + (height - bottom - 8) * (1 - part)
        draw.line((left, y, width - 8, y), PALE)
        draw.text((left - 6, y), f"{top * part:g}", GREY, font, anchor="rm")
    step = inner / bins
    for number, values in enumerate(shares):
        for place, share in enumerate(values):
            x = left + step * (place + number / len(shares) * 0.9)
            y = 8 + (height - bottom - 8) * (1 - share / top)
            end = max(x + step * 0.9 / len(shares) - 0.5, x)
            draw.rectangle((x, y, end, height - bottom), LINES[number % len(LINES)])
    draw.text((left + inner / 2, height - 4), f"{bins} bins, the most frequent of the real "
              "pictures first", GREY, font, anchor="mb")
    legend = row([
        row([column([blank(1, 7), blank(16, 6, LINES[n % len(LINES)])], 0),
             text_line(name, 40 + 8 * len(name), size=SMALL)], 6)
        for n, name in enumerate(names)
    ], 2 * GAP)
    return np.asarray(with_margin(column([text_line(title, width), legend, plot], 6)))


def strips(model, conditions, seed, steps=8, rows=6):
    """Pictures between two latents of some conditions, a row each."""
    places = np.unique(np.linspace(0, len(conditions) - 1, min(len(conditions), rows)).astype(int))
    images = model.interpolate(
        conditions.part(places), steps, seed=seed, **conditions.settings
    )
    images = images.repeat(3, axis=-1) if images.shape[-1] == 1 else images
    return grid(images, steps, [conditions.names[place] for place in places])
