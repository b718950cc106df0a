"""The checks of signatures, the same for a process and for a server."""

import concurrent.futures
import dataclasses
import io
import math
import time

import numpy as np

from export.verification.examples import bomb, request
from zoo.conditions.records import LIMITS
from zoo.errors import ZooError

ROWS = 5
MOST_BYTES = 2**28  # of a request beyond a limit; a larger one is not tried


@dataclasses.dataclass(frozen=True)
class Result:
    """One line of the table: whether a check of a target passed, and its detail."""

    target: str
    check: str
    passed: bool
    detail: str


def run(target, asker, other, limits=LIMITS):
    """The results for an asker with `signatures` and `predict`, and a second, independent one.

    Args:
        target: str, for the results.
        asker, other: `export.client.Client` or `export.verification.local.Process`.
        limits: `Limits` of the export.
    """
    results = []

    def add(check, function, *arguments):
        try:
            passed, detail = function(*arguments)
        except ZooError as error:
            passed, detail = False, f"{error}"[:200]
        results.append(Result(target, check, passed, detail))

    signatures = asker.signatures()
    add("signatures", _signatures, signatures)
    for name, sides in sorted(signatures.items()):
        inputs = _request(sides, limits)
        add(f"{name}: types and sizes", _types, asker, name, inputs, sides["outputs"])
        add(f"{name}: repeats", _repeats, asker, other, name, inputs)
        add(f"{name}: rows are independent", _rows, asker, name, inputs, limits)
        add(f"{name}: bounds", _bounds, asker, name, inputs, limits)
    add("latency", _latency, asker, _request(signatures["serving_default"], limits))
    return results


def _request(sides, limits):
    """A valid request of `ROWS` rows, or of `max_batch` if that is less."""
    return request(sides["inputs"], min(ROWS, limits.max_batch), limits)


def answers(asker, limits=LIMITS):
    """dict of signature name -> the output of one request: uint8 images, or PNG files."""
    return {
        name: _only(asker.predict(_request(sides, limits), name))
        for name, sides in sorted(asker.signatures().items())
    }


def answers_at_once(make, signatures, limits=LIMITS):
    """As `answers`, by one request per row, all at the same time, which a server may join.

    Args:
        make: function without arguments that returns a new client.
        signatures: dict of the clients' signatures.
        limits: `Limits` of the export.
    """
    clients, found = [make() for _ in range(ROWS)], {}
    with concurrent.futures.ThreadPoolExecutor(ROWS) as pool:
        list(pool.map(lambda client: client.signatures(), clients))
        for name, sides in sorted(signatures.items()):
            inputs = _request(sides, limits)
            rows = [_row(inputs, i) for i in range(len(inputs["seed"]))]
            parts = pool.map(lambda client, row, n=name: client.predict(row, n), clients, rows)
            found[name] = np.concatenate([_only(part) for part in parts])
    return found


def compare(target, reference, found, how="as the folder"):
    """The results of comparing `answers` of a server with those of the folder.

    A difference of one value of 255 is tolerated and counted, since another size of a batch may
    change the last bit.
    """
    results = []
    for name, expected in reference.items():
        got = found.get(name, expected[:0])
        gap, changed, count = difference_of(images_of(expected), images_of(got))
        same = sum(_equal(a, b) for a, b in zip(expected, got, strict=False))
        detail = (
            f"{same} of {len(expected)} identical; at most {gap} of 255, {changed} of {count} "
            "values differ"
        )
        results.append(Result(target, f"{name}: {how}", gap <= 1, detail))
    return results


def _equal(left, right):
    return bool(np.all(left == right))


def images_of(values):
    """list of uint8 arrays from an output: an array, or PNG files."""
    if values.dtype != object:
        return list(values)
    from PIL import Image

    return [np.asarray(Image.open(io.BytesIO(file))) for file in values.reshape(-1)]


def difference_of(left, right):
    """(largest difference, number of values that differ, number of values) of lists of images."""
    if len(left) != len(right) or any(
        a.shape != b.shape for a, b in zip(left, right, strict=True)
    ):
        return 256, 0, 0
    gaps = np.concatenate([
        np.abs(a.astype(int) - b).reshape(-1) for a, b in zip(left, right, strict=True)
    ])
    return int(gaps.max()), int((gaps > 0).sum()), gaps.size


def _signatures(signatures):
    missing = {"serving_default", "pixels"} - set(signatures)
    seedless = [name for name, sides in signatures.items() if "seed" not in sides["inputs"]]
    outputs = {name: set(sides["outputs"]) for name, sides in signatures.items()}
    wrong = [
        name for name, found in outputs.items()
        if found != ({"image"} if name.endswith("pixels") else {"image_bytes"})
    ]
    listed = ", ".join(f"{n}({', '.join(s['inputs'])})" for n, s in sorted(signatures.items()))
    return not (missing or seedless or wrong), listed


def _types(asker, name, inputs, specs):
    outputs = asker.predict(inputs, name)
    for key, spec in specs.items():
        value = outputs[key]
        fits = value.ndim == len(spec.shape) and len(value) == len(inputs["seed"]) and all(
            a in (-1, b) for a, b in zip(spec.shape[1:], value.shape[1:], strict=True)
        )
        if value.dtype != spec.dtype or not fits:
            return False, f"{key} is {value.dtype} {value.shape}, not {spec.dtype} {spec.shape}"
    images = images_of(next(iter(outputs.values())))
    return len({i.shape for i in images}) == 1, f"{len(images)} images of {images[0].shape}"


def _repeats(asker, other, name, inputs):
    first, again = (images_of(_only(a.predict(inputs, name))) for a in (asker, asker))
    elsewhere = images_of(_only(other.predict(inputs, name)))
    here, there = difference_of(first, again)[0], difference_of(first, elsewhere)[0]
    return here == 0 and there == 0, f"again: {here}, another process: {there} of 255"


def _rows(asker, name, inputs, limits):
    """Shuffled, alone, and with one row more if the limit allows it: up to one value of 255 may
    change with the size of the batch."""
    together = _only(asker.predict(inputs, name))
    rows = len(together)
    order = np.random.default_rng(1).permutation(rows)
    shuffled = _only(asker.predict({k: v[order] for k, v in inputs.items()}, name))
    alone = np.concatenate([
        _only(asker.predict(_row(inputs, i), name)) for i in range(min(2, rows))
    ])
    found = {
        "shuffled": difference_of(images_of(together[order]), images_of(shuffled)),
        "alone": difference_of(images_of(together[:2]), images_of(alone)),
    }
    if rows < limits.max_batch:
        longer = {k: np.concatenate([v, v[:1]]) for k, v in inputs.items()}
        padded = _only(asker.predict(longer, name))[:rows]
        found["padded"] = difference_of(images_of(together), images_of(padded))
    detail = ", ".join(
        f"{what} {gap} ({changed} of {count})" for what, (gap, changed, count) in found.items()
    )
    return max(gap for gap, *_ in found.values()) <= 1, detail


def _bounds(asker, name, inputs, limits):
    row, many = _row(inputs, 0), limits.max_batch + 1
    wrong = {"no rows": {k: v[:0] for k, v in inputs.items()}}
    size = sum(len(v[0]) if v.dtype == object else v.nbytes for v in row.values())
    if many * size <= MOST_BYTES:
        wrong["too many rows"] = {k: v.repeat(many, axis=0) for k, v in row.items()}
    if len(inputs) > 1:
        wrong["unequal rows"] = {**row, "seed": np.arange(2)}
    if "captions" in inputs and limits.max_caption_bytes < MOST_BYTES:
        caption = b"a" * (limits.max_caption_bytes + 1)
        wrong["too long a caption"] = {**row, "captions": np.array([caption], object)}
    large = bomb(math.isqrt(limits.max_pixels) + 1)
    for key in filter(lambda key: key.endswith("_bytes"), inputs):
        for what, file in (("an image bomb", large), ("no image", b"\0\xffnot an image")):
            wrong[f"{what} as {key}"] = {**row, key: np.array([file], object)}
    accepted = [what for what, values in wrong.items() if _answers(asker, values, name)]
    asker.predict(row, name)  # it is still there
    if accepted:
        return False, f"answered: {', '.join(accepted)}"
    return True, f"refused: {', '.join(wrong)}"


def _answers(asker, inputs, name):
    try:
        asker.predict(inputs, name)
    except ZooError:
        return False
    return True


def _latency(asker, inputs):
    inputs, times = _row(inputs, 0), []
    for _ in range(10):
        start = time.perf_counter()
        asker.predict(inputs, "serving_default")
        times.append(1000 * (time.perf_counter() - start))
    return True, f"one row: median {np.median(times):.1f} ms, largest {max(times):.1f} ms"


def _row(inputs, index):
    return {name: values[index : index + 1] for name, values in inputs.items()}


def _only(outputs):
    return next(iter(outputs.values()))
