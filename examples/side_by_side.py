r"""Compares samples of two presets of one recipe of images: without and with mode seeking.

    python examples/side_by_side.py --config=recipes/pix2pix.py:facades_128 \
        --config.data.directory=data/facades.zip --without=runs/a/presets/last \
        --with=runs/b/presets/last --out=docs/images/pix2pix_mode_seeking.png

Both use the same conditions and the same latents. In addition to the image it prints the mean
distance of two samples of one condition (`zoo.training.scores.PairDistance`) and, for classes, NDB
and JSD: NDB is the number of the `BINS` bins of training images, in raw pixels, whose share among
the generated images is significantly different (`zoo.metrics.ndb`).
"""

from pathlib import Path

import numpy as np

from zoo import command_line
from zoo.data import form_of
from zoo.errors import ZooError

BINS, IMAGES = 100, 5000  # of NDB; the papers use more of both

flags = command_line.Flags()
_WITHOUT = flags.DEFINE_string("without", None, "Preset trained without mode seeking.")
_WITH = flags.DEFINE_string("with", None, "Preset trained with mode seeking.")
_OUT = flags.DEFINE_string("out", None, "PNG file to write.")
_SAMPLES = flags.DEFINE_integer("samples", 4, "Images per condition and preset.")
_ROWS = flags.DEFINE_integer("rows", 6, "Conditions (for DRIT, per direction).")


def main(argv):
    """Prints the metrics of both presets and writes the image."""
    del argv
    for flag in (_WITHOUT, _WITH, _OUT):
        if not flag.value:
            raise ZooError(f"--{flag.name} is missing; --help lists the flags.")
    recipe = command_line.recipe()
    recipe.validate()
    if form_of(recipe.config.data.name) == "captions":
        raise ZooError(
            f"--config={recipe.source} reads captions, but this program compares images of labels, "
            "pairs or two domains: give one of those recipes. `zoo compare A B` measures two "
            "presets of captions."
        )
    command_line.start_tensorflow()
    import zoo
    from zoo.training.samples import fixed_conditions
    from zoo.training.scores import PairDistance
    from zoo.visualization.grid import save_png

    data = recipe.open_data(recipe.config)
    models = {"without": zoo.from_preset(_WITHOUT.value), "with": zoo.from_preset(_WITH.value)}
    bins = _bins(data) if data.kind == "labels" else None
    for name, model in models.items():
        score = PairDistance(model, data)
        figures = score()
        if bins is not None:
            figures |= _ndb(bins, model)
        print(f"{name} mode seeking: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()))
    print(score.protocol)
    parts = [
        _part(models, conditions)
        for conditions in fixed_conditions(models["with"], data, _ROWS.value)
    ]
    save_png(Path(_OUT.value), np.asarray(_page(parts)))


def _part(models, conditions):
    """A block of rows: reference images of the conditions, samples without, samples with."""
    from zoo.visualization import canvas

    samples = [
        model.generate(conditions.values, samples_per_condition=_SAMPLES.value,
                       **conditions.arguments)
        for model in models.values()
    ]
    size = max(samples[0].shape[1], 64)

    def block(images, title, columns):
        tiles = [canvas.framed(canvas.tile(image, size)) for image in images]
        width = columns * (size + 3) - 3
        lines = [canvas.row(tiles[i:i + columns], 3) for i in range(0, len(tiles), columns)]
        return canvas.column([canvas.text_line(title, width), canvas.column(lines, 3)], 4)

    blocks = []
    for images, title in zip(conditions.references, ("source", "photo"), strict=False):
        blocks.append(block(images, title, 1))
    if conditions.labels:
        names = [canvas.text_line(label, 80) for label in conditions.labels]
        cells = []
        for name in names:
            cell = canvas.blank(80, size + 3)
            cell.paste(name, (0, size // 2 - name.height // 2))
            cells.append(cell)
        blocks.append(canvas.column([canvas.text_line(" ", 80), canvas.column(cells, 0)], 4))
    suffix = {"a2b": ", A to B", "b2a": ", B to A"}.get(conditions.name, "")
    for images, title in zip(samples, ("without mode seeking", "with mode seeking"), strict=True):
        blocks.append(block(images, title + suffix, _SAMPLES.value))
    return canvas.row(blocks, canvas.MARGIN)


def _page(parts):
    from zoo.visualization import canvas

    return canvas.with_margin(canvas.column(parts, canvas.MARGIN))


def _bins(data):
    from zoo.metrics.ndb import make_bins

    indices = np.random.default_rng(0).permutation(len(data))[:IMAGES]
    images = np.stack([np.asarray(data.source.load(int(index))) for index in indices])
    return make_bins(images.reshape(len(images), -1), BINS, seed=0)


def _ndb(bins, model):
    from zoo.metrics.ndb import ndb

    labels = list(range(model.classes))
    images = model.generate(labels, samples_per_condition=IMAGES // len(labels))
    result = ndb(bins, images.reshape(len(images), -1))
    return {name: result[name] for name in ("ndb", "jsd")}


if __name__ == "__main__":
    command_line.run(main, flags, "config")
