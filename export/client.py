"""Client of an exported model on a server: TensorFlow Serving, or `export.serve`.

    python -m export.client --url=http://localhost:8501 --model=attn_gan \\
        --captions="grinning face;red heart" --samples=4 --seed=7 --out=images

    from export.client import Client

    client = Client("http://localhost:8501", "attn_gan")
    files = client.generate(["grinning face"], seed=7)  # PNG files as bytes

A URL `grpc://localhost:8500` uses gRPC and needs grpcio (extra `serve`). TensorFlow is not needed.
A request that the server refuses because it is busy (429, 503) is repeated, and so is a refused
connection. Exit status 0; 1 with one line that describes the error.
"""

import os
import re

import numpy as np

from export import cli, transports
from export.tensors import as_array
from zoo import programs, storage
from zoo.conditions.records import LIMITS
from zoo.errors import ZooError, check_choice

KINDS = ("condition", "captions", "labels", "images", "embeddings")
# refusals of more rows: by the graph and by `export.serve`; by the batching of TensorFlow Serving
_MOST_ROWS = re.compile(r"at most (\d+) rows|maximum input batch size (\d+)")


class Client:
    """A model on a server.

    Args:
        url: str. `http://HOST:PORT`, `https://...` or `grpc://HOST:PORT`.
        model: str, the model's name on the server.
        version: int, or None for the server's choice.
        timeout: float, seconds for each attempt of a request.
        retries: int. Further attempts while the server is busy or cannot be reached.
        max_batch: int. Rows per request of `generate`. A server that takes fewer says so, and then
            gets no more than that.
    """

    def __init__(
        self, url, model, version=None, timeout=60.0, retries=5, max_batch=LIMITS.max_batch
    ):
        self.max_batch = max_batch
        self.transport = transports.connect(url, model, version, timeout, retries)
        self._signatures = None

    def signatures(self):
        """dict of signature name -> dict of "inputs" and "outputs", each a dict of name ->
        `export.transports.Spec`."""
        if self._signatures is None:
            self._signatures = self.transport.signatures()
        return self._signatures

    def generate(self, conditions=None, seed=0, samples=1, signature="serving_default"):
        """Generates images.

        Args:
            conditions: list with one condition per row: captions, labels, vectors, or images as
                paths or bytes of files; a dict of arrays for a model with several inputs; None for
                a model without a condition.
            seed: int, or one int per condition. Image k of a condition has the seed `seed + k`.
            samples: int, images per condition.
            signature: str. One with the output `image_bytes`, such as "b2a" of DRIT.

        Returns:
            list of bytes, PNG files: the images of a condition one after another.

        Raises:
            ZooError: the model has no such signature or reads other conditions, or the server
                cannot answer.
        """
        specs = self.specs(signature, "image_bytes")
        inputs = self._inputs(specs["inputs"], conditions)
        rows = len(next(iter(inputs.values()))) if inputs else 1
        seeds = np.broadcast_to(np.asarray(seed, np.int64).reshape(-1), (rows,)) if (
            np.ndim(seed) == 0 or len(seed) == rows
        ) else None
        if seeds is None or not isinstance(samples, int) or samples < 1:
            raise ZooError(
                f"Expected one seed, or one per condition ({rows}), and at least one sample, got "
                f"{seed!r:.60} and {samples!r}."
            )
        repeated = {name: value.repeat(samples, axis=0) for name, value in inputs.items()}
        repeated["seed"] = (seeds[:, None] + np.arange(samples)).reshape(-1)
        return self._files(repeated, signature)

    def predict(self, inputs, signature="serving_default"):
        """One request.

        Args:
            inputs: dict of input name -> array-like; strings are bytes or str.
            signature: str.

        Returns:
            dict of output name -> array; strings are an object array of bytes.

        Raises:
            ZooError: the server refuses the request, with its sentence, or cannot answer.
        """
        specs = self.specs(signature)
        arrays = {
            name: as_array(value, specs["inputs"][name].dtype if name in specs["inputs"] else None)
            for name, value in inputs.items()
        }
        return self.transport.predict(arrays, signature, specs["outputs"])

    def specs(self, signature, output=None):
        """The "inputs" and "outputs" of a signature, see `signatures`.

        Args:
            signature: str.
            output: str, an output that it must have, or None.

        Raises:
            ZooError: there is none of this name with this output.
        """
        signatures = self.signatures()
        usable = [n for n, s in signatures.items() if output is None or output in s["outputs"]]
        check_choice("The signature", signature, sorted(usable))
        return signatures[signature]

    def _files(self, inputs, signature):
        """The files of all rows, by requests of up to `max_batch` rows."""
        files, start = [], 0
        while start < len(inputs["seed"]):
            part = {name: v[start : start + self.max_batch] for name, v in inputs.items()}
            rows = len(part["seed"])
            try:
                files += self.predict(part, signature)["image_bytes"].tolist()
            except ZooError as error:
                refusal = _MOST_ROWS.search(str(error))
                most = int(refusal[1] or refusal[2]) if refusal else 0
                if not 0 < most < rows:
                    raise
                self.max_batch = most
            else:
                start += rows
        return files

    def _inputs(self, specs, conditions):
        """The condition's inputs as arrays, without seeds."""
        names = [name for name in specs if name != "seed"]
        if not names and conditions is None:
            return {}
        if len(names) > 1 or isinstance(conditions, dict):
            if not isinstance(conditions, dict) or set(conditions) != set(names):
                raise ZooError(f"This model reads a dict of {', '.join(sorted(names))}.")
            return {n: _array(n, specs[n], _read(n, v)) for n, v in conditions.items()}
        if not names or conditions is None:
            reads = f"reads {names[0]}: give one per row" if names else "has no condition"
            raise ZooError(f"This model {reads}.")
        return {names[0]: _array(names[0], specs[names[0]], _read(names[0], conditions))}


def _array(name, spec, values):
    try:
        array = as_array(values, spec.dtype)
    except (TypeError, ValueError, OverflowError):
        array = None
    fits = array is not None and array.ndim == len(spec.shape) and len(array)
    if fits and array.dtype == object:
        fits = all(isinstance(value, bytes) for value in array.reshape(-1))
    if not fits:
        raise ZooError(
            f"{name} must be {spec.dtype.name.replace('object', 'strings')} of the shape "
            f"{spec.text()}, got {values!r:.80}."
        )
    return array


def _read(name, values):
    """The rows of an input, one for a single value; files, for one that reads files."""
    if isinstance(values, str | bytes | int | os.PathLike):
        values = [values]
    return [_file(item) for item in values] if name.endswith("_bytes") else values


def _file(item):
    if isinstance(item, bytes):
        return item
    try:
        with open(item, "rb") as file:
            return file.read()
    except (OSError, TypeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ZooError(f"The image {item!r:.80} cannot be read: {reason}.") from None


def write_files(files, out, columns):
    """Writes `00000.png`, ... and, with Pillow, `grid.png` with `columns` images per row."""
    import io

    from PIL import Image

    os.makedirs(out, exist_ok=True)
    for index, file in enumerate(files):
        storage.write_bytes_atomically(os.path.join(out, f"{index:05d}.png"), file)
    images = [Image.open(io.BytesIO(file)) for file in files]
    width, height = images[0].size
    grid = Image.new("RGB", (columns * width, -(-len(images) // columns) * height), "white")
    for index, image in enumerate(images):
        grid.paste(image, (index % columns * width, index // columns * height))
    data = io.BytesIO()
    grid.save(data, "PNG")
    storage.write_bytes_atomically(os.path.join(out, "grid.png"), data.getvalue())


def make_parser():
    """The parser of the command line."""
    parser = cli.Parser("client", __doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="http://HOST:PORT or grpc://HOST:PORT")
    parser.add_argument("--model", required=True, help="the model's name on the server")
    parser.add_argument("--version", type=int, help="default: the server's choice")
    parser.add_argument("--signature", help="such as b2a of DRIT (default serving_default)")
    parser.add_argument("--direction", choices=("a2b", "b2a"),
                        help="of an unpaired translation: the signature of this name")
    parser.add_argument(
        "--condition", action="append",
        help="one condition of the kind that the model reads; may be repeated",
    )
    parser.add_argument("--captions", help="captions, separated by semicolons")
    parser.add_argument("--labels", help="numbers of classes, separated by semicolons")
    parser.add_argument("--images", nargs="+", help="image files")
    parser.add_argument("--guide", help="image file whose style is used, with --signature=guided")
    parser.add_argument("--embeddings", help=".npy or .npz file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--samples", "--samples_per_condition", "--images_per_caption", type=int, default=1,
        help="images per condition",
    )
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds per attempt")
    parser.add_argument("--retries", type=int, default=5, help="attempts while the server is busy")
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
    if not options.direction:
        return options.signature or "serving_default"
    if options.signature:
        raise ZooError("Give --signature or --direction, not both.")
    return f"{options.direction}_guided" if options.guide else options.direction


def conditions_of(options, inputs):
    """The conditions of a command line; None if there are none.

    Args:
        options: the parsed command line.
        inputs: names of the signature's inputs, which tell how `--condition` is read.

    Raises:
        ZooError: more than one kind, or a value that cannot be read.
    """
    kinds = [kind for kind in KINDS if getattr(options, kind)]
    if len(kinds) > 1:
        raise ZooError(f"Give one kind of condition, got {' and '.join(kinds)}.")
    try:
        if options.condition:
            return _with_guide(options, _parsed(options.condition, set(inputs) - {"seed"}))
        if options.captions:
            return [part.strip() for part in options.captions.split(";")]
        if options.labels:
            return _class_numbers(options.labels.split(";"))
        if options.embeddings:
            return _loaded(options.embeddings)
    except ZooError:
        raise
    except (OSError, ValueError) as error:
        raise ZooError(f"--{kinds[0]} cannot be read: {error}.") from None
    return _with_guide(options, options.images)


def _with_guide(options, images):
    """The images, or both inputs of a guided signature: the guide is the same for all."""
    if not options.guide:
        return images
    if not images:
        raise ZooError("--guide needs images to translate.")
    return {"image_bytes": images, "guide_bytes": [options.guide] * len(images)}


def _parsed(texts, names):
    """Conditions of `--condition`, for the inputs `names` of a signature."""
    if names <= {"captions"} or names <= {"image_bytes", "guide_bytes"}:
        return texts
    if names == {"labels"}:
        return _class_numbers(texts)
    if len(texts) > 1:
        raise ZooError(f"This model reads one file of embeddings, got {len(texts)} conditions.")
    return _loaded(texts[0])


def _class_numbers(texts):
    for text in texts:
        if not text.strip().isdecimal():
            raise ZooError(
                f"A server reads classes as numbers, from 0 in the order of the model's class "
                f"names (of a folder of classes: sorted by name), got {text.strip()!r:.80}."
            )
    return [int(text) for text in texts]


def _loaded(path):
    """The array of a .npy file, or the dict of arrays of an .npz file."""
    values = np.load(path, allow_pickle=False)
    return values if isinstance(values, np.ndarray) else dict(values)


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    def work():
        options = parse(arguments)
        client = Client(
            options.url, options.model, options.version, options.timeout, options.retries
        )
        signature = signature_of(options)
        inputs = client.specs(signature, "image_bytes")["inputs"]
        files = client.generate(
            conditions_of(options, inputs), options.seed, options.samples, signature
        )
        write_files(files, options.out, options.samples)
        print(f"{options.out}: {len(files)} images and grid.png")
        return 0

    return cli.run(work, arguments)


if __name__ == "__main__":
    programs.run(main)
