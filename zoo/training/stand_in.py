"""A stand-in for a paper's data set that is not there, so that `--dry_run` needs no data.

It has the number of images, words and classes of the real one, and draws shapes for the images:
sizes, parameters, steps, time and memory are then those of the real run.
"""

import os
import string
from dataclasses import dataclass

from zoo.text import END, UNKNOWN

WORDS = 10  # words of a caption, if the model reads as many


@dataclass(frozen=True)
class Facts:
    """The numbers of a data set.

    Attributes:
        images: int, of the training split; of two domains, of the larger one.
        source: str, the procedural source that stands in for it.
        tokens: int, the tokens of the authors' vocabulary, with `<end>`.
        classes: int.
    """

    images: int
    source: str = "shapes"
    tokens: int = 0
    classes: int = 0


DATASETS = {  # variant of a recipe -> facts, from the papers and their released files
    "birds": Facts(8855, tokens=5450),
    "coco": Facts(82783, tokens=27297),
    "cifar10": Facts(50000, "shape_classes", classes=10),
    "cifar10_small": Facts(50000, "shape_classes", classes=10),
    "facades": Facts(400, "shape_pairs"),
    "facades_128": Facts(400, "shape_pairs"),
    "maps": Facts(1096, "shape_pairs"),
    "yosemite": Facts(1231, "shape_domains"),
    "cat2dog": Facts(1364, "shape_domains"),
}


def stands_in(config):
    """Whether the data of a config is that of a paper, and is not there.

    A folder that the user named, and which is missing, stays an error.
    """
    if config.dataset not in DATASETS:
        return False
    directory = config.data.directory
    return not directory or (not os.path.exists(directory) and directory.startswith("data/"))


def open_stand_in(recipe):
    """The data of a recipe whose data set is not there.

    Args:
        recipe: a `zoo.training.recipe.Recipe` for whose config `stands_in` is true.

    Returns:
        what `recipe.open_data` returns, with a note that says what it is.
    """
    config = recipe.config.copy_and_resolve_references()
    facts = DATASETS[config.dataset]
    with config.unlocked():
        config.data.update({"name": facts.source, "directory": "", "count": facts.images,
                            "held_out_count": 16, "held_out_split": "test"})
    data = recipe.open_data(config)
    if facts.tokens:
        special = [END, *([UNKNOWN] if config.data.unknown == "unk" else [])]
        length = min(WORDS, config.data.max_words)
        data.source.captions = captions(facts.images, facts.tokens - len(special), length)
    if facts.classes:
        data.source.class_names = [f"class {i}" for i in range(facts.classes)]
    counts = [f"{facts.images:,} images"]
    counts += [f"{facts.tokens:,} words"] if facts.tokens else []
    counts += [f"{facts.classes} classes"] if facts.classes else []
    where = recipe.config.data.directory or "no folder is named"
    data.notes.append(
        f"the data is not here ({where}): this describes a run on {' and '.join(counts)}, the "
        f"numbers of {config.dataset}; the run itself checks its data"
    )
    return data


def captions(count, words, length):
    """One caption of `length` words per image, a list of lists of str, with `words` words in all,
    none of which is rare."""
    names = [word(i) for i in range(words)]
    return [[" ".join(names[(i * length + k) % words] for k in range(length))]
            for i in range(count)]


def word(index):
    """A different word of letters for each index."""
    letters, base = string.ascii_lowercase, len(string.ascii_lowercase)
    return "w" + letters[index // base**2 % base] + letters[index // base % base] + letters[
        index % base] + (letters[index // base**3] if index >= base**3 else "")
