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

import contextlib
import os
import re

import numpy as np

from export import cli, transports
from export.client_options import (  # `make_parser` is for the command `zoo`
    conditions_of,
    make_parser,  # noqa: F401
    parse,
    signature_of,
)
from export.request_limits import MOST, check_number
from export.tensors import as_array
from zoo import programs
from zoo.conditions.records import LIMITS
from zoo.errors import ZooError, check_choice
from zoo.seeds import per_image_seeds
from zoo.storage import output_folders

# refusals of more rows: by the graph and by `export.serve`; by the batching of TensorFlow Serving
_MOST_ROWS = re.compile(r"at most (\d+) rows|maximum input batch size (\d+)")
MOST_OF_FILES = 20 * 2**20  # bytes of a request's files; as base64 below the 32 MiB of a server


class Client:
    """A model on a server.

    Args:
        url: str. `http://HOST:PORT`, `https://...` or `grpc://HOST:PORT`.
        model: str, the model's name on the server.
        version: int of at least 1, or None for the server's choice.
        timeout: float, seconds for each attempt of a request.
        retries: int of at least 0. Further attempts while the server is busy or cannot be reached.
        max_batch: int. Rows per request of `generate`. A server that takes fewer says so, and then
            gets no more than that.

    Raises:
        ZooError: another URL, a number out of range, or grpcio is needed and not installed.
    """

    def __init__(
        self, url, model, version=None, timeout=60.0, retries=5, max_batch=LIMITS.max_batch
    ):
        check_number("max_batch", max_batch, MOST)
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
            seed: int, or one int per condition, as `generate` of a model takes them. Image k of a
                condition has the seed `seed + k`.
            samples: int, images per condition.
            signature: str. One with the output `image_bytes`, such as "b2a" of DRIT.

        Returns:
            list of bytes, PNG files: the images of a condition one after another.

        Raises:
            ZooError: the model has no such signature or reads other conditions, a seed is no
                integer of 64 bits, or the server cannot answer.
        """
        return self.files(self.rows(conditions, seed, samples, signature), signature)

    def rows(self, conditions=None, seed=0, samples=1, signature="serving_default"):
        """The inputs of `generate`, with one row per image: dict of input name -> array.

        Args:
            conditions, seed, samples, signature: see `generate`.

        Raises:
            ZooError: as `generate`, except that the server is asked for its signatures only.
        """
        inputs = self._inputs(self.specs(signature, "image_bytes")["inputs"], conditions)
        lengths = {name: len(values) for name, values in inputs.items()}
        if len(set(lengths.values())) > 1:
            raise ZooError(f"All inputs must have the same number of rows, got {lengths}.")
        count = next(iter(lengths.values()), 1)
        seeds = per_image_seeds(seed, count, samples, images_name="samples")
        repeated = {name: values.repeat(samples, axis=0) for name, values in inputs.items()}
        return {**repeated, "seed": seeds}

    def predict(self, inputs, signature="serving_default"):
        """One request.

        Args:
            inputs: dict of input name -> array-like of the type that `signatures` lists; integers
                of another type are accepted if they fit, except for pixels, which must be uint8.
                Strings are bytes or str.
            signature: str.

        Returns:
            dict of output name -> array; strings are an object array of bytes.

        Raises:
            ZooError: the signature has no such input, a value has another type, the server refuses
                the request, with its sentence, or cannot answer.
        """
        specs = self.specs(signature)
        for name in inputs:
            check_choice("An input of this signature", name, sorted(specs["inputs"]))
        arrays = {n: _array(n, specs["inputs"][n].dtype, value) for n, value in inputs.items()}
        return self.transport.predict(arrays, signature, specs["outputs"])

    def specs(self, signature, output=None):
        """The "inputs" and "outputs" of a signature, see `signatures`.

        Args:
            signature: str.
            output: str, an output that it must have, with one value per row, or None.

        Raises:
            ZooError: there is none of this name with this output.
        """
        signatures = self.signatures()
        usable = [
            name for name, sides in signatures.items()
            if output is None
            or output in sides["outputs"] and len(sides["outputs"][output].shape) == 1
        ]
        if not usable:
            raise ZooError(
                f"No signature of this model has the output {output}: it is no export of the zoo."
            )
        check_choice("The signature", signature, sorted(usable))
        return signatures[signature]

    def files(self, inputs, signature="serving_default"):
        """list of bytes, the PNG files of all `rows`, by requests of up to `max_batch` rows, and of
        files of up to `MOST_OF_FILES` bytes or of one row."""
        files, start = [], 0
        while start < len(inputs["seed"]):
            rows = _rows_at_once({n: v[start : start + self.max_batch] for n, v in inputs.items()})
            part = {name: v[start : start + rows] for name, v in inputs.items()}
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
            return {n: _rows(n, specs[n], v) for n, v in conditions.items()}
        if not names or conditions is None:
            reads = f"reads {names[0]}: give one per row" if names else "has no condition"
            raise ZooError(f"This model {reads}.")
        return {names[0]: _rows(names[0], specs[names[0]], conditions)}


def _rows_at_once(inputs):
    """How many rows one request takes: at least one, and files of up to `MOST_OF_FILES` bytes."""
    files = [values for name, values in inputs.items() if name.endswith("_bytes")]
    size, rows = 0, len(inputs["seed"])
    for row in range(rows):
        size += sum(len(values[row]) for values in files)
        if row and size > MOST_OF_FILES:
            return row
    return rows


def _array(name, dtype, values):
    """`as_array`, which would read other integers as pixels without knowing their range."""
    if dtype == np.uint8:
        with contextlib.suppress(ValueError):  # ragged lists, which `as_array` refuses
            values = np.asarray(values)
        found = getattr(values, "dtype", dtype)
        if found != dtype:
            raise ZooError(
                f"{name} must be pixels from 0 to 255 of the type uint8, got {found}: give "
                "np.uint8(np.round(127.5 * (x + 1))) for floats x in [-1, 1], and "
                "np.uint8(np.round(255 * x)) for floats x in [0, 1]."
            )
    return as_array(values, dtype, name)


def _rows(name, spec, values):
    """The rows of an input of `generate`."""
    array = _array(name, spec.dtype, _read(name, values))
    if array.ndim != len(spec.shape) or not len(array):
        raise ZooError(
            f"{name} must have the shape {spec.text()}, one row per condition, got the shape "
            f"{array.shape}."
        )
    return array


def _read(name, values):
    """The rows of an input, one for a single value; files, for one that reads files."""
    if isinstance(values, str | bytes | int | os.PathLike):
        values = [values]
    if not name.endswith("_bytes"):
        return values
    try:
        return [_file(item) for item in values]
    except TypeError:
        raise ZooError(
            f"{name} must be a list of paths, or of bytes of files, got {values!r:.80}."
        ) from None


def _file(item):
    if isinstance(item, bytes):
        return item
    if not isinstance(item, str | os.PathLike):  # `open` would read a number as a descriptor
        raise ZooError(f"An image must be a path or the bytes of a file, got {item!r:.80}.")
    try:
        with open(item, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ZooError(f"The image {item!r:.80} cannot be read: {reason}.") from None


def check_leftovers(out, count):
    """Raises `ZooError` if a folder has numbered images that `count` new ones do not replace."""
    with contextlib.suppress(FileNotFoundError):
        numbered = [n for n in sorted(os.listdir(out)) if re.fullmatch(r"[0-9]{5,}\.png", n)]
        left = [name for name in numbered if int(name[:-4]) >= count]
        if left:
            raise ZooError(
                f"{out} has {left[0]} of an earlier run, which would look like an image of this "
                f"one, of {count} images: give another --out, or remove the old images there."
            )


def write_files(files, out, columns):
    """Writes `00000.png`, ... and `grid.png` with `columns` images per row, all or none."""
    import io

    from PIL import Image

    with output_folders.gathered(out) as folder:
        for index, file in enumerate(files):
            (folder / f"{index:05d}.png").write_bytes(file)
        images = [Image.open(io.BytesIO(file)) for file in files]
        width, height = images[0].size
        grid = Image.new("RGB", (columns * width, -(-len(images) // columns) * height), "white")
        for index, image in enumerate(images):
            grid.paste(image, (index % columns * width, index // columns * height))
        grid.save(folder / "grid.png")


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    def work():
        options = parse(arguments)
        out = output_folders.check_folder(options.out)
        client = Client(
            options.url, options.model, options.version, options.timeout, options.retries
        )
        signature = signature_of(options)
        inputs = client.specs(signature, "image_bytes")["inputs"]
        rows = client.rows(
            conditions_of(options, inputs), options.seed, options.samples, signature
        )
        check_leftovers(out, len(rows["seed"]))
        files = client.files(rows, signature)
        write_files(files, out, options.samples)
        print(f"{out}: {len(files)} images and grid.png")
        return 0

    return cli.run(work, arguments)


if __name__ == "__main__":
    programs.run(main)
