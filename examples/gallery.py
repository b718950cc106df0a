r"""Writes `docs/gallery.md` and its images from the presets that ship.

    python examples/gallery.py

Every image is unselected: the seeds count from 0. The captions are chosen, and the same for all
systems.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SEEDS, STEPS = 6, 8
CAPTIONS = {
    "known": (
        "Captions of the training data", (
            "grinning face", "red heart", "crying cat", "woman farmer: medium skin tone",
            "man running: medium skin tone", "clapping hands: light skin tone",
        ),
    ),
    "combinations": (
        "Combinations that never occur in the training data, of parts that do", (
            "student: dark skin tone", "woman mechanic: light skin tone",
            "man cartwheeling: medium skin tone", "astronaut: medium-dark skin tone",
        ),
    ),
    "bases": (
        "What fails: things that never occur in the training data", (
            "thermometer", "soft ice cream", "waxing gibbous moon",
        ),
    ),
}
SEEN = "Combinations that no other preset has seen; this older one was trained on them"
HEAD = """\
# Gallery

What the presets that ship generate, unselected: the columns are the seeds 0, 1, 2 ... Captions are
chosen, and the same for all systems. Written by one command:

```
python examples/gallery.py
```
"""


class Page:
    """The Markdown page and the folder of its images."""

    def __init__(self, path, images):
        self.path, self.images, self.lines = path, images, [HEAD]
        images.mkdir(parents=True, exist_ok=True)

    def heading(self, text, level=2):
        self.lines += [f"{'#' * level} {text}", ""]

    def image(self, name, canvas, text):
        """Saves an image, uint8 (H, W, 3), and includes it with its description."""
        from zoo.visualization.grid import save_png

        path = self.images / f"gallery_{name}.png"
        save_png(path, canvas)
        relative = os.path.relpath(path, self.path.parent)
        self.lines += [f"![{text}]({relative})", "", f"*{text}*", ""]

    def write(self):
        self.path.write_text("\n".join(self.lines).rstrip() + "\n", "utf-8")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of gallery.md")
    options = parser.parse_args(arguments)
    import zoo
    from zoo.presets.registry import without_mode_seeking

    page = Page(options.out / "gallery.md", options.out / "images")
    rows = zoo.list_presets()
    text = [row["name"] for row in rows if row["task"] == "text-to-image"]
    labels = [row["name"] for row in rows if row["task"] == "label-to-image"]
    for name in text:
        caption_part(page, name, zoo.from_preset(name))
    for row in rows:
        if plain := without_mode_seeking(row["name"]):
            pair_part(page, plain, row["name"])
    for name in labels:
        label_part(page, name, zoo.from_preset(name))
    for row in rows:
        if row["task"] == "image-to-image":
            image_part(page, row["name"])
    page.write()
    print(f"Written to {page.path}")


def caption_part(page, name, model):
    """Samples of all captions, paths between latents, attention."""
    from zoo.visualization.attention_panel import panel
    from zoo.visualization.explain import explanations
    from zoo.visualization.grid import grid

    page.heading(name)
    training = getattr(model, "preset_metadata", {}).get("training", {})
    for key, (title, captions) in CAPTIONS.items():
        if key == "combinations" and training.get("data.held_out_split") != key:
            title = SEEN
        images = model.generate(list(captions), SEEDS, seed=0, unknown="unk")
        page.image(f"{name}_{key}", grid(images, SEEDS, labels=list(captions)), f"{title}.")
    captions = list(CAPTIONS["known"][1][:3])
    images = model.interpolate(captions, STEPS, seed=0)
    page.image(f"{name}_interpolation", grid(images, STEPS, labels=captions),
               "From the latent of seed 0 to that of seed 1.")
    images, details = model.generate(captions[:1], 2, seed=0, return_details=True)
    if "attention" in details:
        page.image(f"{name}_attention", np.asarray(panel(
            explanations(captions[:1], 0, images, details)
        )), "Attention to the words of a caption.")


def pair_part(page, plain, seeking):
    """The same conditions and latents without and with mode seeking, side by side."""
    import zoo
    from zoo.visualization.grid import grid

    models = [zoo.from_preset(plain), zoo.from_preset(seeking)]
    kind = models[0].condition.kind
    if kind not in ("captions", "labels"):
        return  # needs images of a data set: examples/side_by_side.py
    conditions = list(CAPTIONS["known"][1])
    if kind == "labels":
        conditions = list(models[0].class_names or range(models[0].classes))[:6]
    images = np.stack([model.generate(conditions, SEEDS, seed=0) for model in models])
    left, right = images.reshape(2, len(conditions), SEEDS, *images.shape[2:])
    both = np.concatenate([left, np.full_like(left[:, :1], 255), right], axis=1)
    page.heading(f"{plain} and {seeking}")
    page.image(f"{seeking}_pair", grid(both.reshape(-1, *both.shape[2:]), 2 * SEEDS + 1,
                                       labels=[str(c) for c in conditions]),
               "Left without, right with mode seeking: the same conditions and latents.")


def label_part(page, name, model):
    """Samples of all classes, and paths between latents."""
    from zoo.visualization.grid import grid

    page.heading(name)
    names = list(model.class_names or map(str, range(model.classes)))
    classes = list(range(model.classes))
    page.image(f"{name}_classes", grid(model.generate(classes, SEEDS, seed=0), SEEDS, labels=names),
               "One row per class.")
    page.image(f"{name}_interpolation",
               grid(model.interpolate(classes[:4], STEPS, seed=0), STEPS, labels=names[:4]),
               "From the latent of seed 0 to that of seed 1.")


def image_part(page, name):
    """The sample grids of the model card, whose sources are images of a data set."""
    from zoo.presets import read_metadata
    from zoo.presets.registry import FOLDER

    page.heading(name)
    for entry in read_metadata(name)["pictures"]:
        relative = os.path.relpath(Path(FOLDER) / name / entry["path"], page.path.parent)
        page.lines += [f"![{entry['text']}]({relative})", "", f"*{entry['text']}*", ""]


if __name__ == "__main__":
    main()
