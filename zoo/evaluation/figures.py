"""Figures of a report: a grid of samples, bars of NDB's bins, interpolations of latents."""

import numpy as np

from zoo.visualization.canvas import (
    GAP,
    GRAY,
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
from zoo.visualization.grid import grid, save_png

ROWS, COLUMNS = 8, 8


def write(out, subject, results, seed):
    """Writes a report's figures; returns a list of dict of path and text.

    Args:
        out: `Path`. subject: `Subject`. results: entries of `report.json`.
    """
    conditions = subject.conditions
    names = conditions.names if conditions is not None else None
    sources = conditions.sources if conditions is not None else None
    save_png(out / "grid.png", sample_grid(subject.images, subject.shape, names, sources))
    figures = [{"path": "grid.png", "text": "Samples."}]
    bars = [entry for entry in results if entry["metric"].startswith("ndb") and "bins" in entry]
    if bars:
        first = bars[0]
        save_png(out / "ndb.png", bin_bars(
            {"real": first["bins"], subject.name: first["shares"]},
            f"{first['metric']}: {first['value']:.0f} of {len(first['bins'])} bins differ",
            {subject.name: first["different"]},
        ))
        figures.append({"path": "ndb.png", "text": "Shares of the bins."})
    if subject.model is not None and subject.model.latent_dim:
        save_png(out / "interpolation.png", interpolations(subject.model, conditions, seed))
        figures.append({"path": "interpolation.png", "text": "Interpolation between two latents."})
    return figures


def sample_grid(images, shape, names=None, sources=None):
    """The first samples of evenly spaced conditions, one row per condition.

    Args:
        images: `ImageSet`, ordered by condition. shape: (conditions, samples).
        names: list of str, above the rows. sources: `ImageSet`, to the left of the samples.

    Returns:
        uint8 (H, W, 3).
    """
    conditions, samples = shape
    if conditions == 1 or samples == 1:  # one sample each: no rows
        indices = np.linspace(0, len(images) - 1, min(len(images), ROWS * COLUMNS)).astype(int)
        return grid(images.load(np.unique(indices)), COLUMNS)
    chosen = np.unique(np.linspace(0, conditions - 1, min(conditions, ROWS)).astype(int))
    columns = min(samples, COLUMNS)
    indices = (chosen[:, None] * samples + np.arange(columns)).reshape(-1)
    rows = images.load(indices).reshape(len(chosen), columns, *images.shape)
    if sources is not None:
        rows = np.concatenate([sources.load(chosen)[:, None], rows], axis=1)
    labels = [names[index] for index in chosen] if names else None
    return grid(rows.reshape(-1, *images.shape), rows.shape[1], labels)


def bin_bars(series, title, different=None, height=260):
    """Bars of the share of each bin, one color per set, as in the figure of MSGAN.

    Args:
        series: dict of name -> shares (bins,); the first entry is that of the real images.
        title: str.
        different: dict of name -> bool (bins,), the bins whose share differs from that of the real
            images by the z-test: these have a dot above their bar.

    Returns:
        uint8 (H, W, 3).
    """
    from PIL import ImageDraw, ImageFont

    left, bottom, above, gap = 56, 24, 16, 0.15  # gap as a fraction of a bin
    names, shares = list(series), [np.asarray(values) for values in series.values()]
    bins = len(shares[0])
    top = nice_ceiling(max(values.max() for values in shares), (1, 1.5, 2, 3, 4, 5, 6, 8))
    bar = max(2, round((1 - gap) * 836 / bins / len(shares)))  # whole pixels: equal bars
    step = bar * len(shares) + max(1, round(gap * 836 / bins))
    plot = blank(left + step * bins + 8, height)
    draw, font = ImageDraw.Draw(plot), ImageFont.load_default(SMALL)
    room = height - bottom - above
    for part in (0, 0.5, 1):
        y = above + room * (1 - part)
        draw.line((left, y, plot.width - 8, y), PALE)
        draw.text((left - 6, y), f"{top * part:g}", GRAY, font, anchor="rm")
    for number, (name, values) in enumerate(zip(names, shares, strict=True)):
        marks = (different or {}).get(name, np.zeros(bins, bool))
        color = LINES[number % len(LINES)]
        for index, (share, mark) in enumerate(zip(values, marks, strict=True)):
            x, y = left + step * index + bar * number, above + room * (1 - share / top)
            if share > 0:
                draw.rectangle((x, y, x + bar - 1, height - bottom), color)
            if mark:
                middle = x + (bar - 1) / 2
                draw.ellipse((middle - 2, y - 8, middle + 2, y - 4), color)
    draw.text((left + step * bins / 2, height - 4), f"{bins} bins, the most frequent of the real "
              "images first", GRAY, font, anchor="mb")
    note = "dot: share differs from the real images (z-test)" if different else ""
    legend = row([
        row([column([blank(1, 7), blank(16, 6, LINES[n % len(LINES)])], 0), label(name)], 6)
        for n, name in enumerate(names)
    ] + [label(note)], 2 * GAP)
    return np.asarray(with_margin(column([text_line(title, plot.width), legend, plot], 6)))


def label(text):
    """A small line of text, cropped to its width."""
    from PIL import ImageFont

    width = int(ImageFont.load_default(SMALL).getlength(text)) + 4 if text else 0
    return text_line(text, width, size=SMALL)


def interpolations(model, conditions, seed, steps=8, rows=6):
    """Images between two latents, one row per condition."""
    count = min(len(conditions), rows)
    indices = np.unique(np.linspace(0, len(conditions) - 1, count).astype(int))
    images = model.interpolate(
        conditions.part(indices), steps, seed=seed, **conditions.settings
    )
    images = images.repeat(3, axis=-1) if images.shape[-1] == 1 else images
    return grid(images, steps, [conditions.names[index] for index in indices])
