"""A stand-in for a known data set that is not there, so that `--dry_run` needs no data.

It has the number of images, words and classes of the real one, and draws shapes for the images:
sizes, parameters, steps, time and memory are then those of the real run.
"""

import os
import string

from zoo.training.known_data import KNOWN

WORDS = 10  # words of a caption, if the model reads as many
SOURCES = {  # kind of the data -> the procedural source that stands in for it
    "captions": "shapes", "classes": "shape_classes", "pairs": "shape_pairs",
    "domains": "shape_domains",
}
KINDS = {  # `config.data.name` of a known data set -> its kind
    **dict.fromkeys(("emoji", "birds", "coco"), "captions"),
    **dict.fromkeys(("cifar10", "classes"), "classes"), "pairs": "pairs", "unpaired": "domains",
}


def stands_in(config):
    """Whether the data of a config is a known data set that is not there.

    A folder that the user named, and which is missing, stays an error.
    """
    known, directory = KNOWN.get(config.dataset), config.data.directory
    if known is None or known.kind != KINDS.get(config.data.name):
        return False
    return directory in ("", known.directory) and not (directory and os.path.exists(directory))


def open_stand_in(recipe):
    """The data of a recipe whose data set is not there.

    Args:
        recipe: a `zoo.training.recipe.Recipe` for whose config `stands_in` is true.

    Returns:
        what `recipe.open_data` returns, with a note that says what it is.
    """
    config = recipe.config.copy_and_resolve_references()
    known = KNOWN[config.dataset]
    with config.unlocked():
        config.data.update({"name": SOURCES[known.kind], "directory": "", "count": known.images,
                            "held_out_count": 16, "held_out_split": "test"})
    data, counts = recipe.open_data(config), [f"{known.images:,} images"]
    if known.tokens:
        counts.append(f"a vocabulary of {known.tokens:,}")
        special = 2 if config.data.unknown == "unk" else 1  # <end>, and <unk> where it is used
        length = min(WORDS, config.data.max_words)
        data.source.captions = captions(known.images, known.tokens - special, length)
    if known.classes:
        counts.append(f"{known.classes} classes")
        data.source.class_names = [f"class {i}" for i in range(known.classes)]
    where = recipe.config.data.directory or "no folder is named"
    data.notes.append(
        f"the data is not here ({where}): this describes a run on {' and '.join(counts)}, the "
        f"numbers of {config.dataset}; the run itself checks its data"
    )
    return data


def captions(count, words, length):
    """One caption of `length` words per image, a list of lists of str, with `words` words in all,
    none of which is rare."""
    letters = str.maketrans(string.digits, string.ascii_lowercase[:10])
    names = [f"w{i}".translate(letters) for i in range(words)]
    return [[" ".join(names[(i * length + k) % words] for k in range(length))]
            for i in range(count)]
