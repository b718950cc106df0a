"""Stand-ins for what is not there, so that `--dry_run` needs neither data nor a text encoder.

That of a known data set has the number of images, words and classes of the real one, and draws
shapes for the images: sizes, parameters, steps, time and memory are then those of the real run.
That of BERT has its shapes.
"""

import logging
import os
import string

import numpy as np

from zoo.data.known import KNOWN
from zoo.training.text import HANDLES

FEATURES = 1024  # of char-CNN-RNN embeddings
FEW = 16  # images that are read
WORDS = 10  # words of a caption, if the model reads as many
SOURCES = {  # kind of the data -> the procedural source that stands in for it
    "captions": "shapes", "classes": "shape_classes", "pairs": "shape_pairs",
    "domains": "shape_domains",
}
KINDS = {  # `config.data.name` of a known data set -> its kind
    **dict.fromkeys(("emoji", "birds", "coco"), "captions"),
    **dict.fromkeys(("cifar10", "classes"), "classes"), "pairs": "pairs", "unpaired": "domains",
}


def known_data(config):
    """The `zoo.data.known.KnownData` of a config, or None."""
    known = KNOWN.get(config.dataset)
    return known if known and known.kind == KINDS.get(config.data.name) else None


def stands_in(config):
    """Whether the data of a config is a known data set that is not there.

    A folder that the user named, and which is missing, stays an error.
    """
    known, directory = known_data(config), config.data.directory
    if known is None:
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
    known, embeddings = KNOWN[config.dataset], config.get("text") == "embeddings"
    with config.unlocked():
        drawn = FEW if known.tokens else known.images  # captions are replaced, and give the number
        config.data.update({"name": SOURCES[known.kind], "directory": "", "count": drawn,
                            "held_out_count": FEW, "held_out_split": "test", "cache": False})
        if embeddings:  # which the procedural source does not have
            config.text = "none"
    data, counts = recipe.open_data(config), [f"{known.images:,} images"]
    data.is_stand_in = True
    if known.tokens:
        counts.append(f"a vocabulary of {known.tokens:,}")
        special = 2 if config.data.unknown == "unk" else 1  # <end>, and <unk> where it is used
        length = min(WORDS, config.data.max_words)
        data.source.captions = captions(known.images, known.tokens - special, length)
        data.source.labels = np.arange(known.images)
    if embeddings:
        counts.append(f"sentence embeddings of {FEATURES:,} features")
        data.embeddings = True
        for source in (data.source, data.held_out):
            source.embeddings = np.ones([len(source), 1, FEATURES], np.float32)
    if known.classes:
        counts.append(f"{known.classes} classes")
        data.source.class_names = [f"class {i}" for i in range(known.classes)]
    where = recipe.config.data.directory or "no folder is named"
    data.notes.append(
        f"the data is not here ({where}): this describes a run on {' and '.join(counts)}, the "
        f"numbers of {config.dataset}; the run itself checks its data"
    )
    return data


def needs_encoder(config):
    """Whether a config reads captions with BERT base, which it names by leaving it out, and there
    is no cache that may have it."""
    return config.get("text") == "hub" and not os.environ.get("TFHUB_CACHE_DIR") and not any(
        config.text_encoder[name] for name in HANDLES)


def with_stand_in_encoder(recipe, folder):
    """A recipe that reads captions with a stand-in of BERT's shapes.

    Args:
        recipe: a `zoo.training.recipe.Recipe` for whose config `needs_encoder` is true.
        folder: str, an existing folder for the modules.

    Returns:
        (the recipe; str, a note that says what it is).
    """
    from zoo.text.bert_stand_in import FEATURES as features
    from zoo.text.bert_stand_in import PARAMETERS, write_stand_in

    config = recipe.config.copy_and_resolve_references()
    logger = logging.getLogger("absl")  # through which TensorFlow reports each file that it writes
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        modules = write_stand_in(folder)
    finally:
        logger.setLevel(level)
    with config.unlocked():
        config.text_encoder.update(modules)
    return recipe.with_config(config), (
        f"BERT is not here (no module is named, and TFHUB_CACHE_DIR is not set): this describes "
        f"a run with a stand-in of its shapes, {features} features per word piece; BERT base has "
        f"{PARAMETERS:,} frozen parameters, and its own time, which a text cache saves, is not "
        "counted"
    )


def captions(count, words, length):
    """One caption of `length` words per image, a list of lists of str, with `words` words in all,
    none of which is rare."""
    letters = str.maketrans(string.digits, string.ascii_lowercase[:10])
    names = [f"w{i}".translate(letters) for i in range(words)]
    return [[" ".join(names[(i * length + k) % words] for k in range(length))]
            for i in range(count)]
