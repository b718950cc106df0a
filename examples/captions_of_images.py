r"""How often a captioner names the base of an emoji, of real images and of generated ones.

    python examples/captions_of_images.py --data=data/emoji.zip

An image counts if every word of the base of its caption ("farmer" of "woman farmer: medium skin
tone") is in what the STREAM writes about it. Prints a table with 95 % intervals (Wilson). The
captions are drawn at random; real and generated images have the same ones.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

SPLITS = {"train": "training captions", "combinations": "unseen combinations"}


def wilson(hits, count, z=1.96):
    """The 95 % interval of a share: (lower, upper)."""
    share = hits / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


def names_base(caption, written):
    """Whether a written caption has every word of the base of `caption`."""
    from zoo.data.sources.emoji import base_of
    from zoo.text.tokenization import tokenize

    return set(tokenize(base_of(caption))) <= set(tokenize(written))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data/emoji.zip"), help="the emoji")
    parser.add_argument("--preset", default="mirror_gan_emoji_64", help="draws the images")
    parser.add_argument("--stream", default="stream_emoji_64", help="captions them")
    parser.add_argument("--count", type=int, default=500, help="images per split")
    options = parser.parse_args(arguments)
    import zoo

    model, stream = zoo.from_preset(options.preset), zoo.from_preset(options.stream)
    print(f"| captions | real images | {options.preset} |\n|---|---|---|")
    for split, title in SPLITS.items():
        source = zoo.data.get_source("emoji", directory=str(options.data), split=split)
        count = min(options.count, len(source))
        chosen = np.random.default_rng(0).choice(len(source), count, replace=False)
        captions = [source.captions[i][0] for i in chosen]
        real = [source.load(i).numpy() for i in chosen]
        cells = []
        for images in (real, model.generate(captions, seed=list(range(count)), unknown="unk")):
            written = stream.describe(images)
            hits = sum(map(names_base, captions, written))
            low, high = wilson(hits, count)
            cells.append(f"{hits / count:.3f} ({low:.3f}, {high:.3f})")
        print(f"| {count} {title} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main()
