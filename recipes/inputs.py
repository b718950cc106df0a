"""What `recipes.generate` draws by: the flags of each kind of preset, checked and read."""

import dataclasses
import re
import zipfile
from pathlib import Path

import numpy as np
from absl import flags

from zoo.errors import ZooError
from zoo.presets.usage import condition_of
from zoo.visualization import explain

flags.DEFINE_string("captions", None, "Captions, separated by semicolons.")
flags.DEFINE_multi_string("caption", [], "One caption; may be repeated.")
flags.DEFINE_string(
    "embeddings", None, "A .npy file of sentence embeddings, (rows, features), or, for a preset of "
    "word embeddings, an .npz file of words (rows, places, features), lengths (rows,) and sentence "
    "(rows, features); each row counts as a caption.",
)
flags.DEFINE_enum("unknown", "drop", ["drop", "unk"],
                  "Leave unknown words of captions out, or read them as <unk>.")
flags.DEFINE_string("labels", None, "Classes by number or name, separated by semicolons; without "
                                    "this flag every class.")
flags.DEFINE_multi_string("images", [], "A picture to translate, or with --describe one to "
                                        "describe, or a folder of them; may be repeated.")
flags.DEFINE_enum("direction", None, ["a2b", "b2a"],
                  "From which of a preset's two domains to which; a2b if not given.")
flags.DEFINE_string("guide", None, "A picture of the target domain whose looks are taken over, or "
                                   "a folder with one for each picture.")
flags.DEFINE_bool("describe", False, "Write descriptions.json too: what a MirrorGAN's captioning "
                                     "network says of each picture; in grid.png it stands below.")

FLAGS = {  # the flags that only some presets read, by the kind that reads them
    "captions": ("captions", "caption", "unknown", "explain", "describe"),
    "embeddings": ("embeddings", "explain"),
    "word embeddings": ("embeddings",),
    "nothing": ("explain",),
    "labels": ("labels",),
    "images": ("images", "direction", "guide"),
    "description": ("images", "describe"),
}

_NUMBER = re.compile(r"-?[0-9]{1,18}")  # of a label
_OF_GUIDE = "takes one {} of --guide, so each picture has one translation alone"


@dataclasses.dataclass
class Inputs:
    """What a preset is told to draw.

    Attributes:
        conditions: what the model's `generate` takes.
        labels: list of str, a name for each condition.
        settings: dict, what `generate` and `interpolate` take beside it.
        sources: uint8 (conditions, h, w, 3), the pictures that are translated, or None.
        examples: path of the pictures that `generate_like` takes the latent from, or None.
        files: list of str, the pictures that are described, or None where pictures are made.
        fixed: why a condition has one picture alone, whatever the seed; "" where it has many.
        unread: what the model does not read of the captions, in words; "" where it reads all.
    """

    conditions: object
    labels: list
    settings: dict = dataclasses.field(default_factory=dict)
    sources: np.ndarray | None = None
    examples: str | None = None
    files: list | None = None
    fixed: str = ""
    unread: str = ""


def read(model, name):
    """The `Inputs` of a model from the flags.

    Args:
        model: a system with `generate`, or with `describe` and --describe given.
        name: str, what messages call it.

    Raises:
        ZooError: flags that do not fit the model, the one missing that it needs, or a file that
            cannot be read.
    """
    kind = _kind(model)
    fitting = _fitting_flags(model, kind)
    reads = f"{name} {_describe(model, kind, fitting)}"
    for flag in sorted({flag for names in FLAGS.values() for flag in names} - set(fitting)):
        if flags.FLAGS[flag].present and flags.FLAGS[flag].value:
            raise ZooError(f"{reads}, without --{flag}.")
    return READERS[kind](model, reads)


def _kind(model):
    """A model of captions that can describe pictures does so when it is given some."""
    if flags.FLAGS.describe and flags.FLAGS.images:
        return "description"
    return condition_of(model)["kind"]


def _fitting_flags(model, kind):
    if kind != "images" or model.directions:
        return FLAGS[kind]
    return ("images", "guide") if hasattr(model, "generate_like") else ("images",)


def _describe(model, kind, fitting):
    if kind == "labels":
        names = f" or names ({', '.join(model.class_names)})" if model.class_names else ""
        return f'reads labels, numbers from 0 to {model.classes - 1}{names}: give --labels="0;1"'
    if kind == "images":
        more = " and ".join(f"--{flag}" for flag in fitting[1:])
        more = f" and, if you like, {more}" if more else ""
        return f"translates pictures: give --images=FILE or --images=FOLDER{more}"
    if kind == "description":
        return "says what pictures show: give --images=FILE or --images=FOLDER and --describe"
    return {
        "captions": 'reads captions: give --captions="a;b" or --caption="a" --caption="b"',
        "embeddings": f"reads sentence embeddings of {model.text_input.features} numbers: give "
                      "--embeddings=FILE.npy",
        "word embeddings": f"reads vectors of words of {model.text_input.features} numbers: give "
                           "--embeddings=FILE.npz",
        "nothing": "makes pictures without a condition",
    }[kind]


# --- a reader for each kind -----------------------------------------------------------------------


def _read_captions(model, reads):
    captions = list(flags.FLAGS.caption)
    if flags.FLAGS.captions is not None:
        captions += _parts(flags.FLAGS.captions)
    if not captions:
        raise ZooError(f"No captions. {reads}.")
    unknown = flags.FLAGS.unknown
    return Inputs(captions, captions, {"unknown": unknown}, unread=model.unread(captions, unknown))


def _read_nothing(model, reads):
    return Inputs(None, explain.labels_of(None))


def _read_embeddings(model, reads):
    values = _load_embeddings(reads)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise ZooError(
            f"--embeddings {flags.FLAGS.embeddings}: expected a .npy file of numbers, one row a "
            "sentence, as numpy.save writes it."
        )
    values = np.atleast_2d(values)
    return Inputs(values, explain.labels_of(values))


def _read_word_embeddings(model, reads):
    values = _load_embeddings(reads)
    if not isinstance(values, dict):
        raise ZooError(
            f"--embeddings {flags.FLAGS.embeddings}: expected an .npz file of words, lengths and "
            "sentence, one row a text, as numpy.savez writes it."
        )
    _, count = model.condition_rows(values)
    return Inputs(values, [f"embedding {row}" for row in range(count)])


def _load_embeddings(reads):
    """The array of a .npy file, the dict of an .npz file, or None for any other."""
    path = flags.FLAGS.embeddings
    if path is None:
        raise ZooError(f"No embeddings. {reads}.")
    try:
        values = np.load(path, allow_pickle=False)
        return dict(values) if isinstance(values, np.lib.npyio.NpzFile) else values
    except OSError as error:
        raise ZooError(f"--embeddings {path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, EOFError, zipfile.BadZipFile):
        return None


def _read_labels(model, reads):
    names = model.class_names or []
    if flags.FLAGS.labels is None:
        labels = list(range(model.classes))
    else:
        labels = [
            int(part) if part not in names and _NUMBER.fullmatch(part) else part
            for part in _parts(flags.FLAGS.labels)
        ]
    labels = [int(label) for label in model.condition_rows(labels)[0]["labels"]]
    return Inputs(labels, [names[label] if names else f"class {label}" for label in labels])


def _read_images(model, reads):
    from zoo.visualization.grid import in_colour

    files, pictures = _pictures(model, model.source_channels, reads)
    inputs = Inputs(pictures, [Path(file).stem for file in files], sources=in_colour(pictures))
    if not model.latent_dim:
        inputs.fixed = "has no latent, so each picture has one translation alone"
    if model.directions and flags.FLAGS.direction:
        inputs.settings["direction"] = flags.FLAGS.direction
    guide = flags.FLAGS.guide
    if guide and model.directions:
        inputs.settings["guide"] = guide
        inputs.fixed = "" if model.concat else _OF_GUIDE.format("attribute")
    elif guide:
        inputs.examples, inputs.fixed = guide, _OF_GUIDE.format("latent")
    return inputs


def _read_described(model, reads):
    files, pictures = _pictures(model, 3, reads)
    return Inputs(pictures, [Path(file).stem for file in files], files=files,
                  fixed="makes no pictures of --images, it describes them")


def _pictures(model, channels, reads):
    """(files of --images, their pictures as the model reads them)."""
    from zoo.images.read import picture_files, read_pictures

    if not flags.FLAGS.images:
        raise ZooError(f"No pictures. {reads}.")
    files = [file for path in flags.FLAGS.images for file in picture_files(path)]
    return files, read_pictures(files, model.image_size, channels)


READERS = {
    "captions": _read_captions, "embeddings": _read_embeddings,
    "word embeddings": _read_word_embeddings, "nothing": _read_nothing, "labels": _read_labels,
    "images": _read_images, "description": _read_described,
}


def _parts(text):
    return [part.strip() for part in text.split(";")]
