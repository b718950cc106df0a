"""The checks of signatures, the same for a process and for a server."""

import concurrent.futures
import dataclasses
import io
import time

import numpy as np

from export.verification.examples import bomb, request
from zoo.errors import ZooError

ROWS = 5


@dataclasses.dataclass(frozen=True)
class Result:
    """One line of the table: whether a check of a target passed, and its detail."""

    target: str
    check: str
    passed: bool
    detail: str


def run(target, asker, other):
    """The results for an asker with `signatures` and `predict`, and a second, independent one."""
    results = []

    def add(check, function):
        try:
            passed, detail = function()
        except ZooError as error:
            passed, detail = False, f"{error}"[:200]
        results.append(Result(target, check, passed, detail))

    signatures = asker.signatures()
    add("signatures", lambda: _signatures(signatures))
    for name, sides in sorted(signatures.items()):
        add(f"{name}: types and sizes", lambda n=name, s=sides: _types(asker, n, s))
        add(f"{name}: repeats", lambda n=name, s=sides: _repeats(asker, other, n, s))
        add(f"{name}: rows are independent", lambda n=name, s=sides: _rows(asker, n, s))
        add(f"{name}: bounds", lambda n=name, s=sides: _bounds(asker, n, s))
    add("latency", lambda: _latency(asker, signatures))
    return results


def answers(asker):
    """dict of signature name -> the output of one request: uint8 images, or PNG files."""
    return {
        name: _only(asker.predict(request(sides["inputs"], ROWS), name))
        for name, sides in sorted(asker.signatures().items())
    }


def answers_at_once(make, signatures):
    """As `answers`, by one request per row, all at the same time, which a server may join.

    Args:
        make: function without arguments that returns a new client.
        signatures: dict of the clients' signatures.
    """
    clients, found = [make() for _ in range(ROWS)], {}
    with concurrent.futures.ThreadPoolExecutor(ROWS) as pool:
        list(pool.map(lambda client: client.signatures(), clients))
        for name, sides in sorted(signatures.items()):
            inputs = request(sides["inputs"], ROWS)
            rows = [{k: v[i : i + 1] for k, v in inputs.items()} for i in range(ROWS)]
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


def _types(asker, name, sides):
    outputs = asker.predict(request(sides["inputs"], ROWS), name)
    for key, spec in sides["outputs"].items():
        value = outputs[key]
        fits = value.ndim == len(spec.shape) and len(value) == ROWS and all(
            a in (-1, b) for a, b in zip(spec.shape[1:], value.shape[1:], strict=True)
        )
        if value.dtype != spec.dtype or not fits:
            return False, f"{key} is {value.dtype} {value.shape}, not {spec.dtype} {spec.shape}"
    images = images_of(next(iter(outputs.values())))
    return len({i.shape for i in images}) == 1, f"{len(images)} images of {images[0].shape}"


def _repeats(asker, other, name, sides):
    inputs = request(sides["inputs"], ROWS)
    first, again = (images_of(_only(a.predict(inputs, name))) for a in (asker, asker))
    elsewhere = images_of(_only(other.predict(inputs, name)))
    here, there = difference_of(first, again)[0], difference_of(first, elsewhere)[0]
    return here == 0 and there == 0, f"again: {here}, another process: {there} of 255"


def _rows(asker, name, sides):
    """Shuffled, and with a row more: up to one value of 255 may change with the batch's size."""
    inputs = request(sides["inputs"], ROWS)
    together = _only(asker.predict(inputs, name))
    order = np.random.default_rng(1).permutation(ROWS)
    shuffled = _only(asker.predict({k: v[order] for k, v in inputs.items()}, name))
    longer = {k: np.concatenate([v, v[:1]]) for k, v in inputs.items()}
    padded = _only(asker.predict(longer, name))[:ROWS]
    alone = np.concatenate([
        _only(asker.predict({k: v[i : i + 1] for k, v in inputs.items()}, name))
        for i in range(2)
    ])
    found = [
        difference_of(images_of(together[order]), images_of(shuffled)),
        difference_of(images_of(together), images_of(padded)),
        difference_of(images_of(together[:2]), images_of(alone)),
    ]
    detail = ", ".join(
        f"{what} {gap} ({changed} of {count})"
        for what, (gap, changed, count) in zip(("shuffled", "padded", "alone"), found, strict=True)
    )
    return max(gap for gap, *_ in found) <= 1, detail


def _bounds(asker, name, sides):
    inputs = request(sides["inputs"], 1)
    wrong = {"no rows": {k: v[:0] for k, v in inputs.items()}}
    many = {k: v.repeat(65 if v.ndim > 2 else 1000, axis=0) for k, v in inputs.items()}
    wrong["too many rows"] = many
    wrong["unequal rows"] = {**inputs, "seed": np.arange(2)} if len(inputs) > 1 else None
    if "captions" in inputs:
        wrong["a caption of 10 MB"] = {**inputs, "captions": np.array([b"a " * 5_000_000], object)}
    for key in filter(lambda key: key.endswith("_bytes"), inputs):
        for what, file in (("an image bomb", bomb()), ("no image", b"\0\xffnot an image")):
            wrong[f"{what} as {key}"] = {**inputs, key: np.array([file], object)}
    accepted = [what for what, values in wrong.items() if values and _answers(asker, values, name)]
    asker.predict(inputs, name)  # it is still there
    checked = ", ".join(what for what, values in wrong.items() if values)
    return not accepted, f"answered: {', '.join(accepted)}" if accepted else f"refused: {checked}"


def _answers(asker, inputs, name):
    try:
        asker.predict(inputs, name)
    except ZooError:
        return False
    return True


def _latency(asker, signatures):
    inputs = request(signatures["serving_default"]["inputs"], 1)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        asker.predict(inputs, "serving_default")
        times.append(1000 * (time.perf_counter() - start))
    return True, f"one row: median {np.median(times):.1f} ms, largest {max(times):.1f} ms"


def _only(outputs):
    return next(iter(outputs.values()))
