"""The command line of `export.client`: its flags, and the conditions that they give."""

import zipfile
import zlib

import numpy as np

from export import cli
from export.transports import MOST_RETRIES, MOST_SECONDS, MOST_VERSION
from zoo.conditions.records import parts
from zoo.errors import ZooError
from zoo.seeds import HIGHEST, LOWEST

KINDS = ("condition", "captions", "labels", "images", "embeddings")
_INPUTS = {"captions": "captions", "image_bytes": "images", "labels": "labels"}  # input -> flag
MOST_SAMPLES = 1_000_000


def make_parser():
    """The parser of the command line."""
    parser = cli.Parser(
        "client", "Client of an exported model on a server: TensorFlow Serving, or `export.serve`."
    )
    parser.add_argument("--url", required=True, help="http://HOST:PORT or grpc://HOST:PORT")
    parser.add_argument("--model", required=True, help="the model's name on the server")
    parser.add_argument(
        "--version", type=cli.whole_number(1, MOST_VERSION), help="default: the server's choice"
    )
    parser.add_argument("--signature", help="such as b2a of DRIT (default serving_default)")
    parser.add_argument("--direction", choices=("a2b", "b2a"),
                        help="of an unpaired translation: the signature of this name")
    parser.add_argument(
        "--condition", action="append",
        help="one condition of the kind that the model reads; may be repeated",
    )
    parser.add_argument("--captions", help="captions, separated by semicolons")
    parser.add_argument("--labels", help="class indices, separated by semicolons")
    parser.add_argument("--images", nargs="+", help="image files")
    parser.add_argument("--guide", help="image file whose style is used, with --signature=guided")
    parser.add_argument("--embeddings", help=".npy or .npz file")
    parser.add_argument("--seed", type=cli.whole_number(LOWEST, HIGHEST), default=0)
    parser.add_argument(
        "--samples", "--samples_per_condition", "--images_per_caption",
        type=cli.whole_number(1, MOST_SAMPLES), default=1, help="images per condition",
    )
    parser.add_argument(
        "--timeout", type=cli.seconds(MOST_SECONDS), default=60.0, help="seconds per attempt"
    )
    parser.add_argument(
        "--retries", type=cli.whole_number(0, MOST_RETRIES), default=5,
        help="further attempts while the server is busy",
    )
    parser.add_argument("--out", default="images", help="folder for the PNG files and grid.png")
    return parser


def parse(arguments=None):
    """The parsed command line, an `argparse.Namespace`."""
    return make_parser().parse_args(arguments)


def signature_of(options):
    """The signature of a command line, by its name or, as without a server, by a direction.

    Raises:
        ZooError: both are given.
    """
    if options.direction is None:
        return "serving_default" if options.signature is None else options.signature
    if options.signature is not None:
        raise ZooError("Give --signature or --direction, not both.")
    return options.direction if options.guide is None else f"{options.direction}_guided"


def conditions_of(options, inputs):
    """The conditions of a command line; None if there are none.

    Args:
        options: the parsed command line.
        inputs: names of the signature's inputs, which tell how `--condition` is read.

    Raises:
        ZooError: more than one kind, another kind than the signature reads, an empty caption, or a
            value that cannot be read.
    """
    kinds = [kind for kind in KINDS if getattr(options, kind) is not None]
    if len(kinds) > 1:
        raise ZooError(f"Give one kind of condition, got {' and '.join(kinds)}.")
    names = set(inputs) - {"seed"}
    reads = next((flag for name, flag in _INPUTS.items() if name in names), "embeddings")
    kind = kinds[0] if kinds else None
    if kind and (not names or kind not in ("condition", reads)):
        known = f"reads --{reads}" if names else "has no condition"
        raise ZooError(f"This model {known}, got --{kind}.")
    _check_guide(options, kind, names)
    try:
        return _READERS[reads](options, getattr(options, kind)) if kind else None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, ZooError):
            raise
        raise ZooError(f"--{kind} cannot be read: {error}.") from None


def _check_guide(options, kind, names):
    """Raises `ZooError` for a guide that would not be used, or that is missing."""
    guided = "guide_bytes" in names
    if options.guide is None:
        if guided:
            raise ZooError("This signature uses the style of a guide: give --guide=FILE.")
    elif "image_bytes" not in names:
        raise ZooError("This model translates no images: leave --guide out.")
    elif kind is None:
        raise ZooError("--guide needs images to translate: give them with --images.")
    elif not guided:
        raise ZooError(
            "This signature reads no guide: give --direction, or --signature=guided, with --guide."
        )


def _captions(options, texts):
    texts = parts(texts) if isinstance(texts, str) else texts
    for position, text in enumerate(texts, 1):
        if not text.strip():
            raise ZooError(
                f"Caption {position} of {len(texts)} is empty: describe the image in at least one "
                "word, and separate captions by one semicolon."
            )
    return texts


def _labels(options, texts):
    texts = parts(texts) if isinstance(texts, str) else texts
    for text in texts:
        if not text.strip().isdecimal():
            raise ZooError(
                f"A server reads classes as numbers, from 0 in the order of the model's class "
                f"names (of a folder of classes: sorted by name), got {text.strip()!r:.80}."
            )
    return [int(text) for text in texts]


def _images(options, paths):
    """The images, or both inputs of a guided signature: the guide is the same for all."""
    if options.guide is None:
        return paths
    return {"image_bytes": paths, "guide_bytes": [options.guide] * len(paths)}


def _embeddings(options, paths):
    """The array of a .npy file, or the dict of arrays of an .npz file."""
    paths = [paths] if isinstance(paths, str) else paths
    if len(paths) > 1:
        raise ZooError(f"This model reads one file of embeddings, got {len(paths)} conditions.")
    values = np.load(paths[0], allow_pickle=False)
    return values if isinstance(values, np.ndarray) else dict(values)


_READERS = {
    "captions": _captions, "labels": _labels, "images": _images, "embeddings": _embeddings,
}
