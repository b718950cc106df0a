"""The page of a run, `report.html`: curves, sample grids with a slider, settings and model card.

It is written from the files of the run folder alone, so it can be written again at any time, and
opened without a server or a network.
"""

import html
import json
import re
from pathlib import Path

from zoo.training.run_page_style import PAGE

NAME = "report.html"
_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "
_STEP = re.compile(_TIME + r"step (\d+)/\d+ \(\d+ %\)  (.*)")
_SCORE = re.compile(_TIME + r"(.+) at step (\d+): (.*)")
_FIGURE = re.compile(r"([\w/\[\]-]+) (-?[\d.]+(?:e[+-]?\d+)?)")
_SAMPLE = re.compile(r"step_(\d+)(\w*)\.png")
WIDTH, HEIGHT, POINTS = 360, 140, 400  # of a curve, and the most points between its ends


def write_page(folder):
    """Writes `report.html` of a run folder, atomically.

    Args:
        folder: path of the run folder.

    Returns:
        the `Path` of the page.
    """
    from zoo.storage import write_bytes_atomically

    folder = Path(folder)
    path = folder / NAME
    write_bytes_atomically(str(path), page(folder).encode("utf-8", "backslashreplace"))
    return path


def page(folder):
    """The page of a run folder, HTML as a str."""
    folder = Path(folder)
    config = _json(folder / "config.json")
    curves = read_curves(folder / "log.txt")
    title = f"{config.get('system', 'run')}: {config.get('dataset', '')}".rstrip(": ")
    reached = max((steps[-1][0] for steps in curves.values()), default=0)
    card = next((folder / "presets" / which / "README.md" for which in ("best", "last")
                 if (folder / "presets" / which / "README.md").exists()), None)
    return PAGE.substitute(
        title=html.escape(title), folder=html.escape(folder.resolve().name),
        state=html.escape(f"step {reached} of {config.get('steps', '?')}"),
        curves="".join(curve(name, points) for name, points in curves.items())
        or "<p>No step has been logged yet.</p>",
        samples=_sliders(folder / "samples"), config=html.escape(json.dumps(config, indent=2)),
        card=html.escape(card.read_text("utf-8", "replace")) if card else "No preset yet.",
    )


def read_curves(log):
    """The figures of a run's log: dict of name to list of (step, value), steps increasing.

    Where a resumed run repeats steps, its figures replace the earlier ones.
    """
    found = {}
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    for line in text.splitlines():
        if match := _STEP.match(line):
            step, figures, group = int(match[1]), match[2].split("  ("), ""
        elif match := _SCORE.match(line):
            step, figures, group = int(match[2]), [match[3]], f"{match[1]}: "
        else:
            continue
        for part in figures[0].split("  "):
            if figure := _FIGURE.fullmatch(part.strip()):
                found.setdefault(group + figure[1], {})[step] = float(figure[2])
    return {name: sorted(points.items()) for name, points in found.items()}


def curve(name, points):
    """A figure's curve as an HTML figure with inline SVG; `points`: list of (step, value)."""
    points = _drawn(points)
    steps, values = zip(*points, strict=True)
    low, high = min(values), max(values)
    across, up = max(steps[-1] - steps[0], 1), (high - low) or 1
    line = " ".join(
        f"{(step - steps[0]) / across * WIDTH:.1f},{HEIGHT - (value - low) / up * HEIGHT:.1f}"
        for step, value in points
    )
    label = html.escape(name)
    return (
        f"<figure><figcaption>{label} <b>{values[-1]:.4g}</b></figcaption>"
        f'<svg viewBox="-4 -4 {WIDTH + 8} {HEIGHT + 8}" role="img" aria-label="{label}">'
        f'<polyline points="{line}"/></svg>'
        f"<small>{low:.4g} to {high:.4g}, steps {steps[0]} to {steps[-1]}</small></figure>"
    )


def _drawn(points):
    """The points to draw: of each block the least and the greatest value, and both ends."""
    block = -(-2 * len(points) // POINTS)
    kept = {points[0], points[-1]}
    for start in range(0, len(points), block):
        part = sorted(points[start:start + block], key=lambda point: point[1])
        kept |= {part[0], part[-1]}
    return sorted(kept)


def _sliders(folder):
    """A slider per kind of sample image: the grids, and others such as explanations."""
    groups = {}
    for path in sorted(folder.glob("*.png")) if folder.is_dir() else ():
        if match := _SAMPLE.fullmatch(path.name):
            groups.setdefault(match[2], []).append((int(match[1]), path.name))
    if not groups:
        return "<p>No sample grid yet.</p>"
    return "".join(_slider(kind, sorted(images)) for kind, images in sorted(groups.items()))


def _slider(kind, images):
    name = html.escape(kind.strip("_") or "grid")
    last = len(images) - 1
    listed = html.escape(json.dumps(images), quote=True)
    return (
        f'<div class="samples" data-images="{listed}"><h3>{name}: step <output>{images[last][0]}'
        f'</output></h3><input type="range" min="0" max="{last}" value="{last}" '
        f'aria-label="{name}"><img src="samples/{images[last][1]}" alt="{name}"></div>'
    )


def _json(path):
    from zoo.storage import read_json

    return read_json(path) if path.exists() else {}
